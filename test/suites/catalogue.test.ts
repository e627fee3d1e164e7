/** Layers of sequences and vectors, merges, noise, rarer activations against the numbers of test/reference/catalogue.py. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as c from '../../ts';
import { numbers, relativeError } from '../support/numbers';

type Options = Readonly<Record<string, unknown>>;

interface LayerCase {
  readonly function: string;
  readonly options: Options;
  readonly inputShapes: number[][];
  readonly output: number[];
  readonly loss: number;
  /** Of the slopes in front of each input, then of the layer's weights. */
  readonly gradients: number[][];
}

interface LossCase {
  readonly function: string;
  readonly options: Options;
  readonly outputs: number[];
  readonly targets: number[];
  readonly loss: number;
  readonly gradient: number[];
  readonly weightedLoss: number;
  readonly weightedGradient: number[];
}

const keras = JSON.parse(readFileSync(new URL('../reference/catalogue.json', import.meta.url), 'utf8')) as {
  readonly layers: readonly LayerCase[];
  readonly losses: readonly LossCase[];
};
const made = (name: string) => (c as unknown as Record<string, (options: Options) => c.Layer>)[name];
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** The layer behind a PReLU for each input. */
function modelOf({ function: name, options, inputShapes }: LayerCase, seed = 0): c.Model {
  const inputs = inputShapes.map((shape) => c.input({ shape }));
  const layer = (made(name) as (options: Options) => c.Layer)(options);
  const outputs = c.apply(
    layer,
    inputs.map((each) => c.apply(c.prelu(), each)),
  );
  const model = c.functional({ inputs, outputs, seed });
  model.compile({ optimizer: c.sgd({ learningRate: 0 }), loss: 'meanSquaredError' });
  model.setWeights(
    model.getWeights().map(({ shape, data }, index) => ({ shape, data: numbers(20 + index, data.length) })),
  );
  return model;
}

const inputsOf = (shapes: readonly number[][]): Float32Array[] =>
  shapes.map((shape, index) => numbers(1 + index, 3 * sizeOf(shape)).map((value) => -Math.abs(value) * 3 - 0.01));

for (const entry of keras.layers) {
  test(`layer ${entry.function} ${JSON.stringify(entry.options)}`, async () => {
    const model = modelOf(entry);
    const x = inputsOf(entry.inputShapes);
    const fed = x.length === 1 ? (x[0] as Float32Array) : x;
    expect(relativeError((await model.predict(fed)).data, entry.output)).toBeLessThan(1e-5);
    const y = numbers(2, entry.output.length);
    expect(Math.abs(model.trainOnBatch(fed, y) / entry.loss - 1)).toBeLessThan(1e-5);
    model.getGradients().forEach(({ data, name }, index) => {
      expect(relativeError(data, entry.gradients[index] as number[]), name).toBeLessThan(1e-4);
    });
    expect(model.getGradients()).toHaveLength(entry.gradients.length);
    const { loss } = await model.evaluate(fed, y);
    expect(Math.abs((loss as number) / entry.loss - 1)).toBeLessThan(1e-5);
    model.dispose();
  });
}

/** A model whose outputs are its only weights: their gradients are those of the loss. */
function outputsAsWeights(outputs: readonly number[], rows: number, loss: ReturnType<typeof c.huber>): c.Model {
  const width = outputs.length / rows;
  const model = c.sequential({ inputShape: [rows], layers: [c.dense({ units: width, useBias: false })] });
  model.compile({ optimizer: c.sgd({ learningRate: 0 }), loss });
  model.setWeights([{ data: [...outputs], shape: [rows, width] }]);
  return model;
}

const identity = (rows: number): Float32Array =>
  Float32Array.from({ length: rows * rows }, (_, index) => (index % (rows + 1) === 0 ? 1 : 0));
const lossOf = (name: string, options: Options) =>
  (c as unknown as Record<string, (options: Options) => ReturnType<typeof c.huber>>)[name]?.(options) ?? c.huber();

