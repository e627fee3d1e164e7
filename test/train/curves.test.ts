/** LeNet, a VGG with batch normalization and a residual network: every loss of 50 steps is that of Keras. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  activation,
  adam,
  add,
  apply,
  averagePool2d,
  batchNormalization,
  conv2d,
  dense,
  dropout,
  flatten,
  functional,
  globalAveragePooling2d,
  input,
  type Layer,
  type Model,
  maxPool2d,
  relu,
  type SymbolicTensor,
  sequential,
  sgd,
} from '../../ts';
import { numbers } from '../support/numbers';

interface Curve {
  readonly curve: readonly number[];
  readonly inference: number;
}
const keras = JSON.parse(readFileSync(new URL('../reference/curves.json', import.meta.url), 'utf8')) as {
  readonly [network: string]: Curve;
};
const BATCH = 16;
const CLASSES = 10;
const loss = 'sparseCategoricalCrossentropyFromLogits';

/** Noise over a pattern of each class: `batch` of test/reference/curves.py. */
function batch(step: number, size: number): { x: Float32Array; y: Int32Array } {
  const y = Int32Array.from(numbers(70_000 + step, BATCH), (value) => Math.floor(((value + 1) / 2) * CLASSES));
  const x = numbers(90_000 + step, BATCH * size);
  for (const [sample, label] of y.entries()) {
    numbers(50_000 + label, size).forEach((value, index) => {
      x[sample * size + index] = (x[sample * size + index] as number) + value;
    });
  }
  return { x, y };
}

/** The first weights of test/reference/curves.py: kernels in the order of their layers' names. */
function setWeights(model: Model): void {
  const weights = model.getWeights();
  const names = weights.filter(({ name }) => name.endsWith('/kernel')).map(({ name }) => name);
  names.sort();
  const values = weights.map(({ name, shape, data }) => {
    const index = names.indexOf(`${name.split('/')[0]}/kernel`);
    if (index < 0) return { shape, data };
    if (name.endsWith('/bias')) {
      return { shape, data: numbers(1005 + 10 * index, data.length).map((value) => value / 16) };
    }
    const fanIn = data.length / (shape.at(-1) as number);
    const scale = 2 ** Math.round(Math.log2(Math.sqrt(6 / fanIn)));
    return { shape, data: numbers(1000 + 10 * index, data.length).map((value) => value * scale) };
  });
  model.setWeights(values);
}

function lenet(): Model {
  const model = sequential({
    inputShape: [28, 28, 1],
    layers: [
      conv2d({ filters: 6, kernelSize: 5, padding: 'same', activation: 'tanh', name: 'c1' }),
      averagePool2d(),
      conv2d({ filters: 16, kernelSize: 5, activation: 'tanh', name: 'c3' }),
      averagePool2d(),
      flatten(),
      dense({ units: 120, activation: 'tanh', name: 'f5' }),
      dense({ units: 84, activation: 'tanh', name: 'f6' }),
      dense({ units: CLASSES, name: 'f7' }),
    ],
  });
  model.compile({ optimizer: sgd({ learningRate: 0.02, momentum: 0.9 }), loss });
  return model;
}

function vgg(): Model {
  const block = (name: string, filters: number): Layer[] => [
    conv2d({ filters, kernelSize: 3, padding: 'same', useBias: false, name }),
    batchNormalization({ name: `${name}n` }),
    activation({ activation: 'relu' }),
  ];
  const model = sequential({
    inputShape: [16, 16, 3],
    layers: [
      ...[...block('a1', 8), ...block('a2', 8), maxPool2d()],
      ...[...block('b1', 16), ...block('b2', 16), maxPool2d()],
      flatten(),
      dense({ units: 32, activation: 'relu', name: 'c1' }),
      dropout({ rate: 0 }),
      dense({ units: CLASSES, name: 'c2' }),
    ],
  });
  model.compile({ optimizer: adam({ learningRate: 1e-3 }), loss });
  return model;
}

function resnet(): Model {
  const normalized = (x: SymbolicTensor, filters: number, kernelSize: number, strides: number, name: string) =>
    apply(
      batchNormalization({ momentum: 0.9, name: `${name}n` }),
      apply(conv2d({ filters, kernelSize, strides, padding: 'same', useBias: false, name }), x),
    );
  const x = input({ shape: [16, 16, 3] });
  let y = apply(relu(), normalized(x, 8, 3, 1, 'a1'));
  for (const [name, filters, strides] of [['b', 8, 1] as const, ['c', 16, 2] as const, ['d', 16, 1] as const]) {
    const first = apply(relu(), normalized(y, filters, 3, strides, `${name}1`));
    const second = normalized(first, filters, 3, 1, `${name}2`);
    const shortcut = strides > 1 ? normalized(y, filters, 1, strides, `${name}3`) : y;
    y = apply(relu(), apply(add(), [second, shortcut]));
  }
  const outputs = apply(dense({ units: CLASSES, name: 'e1' }), apply(globalAveragePooling2d(), y));
  const model = functional({ inputs: x, outputs });
  model.compile({ optimizer: sgd({ learningRate: 0.01, momentum: 0.9, nesterov: true }), loss });
  return model;
}

for (const make of [lenet, vgg, resnet]) {
  test(`${make.name}: 50 steps follow the losses of Keras within 1e-3, and so does inference afterwards`, async () => {
    const expected = keras[make.name] as Curve;
    const model = make();
    setWeights(model);
    const size = model.inputShape.reduce((a, b) => a * b, 1);
    expect(expected.curve).toHaveLength(50);
    for (const [step, value] of expected.curve.entries()) {
      const { x, y } = batch(step, size);
      expect(Math.abs(model.trainOnBatch(x, y) / value - 1), `step ${step}`).toBeLessThan(1e-3);
    }
    const { x, y } = batch(expected.curve.length, size);
    const { loss: inference = Number.NaN } = await model.evaluate(x, y);
    expect(Math.abs(inference / expected.inference - 1)).toBeLessThan(1e-3);
    model.dispose();
  });
}
