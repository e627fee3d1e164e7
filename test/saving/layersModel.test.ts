/** Models of TensorFlow.js in and out: the same predictions on both sides; what one side does not have is said. */

import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as c from '../../ts';
import { numbers } from '../support/numbers';
import { branchedModel } from './cases';

beforeAll(async () => {
  await tf.setBackend('cpu');
});
afterAll(() => tf.disposeVariables());

/** Weights that differ from each other and from what initializers make; variances are positive. */
function scatter(model: tf.LayersModel): void {
  model.setWeights(
    model.weights.map((weight, index) => {
      const size = weight.shape.reduce<number>((product, dimension) => product * (dimension ?? 1), 1);
      const values = numbers(30 + index, size).map((value) => value * 0.6);
      const positive = weight.originalName.endsWith('moving_variance');
      return tf.tensor(positive ? values.map((v) => Math.abs(v) + 0.5) : values, weight.shape as number[]);
    }),
  );
}

async function artifactsOf(model: tf.LayersModel): Promise<c.LayersModelArtifacts> {
  let artifacts: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (given) => {
      artifacts = given;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  return artifacts as c.LayersModelArtifacts;
}

/** Inputs of a model: numbers in [-1, 1). */
const inputsFor = (shapes: readonly (readonly number[])[], batch: number) =>
  shapes.map((shape, index) => ({
    shape: [batch, ...shape],
    data: numbers(50 + index, batch * shape.reduce((a, b) => a * b, 1)),
  }));

function theirPrediction(model: tf.LayersModel, inputs: readonly c.Tensor[]): Float32Array {
  const tensors = inputs.map(({ data, shape }) => tf.tensor(data, [...shape]));
  const output = model.predict(tensors.length === 1 ? (tensors[0] as tf.Tensor) : tensors) as tf.Tensor;
  return output.dataSync() as Float32Array;
}

const ourPrediction = async (model: c.Model, inputs: readonly c.Tensor[]) =>
  (await model.predict(inputs.length === 1 ? (inputs[0] as c.Tensor) : inputs)).data;

function expectClose(actual: Float32Array, expected: Float32Array): void {
  expectWithin(actual, expected, 1e-5);
  expect(new Set(expected).size).toBeGreaterThan(1);
}

function expectWithin(actual: Float32Array, expected: Float32Array, most: number): void {
  expect(actual.length).toBe(expected.length);
  let largest = 0;
  actual.forEach((value, index) => {
    largest = Math.max(largest, Math.abs(value - (expected[index] as number)));
  });
  expect(largest).toBeLessThanOrEqual(most);
}

const l = tf.layers;
const image = [9, 8, 3];
const chain = (inputShape: number[], ...layers: tf.layers.Layer[]): tf.LayersModel =>
  tf.sequential({ layers: [l.inputLayer({ inputShape }), ...layers] });

/** Two inputs, a residual, a layer that is used twice. */
function residual(): tf.LayersModel {
  const [first, second] = [tf.input({ shape: image }), tf.input({ shape: [4] })];
  const stem = l
    .conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' })
    .apply(first) as tf.SymbolicTensor;
  const inner = l.batchNormalization().apply(l.conv2d({ filters: 4, kernelSize: 3, padding: 'same' }).apply(stem));
  const sum = l.add().apply([stem, inner as tf.SymbolicTensor]);
  const gate = l.conv2d({ filters: 4, kernelSize: 1, activation: 'sigmoid' }).apply(stem) as tf.SymbolicTensor;
  const pooled = l.globalAveragePooling2d({}).apply(l.multiply().apply([sum as tf.SymbolicTensor, gate]));
  const shared = l.dense({ units: 4, activation: 'tanh', name: 'twice' });
  const parts = [shared.apply(pooled), shared.apply(second), pooled] as tf.SymbolicTensor[];
  const outputs = l.dense({ units: 3, activation: 'softmax' }).apply(l.concatenate().apply(parts)) as tf.SymbolicTensor;
  return tf.model({ inputs: [first, second], outputs });
}

const regularized = {
  kernelRegularizer: tf.regularizers.l1l2({ l1: 0.01, l2: 0.02 }),
  kernelConstraint: tf.constraints.nonNeg(),
  biasRegularizer: tf.regularizers.l2({ l2: 0.5 }),
  kernelInitializer: 'heNormal',
} as const;

const theirs: Readonly<Record<string, () => tf.LayersModel>> = {
  'conv, pooling, dense': () =>
    chain(
      image,
      l.conv2d({
        filters: 5,
        kernelSize: [3, 2],
        strides: [2, 1],
        padding: 'same',
        activation: 'relu',
        ...regularized,
      }),
      l.maxPooling2d({ poolSize: 2, strides: [1, 2], padding: 'same' }),
      l.averagePooling2d({ poolSize: [2, 1], strides: 1, padding: 'same' }),
      l.flatten(),
      l.dropout({ rate: 0.3 }),
      l.dense({ units: 6, activation: 'elu' }),
      l.dense({
        units: 3,
        activation: 'softmax',
        useBias: false,
        kernelConstraint: tf.constraints.maxNorm({ maxValue: 2 }),
      }),
    ),
  'depthwise and separable': () =>
    chain(
      image,
      l.depthwiseConv2d({
        ...{ kernelSize: 3, depthMultiplier: 2, padding: 'same', activation: 'relu6' },
        depthwiseRegularizer: tf.regularizers.l2({ l2: 0.1 }),
      }),
      l.separableConv2d({
        ...{ filters: 4, kernelSize: 3, depthMultiplier: 2, activation: 'selu' },
        depthwiseRegularizer: tf.regularizers.l1({ l1: 0.1 }),
        pointwiseConstraint: tf.constraints.nonNeg(),
      }),
      l.globalMaxPooling2d({}),
    ),
  'normalizations and dilation': () =>
    chain(
      image,
      l.conv2d({ filters: 4, kernelSize: 3, dilationRate: 2, activation: 'softplus' }),
      l.batchNormalization({ epsilon: 0.01, momentum: 0.9 }),
      l.layerNormalization({ epsilon: 0.1 }),
      l.batchNormalization({ axis: 3, scale: false }),
      l.globalAveragePooling2d({}),
      l.batchNormalization({ axis: 1, center: false }),
    ),
  'transposed convolution, padding, cropping, enlarging': () =>
    chain(
      image,
      l.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: 'same', activation: 'swish' as 'relu' }),
      l.zeroPadding2d({
        padding: [
          [1, 2],
          [0, 3],
        ],
      }),
      l.cropping2D({
        cropping: [
          [2, 1],
          [1, 0],
        ],
      }),
      l.upSampling2d({ size: [2, 1] }),
      l.reshape({ targetShape: [-1, 3] }),
      l.conv1d({ filters: 2, kernelSize: 5, strides: 3, activation: 'tanh' }),
    ),
  'activations as layers': () =>
    chain(
      [5],
      l.dense({ units: 6 }),
      l.leakyReLU({ alpha: 0.2 }),
      l.dense({ units: 6 }),
      l.elu({}),
      l.dense({ units: 6 }),
      l.prelu({}),
      l.dense({ units: 6 }),
      l.reLU({ maxValue: 6 }),
      l.dense({ units: 6, activation: 'sigmoid' }),
      l.reLU({}),
      l.activation({ activation: 'linear' }),
      l.softmax({}),
    ),
  'a residual with two inputs and a shared layer': residual,
  'sequences, noise and rarer activations': () =>
    chain(
      [12, 4],
      l.maxPooling1d({ poolSize: 2, strides: 1, padding: 'same' }),
      l.gaussianNoise({ stddev: 0.5 }),
      l.averagePooling1d({ poolSize: 3 }),
      l.permute({ dims: [2, 1] }),
      l.activation({ activation: 'mish' as 'relu' }),
      l.alphaDropout({ rate: 0.2 }),
      l.globalMaxPooling1d({}),
      l.dense({ units: 5, activation: 'softsign' }),
      l.gaussianDropout({ rate: 0.2 }),
      l.thresholdedReLU({ theta: 0.125 }),
      l.repeatVector({ n: 3 }),
      l.reLU({ maxValue: 0.25 }),
      l.globalAveragePooling1d({}),
      l.dense({ units: 4, activation: 'logSoftmax' as 'relu' }),
    ),
  'merges of two': () => {
    const [first, second] = [tf.input({ shape: [5] }), tf.input({ shape: [5] })];
    const merged = [l.maximum(), l.minimum(), l.average(), l.dot({ axes: 1 }), l.dot({ axes: -1, normalize: true })];
    const parts = merged.map((layer) => layer.apply([first, second]) as tf.SymbolicTensor);
    return tf.model({ inputs: [first, second], outputs: l.concatenate().apply(parts) as tf.SymbolicTensor });
  },
};

