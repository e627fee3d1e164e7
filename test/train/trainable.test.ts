/** Layers by name, and layers that training leaves as they are. */

import { expect, test } from 'vitest';
import {
  batchNormalization,
  conv2d,
  dense,
  dropout,
  flatten,
  type Model,
  modelFromJSON,
  OptionError,
  prelu,
  sequential,
} from '../../ts';
import { numbers } from '../support/numbers';

const x = numbers(1, 8 * 36).map((value) => value + 1);
const y = numbers(2, 8 * 3);

function make(): Model {
  return sequential({
    name: 'm',
    inputShape: [6, 6, 1],
    layers: [
      conv2d({ filters: 4, kernelSize: 3, name: 'c' }),
      batchNormalization({ momentum: 0.5, name: 'n' }),
      prelu({ name: 'p' }),
      flatten(),
      dropout({ rate: 0.25 }),
      dense({ units: 3, name: 'd' }),
    ],
  });
}
const compile = (model: Model): void => model.compile({ optimizer: 'adamW', loss: 'meanSquaredError' });
const changed = (model: Model, work: () => void): string[] => {
  const before = model.getWeights();
  work();
  return model
    .getWeights()
    .filter(({ data }, index) => data.some((value, place) => value !== before[index]?.data[place]))
    .map(({ name }) => name);
};

test('layers are told by name', () => {
  const model = make();
  expect(model.layers.map(({ name }) => name)).toEqual(['c', 'n', 'p', 'flatten_1', 'dropout_1', 'd']);
  const layer = model.getLayer('c');
  expect(layer).toBe(model.layers[0]);
  expect(layer.className).toBe('Conv2D');
  expect(layer.inputShapes).toEqual([[6, 6, 1]]);
  expect(layer.outputShape).toEqual([4, 4, 4]);
  expect(layer.config).toMatchObject({ filters: 4, trainable: true });
  expect(() => model.getLayer('e')).toThrow('m.getLayer: expected one of c, n, p, flatten_1, dropout_1, d, got "e"');
  expect(() => {
    layer.trainable = 1 as unknown as boolean;
  }).toThrow(OptionError);
  model.dispose();
});

test('frozen layers keep their weights, cost no gradients and take moving averages', () => {
  const model = make();
  for (const name of ['c', 'n', 'p']) model.getLayer(name).trainable = false;
  compile(model);
  expect(changed(model, () => model.trainOnBatch(x, y))).toEqual(['d/kernel', 'd/bias']);
  const { calls } = model.plan({ batchSize: 8 });
  const backward = calls.filter(({ phase }) => phase === 'backward').map(({ layer }) => layer);
  expect(new Set(backward)).toEqual(new Set(['meanSquaredError', 'd']));
  expect(calls.map(({ kernel }) => kernel)).toContain('batch_norm_inference');
  expect(
    model
      .getGradients()
      .find(({ name }) => name === 'c/kernel')
      ?.data.every((value) => value === 0),
  ).toBe(true);
  model.dispose();
});

test('a frozen layer in the middle hands gradients on; the flag takes effect at compile, both ways', () => {
  const model = make();
  compile(model);
  model.getLayer('n').trainable = false;
  const all = [
    'c/kernel',
    'c/bias',
    'n/gamma',
    'n/beta',
    'n/moving_mean',
    'n/moving_variance',
    'p/alpha',
    'd/kernel',
    'd/bias',
  ];
  expect(changed(model, () => model.trainOnBatch(x, y))).toEqual(all);
  compile(model);
  const rest = all.filter((name) => !name.startsWith('n/'));
  expect(changed(model, () => model.trainOnBatch(x, y))).toEqual(rest);
  model.getLayer('n').trainable = true;
  compile(model);
  expect(changed(model, () => model.trainOnBatch(x, y))).toEqual(all);
  model.dispose();
});

test('a layer that was made frozen can be thawed', () => {
  const model = sequential({ inputShape: [4], layers: [dense({ units: 3, trainable: false, name: 'd' })] });
  const [layer] = model.layers;
  expect(layer?.trainable).toBe(false);
  compile(model);
  const step = (): string[] => changed(model, () => model.trainOnBatch(numbers(3, 8 * 4), y));
  expect(step()).toEqual([]);
  model.getLayer('d').trainable = true;
  compile(model);
  expect(step()).toEqual(['d/kernel', 'd/bias']);
  model.dispose();
});

test('JSON and summary tell the flag', () => {
  const model = make();
  model.getLayer('d').trainable = false;
  const copy = modelFromJSON(JSON.stringify(model));
  expect(copy.getLayer('d').trainable).toBe(false);
  expect(copy.getLayer('c').trainable).toBe(true);
  const lines: string[] = [];
  copy.summary((text) => lines.push(text));
  // 40 of c, 8 of n, 64 of p; 8 averages of n, 195 of d.
  expect(lines.join()).toContain('Trainable parameters: 112; others: 203');
  model.dispose();
  copy.dispose();
});