for (const entry of keras.losses) {
  test(`loss ${entry.function} ${JSON.stringify(entry.options)}`, () => {
    const rows = 6;
    const model = outputsAsWeights(entry.outputs, rows, lossOf(entry.function, entry.options));
    const sampleWeight = numbers(6, rows).map((value) => Math.abs(value) * 2);
    for (const weighted of [false, true]) {
      const targets = Float32Array.from(entry.targets);
      const value = model.trainOnBatch(identity(rows), targets, weighted ? { sampleWeight } : {});
      expect(Math.abs(value / (weighted ? entry.weightedLoss : entry.loss) - 1)).toBeLessThan(1e-5);
      const expected = weighted ? entry.weightedGradient : entry.gradient;
      expect(relativeError(model.getGradients()[0]?.data ?? [], expected)).toBeLessThan(1e-4);
    }
    model.dispose();
  });
}

test('weights of samples count for all their rows', () => {
  for (const name of ['categoricalHinge', 'cosineSimilarity', 'categoricalFocalCrossentropyFromLogits']) {
    const model = c.sequential({ inputShape: [2, 3], layers: [c.prelu({ sharedAxes: [1, 2] })] });
    model.compile({ optimizer: c.sgd({ learningRate: 0 }), loss: lossOf(name, {}) });
    const [x, y] = [numbers(1, 12).map(Math.abs), Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0)];
    const [first, second] = [0, 6].map((start) =>
      model.trainOnBatch(x.slice(start, start + 6), y.slice(start, start + 6)),
    ) as [number, number];
    const weighted = model.trainOnBatch(x, y, { sampleWeight: [3, 0.5] });
    expect(weighted, name).toBeCloseTo((3 * first + 0.5 * second) / 2, 5);
    model.dispose();
  }
});

test('losses report as metrics, and tell what they cannot take', async () => {
  const metrics = ['logCosh', 'cosineSimilarity', c.binaryFocalCrossentropy({ gamma: 1 })] as const;
  const model = c.sequential({ inputShape: [3], layers: [c.dense({ units: 3, activation: 'sigmoid' })] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics });
  const logs = await model.evaluate(numbers(1, 12), numbers(2, 12).map(Math.abs), { batchSize: 3 });
  const told = ['loss', 'logCosh', 'cosineSimilarity', 'binaryFocalCrossentropy'].map((name) => logs[name]);
  expect(told.every(Number.isFinite)).toBe(true);
  expect(logs.cosineSimilarity).toBeLessThan(0);
  const single = c.sequential({ inputShape: [3], layers: [c.dense({ units: 1 })] });
  expect(() => single.compile({ optimizer: 'sgd', loss: 'categoricalFocalCrossentropy' })).toThrow(
    'categoricalFocalCrossentropy expected outputs [batch,classes], got [batch,1]',
  );
  expect(() => c.binaryFocalCrossentropy({ gamma: -1 })).toThrow('binaryFocalCrossentropy: gamma: expected a finite');
  expect(() => c.categoricalFocalCrossentropy({ alpha: 2 })).toThrow('alpha: expected a number in [0, 1], got 2');
  expect(() => c.categoricalFocalCrossentropy({ applyClassBalancing: true } as object)).toThrow('got "applyClassBal');
  for (const each of [model, single]) each.dispose();
});

const noisy: [string, c.Layer][] = [
  ['gaussianNoise', c.gaussianNoise({ stddev: 0.5 })],
  ['gaussianDropout', c.gaussianDropout({ rate: 0.5 })],
  ['alphaDropout', c.alphaDropout({ rate: 0.5 })],
  ['spatialDropout1d', c.spatialDropout1d({ rate: 0.5 })],
];
test.each(noisy)(
  '%s is there while training only, another one at every step, the same for the same seed',
  async (_, layer) => {
    const losses = [1, 1, 2].map((seed) => {
      const model = c.sequential({ inputShape: [6, 4], seed, layers: [c.prelu(), layer] });
      model.compile({ optimizer: c.sgd({ learningRate: 0 }), loss: 'meanSquaredError' });
      model.setWeights([{ shape: [6, 4], data: numbers(3, 24) }]);
      const [x, y] = [numbers(1, 72), numbers(2, 72)];
      const steps = [1, 2, 3].map(() => model.trainOnBatch(x, y));
      expect(new Set(steps).size).toBe(3);
      return { model, steps, x };
    });
    expect(losses[1]?.steps).toEqual(losses[0]?.steps);
    expect(losses[2]?.steps).not.toEqual(losses[0]?.steps);
    for (const { model, x } of losses) {
      const slopes = numbers(3, 24);
      const expected = x.map((value, index) => (value >= 0 ? value : value * (slopes[index % 24] as number)));
      expect((await model.predict(x)).data).toEqual(expected);
      model.dispose();
    }
  },
);