test.each(Object.entries(theirs))('%s: theirs predicts the same here, and again there', async (_, make) => {
  const model = make();
  scatter(model);
  const artifacts = await artifactsOf(model);
  const ours = c.modelFromLayersModel(artifacts);
  const shapes = model.inputs.map(({ shape }) => shape.slice(1) as number[]);
  const inputs = inputsFor(shapes, 3);
  const expected = theirPrediction(model, inputs);
  expectClose(await ourPrediction(ours, inputs), expected);
  const back = await tf.loadLayersModel(tf.io.fromMemory(c.modelToLayersModel(ours) as tf.io.ModelArtifacts));
  expectClose(theirPrediction(back, inputs), expected);
  for (const each of [ours, model, back]) each.dispose();
});

const ours: Readonly<Record<string, () => c.Model>> = {
  'a model with branches': branchedModel,
  'layers with options': () =>
    c.sequential({
      ...{ inputShape: [10, 9, 2], seed: 5, name: 'options' },
      layers: [
        c.rescaling({ scale: 0.5, offset: 0.25 }),
        c.conv2d({
          filters: 4,
          kernelSize: 3,
          strides: 2,
          padding: 'same',
          activation: 'silu',
          kernelConstraint: c.maxNorm(3),
        }),
        c.depthwiseConv2d({
          ...{ kernelSize: 3, depthMultiplier: 2, padding: 'same', activation: 'gelu' },
          ...{ depthwiseRegularizer: c.l2(0.1), depthwiseConstraint: c.maxNorm(2) },
        }),
        c.separableConv2d({ filters: 3, kernelSize: 2, activation: 'tanh', pointwiseRegularizer: c.l1(0.1) }),
        c.prelu({ sharedAxes: [1, 2], alphaInitializer: c.constant({ value: 0.25 }) }),
        c.batchNormalization({ momentum: 0.8 }),
        c.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, kernelRegularizer: c.l1(0.1) }),
        c.maxPool2d({ poolSize: 2, strides: 1, padding: 'same' }),
        c.layerNormalization({ center: false }),
        c.leakyRelu({ alpha: 0.1 }),
        c.upSampling2d({ size: [1, 2] }),
        c.zeroPadding2d({ padding: 1 }),
        c.flatten(),
        c.dropout({ rate: 0.5 }),
        c.dense({ units: 4, activation: 'relu6' }),
        c.softmax(),
      ],
    }),
};

