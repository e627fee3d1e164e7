/** Convolution and max pooling become one call, where nobody needs the values between them. */

import { expect, test } from 'vitest';
import {
  activityRegularization,
  add,
  apply,
  batchNormalization,
  type Conv2dOptions,
  conv1d,
  conv2d,
  dense,
  dropout,
  flatten,
  functional,
  init,
  input,
  type Layer,
  type Model,
  maxPool2d,
  maxPooling1d,
  type Pooling2dOptions,
  sequential,
} from '../../ts';
import { numbers } from '../support/numbers';

/** More images than parts of a batch, the last part short; and than it pays to keep filters for. */
const BATCH = 19;

const kernels = (model: Pick<Model, 'plan'>): string[] =>
  model.plan({ mode: 'predict', batchSize: BATCH }).calls.map(({ layer, kernel }) => `${layer} ${kernel}`);

/** Where Winograd's way leaves out a row that is in no window, the tiles beside it are computed otherwise. */
const ODD = 'many channels, a row and a column in no window';

const cases: [string, number, Conv2dOptions, Pooling2dOptions][] = [
  ['one filter', 1, { filters: 1, kernelSize: 3 }, {}],
  ['few filters', 1, { filters: 3, kernelSize: 3, padding: 'same', activation: 'sigmoid' }, {}],
  ['many filters', 3, { filters: 32, kernelSize: 3, activation: 'relu' }, { poolSize: 3, strides: 2 }],
  ['a border', 2, { filters: 12, kernelSize: 5, padding: 'same' }, { padding: 'same' }],
  ['strides', 3, { filters: 9, kernelSize: 3, strides: 2, useBias: false }, { poolSize: [1, 2] }],
  ['many channels', 16, { filters: 16, kernelSize: 3, padding: 'same', activation: 'relu' }, {}],
  [ODD, 16, { filters: 16, kernelSize: 3, activation: 'relu' }, {}],
  ['groups', 8, { filters: 8, kernelSize: 3, groups: 2, activation: 'tanh' }, {}],
  ['each channel by itself', 8, { filters: 8, kernelSize: 3, groups: 8 }, {}],
];

test.each(cases)('%s: the outputs are those of two calls', async (name, channels, options, pooling) => {
  for (const simd of ['strict', 'auto'] as const) {
    const { strict } = await init({ simd, threads: 1 });
    const inputShape = name === 'many channels' ? [14, 12, channels] : [13, 11, channels];
    const layers = [conv2d({ name: 'c', ...options }), maxPool2d({ name: 'p', ...pooling })];
    const one = sequential({ inputShape, seed: 5, layers });
    const start = input({ shape: inputShape });
    const between = apply(layers[0] as Layer, start);
    const two = functional({ inputs: start, outputs: [between, apply(layers[1] as Layer, between)], seed: 5 });
    expect(kernels(one)).toEqual(['c conv2d_max_pool2d']);
    expect(kernels(two)).toEqual(['c conv2d_forward', 'p max_pool2d']);
    two.setWeights(one.getWeights());
    const x = numbers(7, BATCH * inputShape.reduce((a, b) => a * b));
    const [, expected] = (await two.predict(x)) as { data: Float32Array }[];
    const { data } = await one.predict(x);
    if (name === ODD && !strict) {
      const worst = data.reduce((worst, y, index) => Math.max(worst, Math.abs(y - (expected?.data[index] ?? NaN))), 0);
      expect(worst).toBeLessThan(3e-6 * Math.max(...data));
    } else {
      expect(data).toEqual(expected?.data);
    }
    one.dispose();
    two.dispose();
  }
});

test('as well behind a batch normalization that is folded, and in one dimension; not in training over other windows', () => {
  const folded = sequential({
    inputShape: [8, 8, 2],
    layers: [
      conv2d({ name: 'c', filters: 4, kernelSize: 3 }),
      batchNormalization(),
      maxPool2d({ name: 'p', poolSize: 3 }),
    ],
  });
  expect(kernels(folded)).toEqual(['c conv2d_max_pool2d']);
  folded.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const { calls } = folded.plan({ batchSize: 2 });
  expect(calls.map(({ kernel }) => kernel)).toContain('max_pool2d');
  folded.dispose();
  const flat = sequential({
    inputShape: [16, 2],
    layers: [conv1d({ name: 'c', filters: 4, kernelSize: 3 }), maxPooling1d({ name: 'p' })],
  });
  expect(kernels(flat)).toEqual(['c conv2d_max_pool2d']);
  flat.dispose();
});

test('not where a penalty reads the values between them', async () => {
  const build = (pool: Layer[]): Model => {
    const layers = [conv2d({ filters: 4, kernelSize: 3 }), activityRegularization({ l2: 0.1 }), ...pool];
    const end = [flatten(), dense({ units: 1, kernelInitializer: 'zeros' })];
    const model = sequential({ inputShape: [8, 8, 2], seed: 3, layers: [...layers, ...end] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    return model;
  };
  const [pooled, plain] = [build([maxPool2d()]), build([])];
  const [x, y] = [numbers(3, 4 * 128), numbers(4, 4)];
  // The output is zero: the loss is that of zero, and the penalty.
  expect((await pooled.evaluate(x, y)).loss).toBe((await plain.evaluate(x, y)).loss);
  expect(pooled.trainOnBatch(x, y)).toEqual(plain.trainOnBatch(x, y));
  pooled.dispose();
  plain.dispose();
});

test('not where others read the values between them', () => {
  const x = input({ shape: [8, 8, 4] });
  const c = apply(conv2d({ name: 'c', filters: 4, kernelSize: 3, padding: 'same' }), x);
  const once = apply(maxPool2d({ name: 'p', strides: 1, padding: 'same' }), c);
  const model = functional({ inputs: x, outputs: apply(add({ name: 'sum' }), [c, once]) });
  expect(kernels(model)).toEqual(['c conv2d_forward', 'p max_pool2d', 'sum add']);
  model.dispose();
});

test('not where others read them through a layer that hands them on', async () => {
  const x = input({ shape: [8, 8, 4] });
  const c = apply(conv2d({ name: 'c', filters: 4, kernelSize: 3, padding: 'same' }), x);
  const pooled = apply(maxPool2d({ name: 'p', strides: 1, padding: 'same' }), apply(dropout({ rate: 0.5 }), c));
  const model = functional({ inputs: x, outputs: apply(add({ name: 'sum' }), [c, pooled]) });
  expect(kernels(model)).toEqual(['c conv2d_forward', 'p max_pool2d', 'sum add']);
  const both = functional({ inputs: x, outputs: [c, pooled] });
  expect(kernels(both)).toEqual(['c conv2d_forward', 'p max_pool2d']);
  const chain = sequential({
    inputShape: [8, 8, 4],
    layers: [conv2d({ name: 'c', filters: 4, kernelSize: 3 }), dropout({ rate: 0.5 }), maxPool2d({ name: 'p' })],
  });
  expect(kernels(chain)).toEqual(['c conv2d_max_pool2d']);
  for (const built of [model, both, chain]) built.dispose();
});