test('the penalty of activations is told in training, in evaluation, and at the right batch', async () => {
  const model = c.sequential({
    inputShape: [2],
    layers: [
      c.dense({ units: 2, useBias: false, kernelInitializer: 'identity' }),
      c.activityRegularization({ l1: 1, l2: 0.5 }),
    ],
  });
  model.compile({ optimizer: c.sgd({ learningRate: 0 }), loss: 'meanSquaredError' });
  const x = Float32Array.of(1, -2, 0, 4);
  // Σ|x| = 7, Σx² = 21, two samples.
  expect(model.trainOnBatch(x, x)).toBeCloseTo((7 + 10.5) / 2, 6);
  expect((await model.evaluate(x, x)).loss).toBeCloseTo((7 + 10.5) / 2, 6);
  expect([...(await model.predict(x)).data]).toEqual([...x]);
  model.dispose();
});

const build = (layer: c.Layer, ...shapes: number[][]) => layer.build(shapes, 'a');
test.each<[string, () => unknown, string]>([
  ['one input', () => build(c.maximum(), [3]), 'maximum "a": expected at least two inputs, got 1'],
  [
    'unequal inputs',
    () => build(c.average(), [3], [4]),
    'average "a": expected inputs of equal shapes, or with 1 where they differ, got [batch,3] and [batch,4]',
  ],
  ['three inputs', () => build(c.subtract(), [3], [3], [3]), 'subtract "a": expected two inputs, got 3'],
  [
    'images',
    () => build(c.dot(), [3, 3], [3, 3]),
    'dot "a": expected two inputs [batch,features] of one length, got [batch,3,3] and',
  ],
  ['other axes', () => c.dot({ axes: 2 }), 'dot: expected axes to be 1 or -1, got 2'],
  [
    'an image',
    () => build(c.maxPooling1d(), [4, 4, 1]),
    'maxPooling1d "a": expected input [batch,steps,channels], got [',
  ],
  [
    'a long window',
    () => build(c.averagePooling1d({ poolSize: 5 }), [4, 1]),
    'averagePooling1d "a": expected an input of at least 1×5',
  ],
  [
    'padding',
    () => c.maxPooling1d({ padding: 'causal' as 'same' }),
    'maxPooling1d: expected padding "valid" or "same", got "causal"',
  ],
  [
    'a vector',
    () => build(c.globalMaxPooling1d(), [4]),
    'globalMaxPooling1d "a": expected input [batch,steps,channels]',
  ],
  [
    'half a step',
    () => c.zeroPadding1d({ padding: 0.5, name: 'z' }),
    'zeroPadding1d "z": padding: expected an integer ≥ 0, got 0.5',
  ],
  [
    'three ends',
    () => c.zeroPadding1d({ padding: [1, 2, 3] as never }),
    'expected an integer ≥ 0 or two of them, got [1,2,3]',
  ],
  [
    'nothing left',
    () => build(c.cropping1d({ cropping: 2 }), [4, 1]),
    'cropping1d "a": expected input longer than cropping [2,2]',
  ],
  ['no size', () => c.upSampling1d({ size: 0 }), 'upSampling1d: size: expected an integer ≥ 1, got 0'],
  [
    'a sequence',
    () => build(c.repeatVector({ n: 2 }), [3, 2]),
    'repeatVector "a": expected input [batch,features], got [',
  ],
  [
    'no order',
    () => c.permute({ dims: [1, 1] }),
    'permute: expected dims to be 1, 2, … in some order, at most 7, got [1,1]',
  ],
  [
    'another rank',
    () => build(c.permute({ dims: [2, 1] }), [3]),
    'permute "a": expected input of 2 dimensions beside the batch',
  ],
  ['all', () => c.alphaDropout({ rate: 1 }), 'alphaDropout: rate: expected a number in [0, '],
  [
    'less than none',
    () => c.gaussianNoise({ stddev: -1 }),
    'gaussianNoise: stddev: expected a finite number ≥ 0, got -1',
  ],
  [
    'groups',
    () => build(c.groupNormalization({ groups: 4 }), [6]),
    'groupNormalization "a": expected groups to divide 6 channels, got 4',
  ],
  [
    'no groups',
    () => c.groupNormalization({ groups: 0 }),
    'groupNormalization: groups: expected an integer ≥ 1, got 0',
  ],
  ['another axis', () => c.groupNormalization({ axis: 1 }), 'groupNormalization: expected axis -1, got 1'],
  ['another axis', () => c.unitNormalization({ axis: 1 }), 'unitNormalization: expected axis -1, got 1'],
  [
    'a low limit',
    () => c.relu({ maxValue: 1, threshold: 2 }),
    'relu: expected maxValue of at least the threshold 2, got 1',
  ],
  [
    'a slope',
    () => c.relu({ negativeSlope: Number.NaN }),
    'relu: negativeSlope: expected a finite number ≥ 0, got NaN',
  ],
  [
    'a low threshold',
    () => c.thresholdedRelu({ theta: -1 }),
    'thresholdedRelu: theta: expected a finite number ≥ 0, got -1',
  ],
  [
    'a gain',
    () => c.activityRegularization({ l2: -1 }),
    'activityRegularization: l2: expected a finite number ≥ 0, got -1',
  ],
  [
    'a vector',
    () => build(c.spatialDropout1d({ rate: 0.5 }), [4]),
    'spatialDropout1d "a": expected input [batch,steps,channels]',
  ],
  [
    'too much padding',
    () => build(c.conv2dTranspose({ filters: 1, kernelSize: 3, strides: 2, outputPadding: 2 }), [4, 4, 1]),
    'conv2dTranspose "a": expected outputPadding from 0 to 1, got 2',
  ],
  [
    'no padding that fits',
    () => build(c.conv1dTranspose({ filters: 1, kernelSize: 2, padding: 'same', outputPadding: 0 }), [4, 1]),
    'conv1dTranspose "a": expected no outputPadding for such strides and filters, got 0',
  ],
  [
    'half a row',
    () => c.conv2dTranspose({ filters: 1, kernelSize: 3, outputPadding: [0, 0.5] }),
    'conv2dTranspose: outputPadding: expected an integer ≥ 0, got 0.5',
  ],
  [
    'an unknown rule',
    () => c.depthwiseConv2d({ kernelSize: 3, depthwiseConstraint: { className: 'L1', config: {} } }),
    'depthwiseConv2d: depthwiseConstraint: className: expected one of',
  ],
  [
    'a rule of other filters',
    () => c.depthwiseConv2d({ kernelSize: 3, pointwiseRegularizer: c.l1() } as never),
    'depthwiseConv2d: expected only the options',
  ],
  [
    'a rule of other filters',
    () => c.separableConv1d({ filters: 2, kernelSize: 3, kernelRegularizer: c.l1() } as never),
    'got "kernelRegularizer"',
  ],
  [
    'a vector',
    () => build(c.depthwiseConv1d({ kernelSize: 3 }), [4]),
    'depthwiseConv1d "a": expected input [batch,steps,',
  ],
  ['a name too many', () => c.maximum({ axis: 1 } as object), 'maximum: expected only the options name, got "axis"'],
])('%s is refused', (_, make, message) => {
  expect(make).toThrow(message);
  expect(make).toThrow(c.ConvgradError);
});