test.each(Object.entries(ours))('%s: ours predicts the same there, and comes back as it was', async (_, make) => {
  const model = make();
  const { config } = model.toJSON();
  const shapes = model.name === 'branched' ? [[6, 6, 3], [4]] : [config.inputShape as number[]];
  const inputs = inputsFor(shapes, 3);
  const artifacts = c.modelToLayersModel(model);
  const there = await tf.loadLayersModel(tf.io.fromMemory(artifacts as tf.io.ModelArtifacts));
  expectClose(theirPrediction(there, inputs), await ourPrediction(model, inputs));
  const back = c.modelFromLayersModel(artifacts);
  expect(back.toJSON()).toEqual({ ...model.toJSON(), config: { ...config, seed: 0 } });
  expect(back.getWeights()).toEqual(model.getWeights());
  // Rules for weights round when they write them.
  const again = c.modelFromLayersModel(await artifactsOf(there));
  again.getWeights().forEach(({ data }, index) => {
    expectWithin(data, (model.getWeights()[index] as c.NamedTensor).data, 1e-6);
  });
  for (const each of [model, back, again, there]) each.dispose();
});

test('a model that is trained here goes on there', async () => {
  const model = c.sequential({
    inputShape: [4],
    layers: [c.dense({ units: 8, activation: 'tanh' }), c.dense({ units: 1 })],
  });
  model.compile({ optimizer: c.sgd({ learningRate: 0.1 }), loss: 'meanSquaredError' });
  const [x, y] = [numbers(1, 40), numbers(2, 10)];
  await model.fit(x, y, { epochs: 20 });
  const there = await tf.loadLayersModel(tf.io.fromMemory(c.modelToLayersModel(model) as tf.io.ModelArtifacts));
  there.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
  const loss = await there.trainOnBatch(tf.tensor(x, [10, 4]), tf.tensor(y, [10, 1]));
  expect(model.trainOnBatch(x, y)).toBeCloseTo(loss as number, 6);
  const after = there.getWeights()[0]?.dataSync() as Float32Array;
  model.getWeights()[0]?.data.forEach((value, index) => {
    expect(value).toBeCloseTo(after[index] as number, 5);
  });
});

/** The smallest model of theirs, as Keras's converter writes it. */
function small(change: (model: { config: Record<string, unknown>; class_name: string }) => void = () => {}) {
  const dense = {
    class_name: 'Dense',
    config: {
      name: 'a/b',
      units: 2,
      activation: 'relu',
      use_bias: false,
      batch_input_shape: [null, 3],
      dtype: 'float32',
    },
  };
  change(dense);
  return {
    modelTopology: { model_config: { class_name: 'Sequential', config: [dense] }, keras_version: '2.4.0' },
    weightSpecs: [{ name: 'a/b/kernel', shape: [3, 2], dtype: 'float32' }],
    weightData: Float32Array.of(1, 2, 3, 4, 5, 6).buffer as ArrayBuffer,
  };
}

test("the form of Keras's converter, names with a slash, weights in pieces and packed ones are read", async () => {
  const artifacts = small();
  const model = c.modelFromLayersModel(artifacts);
  expect(model.getWeights()).toEqual([{ name: 'a_b/kernel', shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) }]);
  const pieces = [artifacts.weightData.slice(0, 5), artifacts.weightData.slice(5)];
  expect(c.modelFromLayersModel({ ...artifacts, weightData: pieces }).getWeights()).toEqual(model.getWeights());
  const packed = (quantization: object, weightData: ArrayBuffer) =>
    c
      .modelFromLayersModel({
        ...artifacts,
        weightSpecs: [{ ...artifacts.weightSpecs[0], quantization }] as never,
        weightData,
      })
      .getWeights()[0]?.data;
  const bytes = Uint8Array.of(0, 1, 2, 3, 4, 255).buffer as ArrayBuffer;
  expect(packed({ dtype: 'uint8', scale: 0.5, min: -1 }, bytes)).toEqual(Float32Array.of(-1, -0.5, 0, 0.5, 1, 126.5));
  const words = Uint16Array.of(0, 1, 2, 3, 4, 65535).buffer as ArrayBuffer;
  expect(packed({ dtype: 'uint16', scale: 1, min: 0 }, words)).toEqual(Float32Array.of(0, 1, 2, 3, 4, 65535));
  const halves = Uint16Array.of(0x3c00, 0xc000, 0, 0x7bff, 0x3555, 0x0001).buffer as ArrayBuffer;
  expect(packed({ dtype: 'float16' }, halves)).toEqual(Float32Array.of(1, -2, 0, 65504, 0.333251953125, 2 ** -24));
});

const withConfig = (config: object) => small((layer) => Object.assign(layer.config, config));
const functional = (layers: object[]) => ({
  ...small(),
  modelTopology: {
    class_name: 'Model',
    config: { name: 'm', layers, input_layers: [['i', 0, 0]], output_layers: [['d', 0, 0]] },
  },
});
const inputLayer = {
  class_name: 'InputLayer',
  name: 'i',
  config: { name: 'i', batch_input_shape: [null, 3] },
  inbound_nodes: [],
};
const denseOf = (inbound: unknown) => ({
  class_name: 'Dense',
  name: 'd',
  config: { name: 'd', units: 2 },
  inbound_nodes: inbound,
});

test.each<[string, unknown, string]>([
  ['nothing', undefined, 'modelFromLayersModel: expected artifacts with modelTopology, got undefined'],
  ['no weights', { ...small(), weightSpecs: undefined }, 'expected weightSpecs to be a list, got undefined'],
  [
    'weights of another kind',
    { ...small(), weightData: [1] },
    'expected weightData to be an ArrayBuffer or a list of them, got 1',
  ],
  [
    'weights that are cut off',
    { ...small(), weightData: new ArrayBuffer(20) },
    'expected 24 bytes for "a/b/kernel" [3,2], got 20',
  ],
  ['weights too many', { ...small(), weightData: new ArrayBuffer(28) }, 'expected 24 bytes of weightData, got 28'],
  [
    'integers as weights',
    { ...small(), weightSpecs: [{ name: 'a/b/kernel', shape: [3, 2], dtype: 'int32' }] },
    'weight "a/b/kernel": expected dtype float32, got "int32"',
  ],
  [
    'a weight that is missing',
    { ...small(), weightSpecs: [{ name: 'kernel', shape: [3, 2], dtype: 'float32' }] },
    'expected the weight "a/b/kernel" of [3,2], got none',
  ],
  [
    'a weight of another shape',
    { ...small(), weightSpecs: [{ name: 'a/b/kernel', shape: [2, 3], dtype: 'float32' }] },
    'expected the weight "a/b/kernel" of [3,2], got [2,3]',
  ],
  [
    'a weight with a huge shape',
    { ...small(), weightSpecs: [{ name: 'a/b/kernel', shape: [2 ** 30, 2 ** 30], dtype: 'float32' }] },
    'got 24',
  ],
  [
    'another class of model',
    small(({ config: _, ...rest }) => rest) && { ...small(), modelTopology: { class_name: 'Graph', config: {} } },
    'expected class_name Sequential, Model or Functional, got "Graph"',
  ],
  [
    'an unknown layer',
    small((layer) => (layer.class_name = 'LSTM')),
    'layer "a_b": class_name: expected one of Activation, ',
  ],
  [
    'an unknown option',
    withConfig({ sparsity: 1 }),
    'Dense "a_b": expected options that this library has, got sparsity = 1',
  ],
  [
    'an option that means something else',
    withConfig({ activity_regularizer: { class_name: 'L1L2', config: {} } }),
    'got activity_regularizer = ',
  ],
  ['an unknown activation', withConfig({ activation: 'hardSigmoid' }), 'activation: expected one of linear, '],
  [
    'another axis of a rule',
    withConfig({ kernel_constraint: { class_name: 'MaxNorm', config: { max_value: 1, axis: 1 } } }),
    'expected MaxNorm over all axes but the last, [0], got [1]',
  ],
  [
    'sizes that are not fixed',
    withConfig({ batch_input_shape: [null, null] }),
    'expected batch_input_shape [null, …] with fixed sizes at "a/b", got [null,null]',
  ],
  [
    'channels first',
    small((layer) =>
      Object.assign(layer, {
        class_name: 'Flatten',
        config: { name: 'f', batch_input_shape: [null, 2, 3], data_format: 'channels_first' },
      }),
    ),
    'expected data_format "channels_last", got "channels_first"',
  ],
  [
    'the wrong axis',
    small((layer) =>
      Object.assign(layer, { class_name: 'Softmax', config: { name: 'f', batch_input_shape: [null, 2, 3], axis: 1 } }),
    ),
    'Softmax "f": expected the last axis, -1 or 2, got 1',
  ],
  [
    'arguments of a use',
    functional([inputLayer, denseOf([[['i', 0, 0, { training: true }]]])]),
    'expected [name, use, output, {}], got ["i",0,0,{"training":true}]',
  ],
  [
    'a second output of a layer',
    functional([inputLayer, denseOf([[['i', 0, 1, {}]]])]),
    'expected values of its layers, got ["i",0,1]',
  ],
  ['a circle', functional([inputLayer, denseOf([[['d', 0, 0, {}]]])]), 'expected no circle of layers'],
  ['no uses', functional([inputLayer, denseOf(undefined)]), 'inbound_nodes: expected a list, got undefined'],
])('%s is refused', (_, artifacts, message) => {
  expect(() => c.modelFromLayersModel(artifacts as c.LayersModelArtifacts)).toThrow(message);
  expect(() => c.modelFromLayersModel(artifacts as c.LayersModelArtifacts)).toThrow(c.ConvgradError);
});

test.each<[c.Layer, string]>([
  [c.conv2d({ filters: 4, kernelSize: 3, groups: 2 }), 'Conv2D "conv2d_1": expected groups 1, got 2'],
  [
    c.conv2d({
      filters: 4,
      kernelSize: 3,
      padding: [
        [1, 1],
        [1, 1],
      ],
    }),
    'padding: expected "valid" or "same", got [[1,1],[1,1]]',
  ],
  [c.activation({ activation: 'hardSigmoid' }), 'Activation "activation_1": activation: expected one of linear, '],
  [c.spatialDropout2d({ rate: 0.5 }), 'SpatialDropout2D "spatial_dropout2d_1": expected layers that TensorFlow.js has'],
  [c.randomFlip(), 'RandomFlip "random_flip_1": expected layers that TensorFlow.js has'],
  [c.elu({ alpha: 0.5 }), 'ELU "elu_1": expected alpha 1, got 0.5'],
  [
    c.conv2dTranspose({ filters: 1, kernelSize: 3, dilationRate: 2 }),
    'Conv2DTranspose "conv2dtranspose_1": expected dilationRate [1,1], got [2,2]',
  ],
  [
    c.conv2dTranspose({ filters: 1, kernelSize: 3, strides: 2, outputPadding: 1 }),
    'Conv2DTranspose "conv2dtranspose_1": expected outputPadding null, got [1,1]',
  ],
  [c.relu({ threshold: 0.5 }), 'ReLU "relu_1": expected threshold 0, got 0.5'],
  [
    c.groupNormalization({ groups: 2 }),
    'GroupNormalization "group_normalization_1": expected layers that TensorFlow.js has',
  ],
  [c.activation({ activation: 'hardTanh' }), 'activation: expected one of linear, '],
  [c.globalMaxPooling2d({ keepDims: true }), 'expected keepDims false, got true'],
])('%o has no like there', (layer, message) => {
  const model = c.sequential({ inputShape: [6, 6, 2], layers: [layer] });
  expect(() => c.modelToLayersModel(model)).toThrow(message);
});
