/** trainWith beside model.fit of tfjs's cpu backend: the same weights and batches, the same curves, the same state after it. */

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { type TrainWithArgs, trainWith } from '../../ts/tfjs';
import { expectClose, expectHistory, expectWeights, fill, numbers } from './compare';

beforeAll(() => tf.setBackend('cpu'));

/** Batch normalization, pooling of values that are mostly negative, depthwise, strides and padding. */
function network(): tf.LayersModel {
  const { layers } = tf;
  const regularizer = tf.regularizers.l2({ l2: 0.003 });
  const parts = [
    // Without bias: batch normalization takes its gradient away, and Adam would divide rounding by rounding.
    layers.conv2d({ inputShape: [10, 10, 2], filters: 5, kernelSize: 3, padding: 'same', useBias: false }),
    layers.batchNormalization(),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.leakyReLU({ alpha: 0.3 }),
    layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, activation: 'tanh' }),
    layers.conv2d({ filters: 6, kernelSize: 2, activation: 'elu', kernelRegularizer: regularizer }),
    layers.averagePooling2d({ poolSize: 2 }),
    layers.flatten(),
    layers.dense({ units: 3, activation: 'softmax' }),
  ];
  return fill(tf.sequential({ layers: parts }));
}

/** One dense layer. */
function line(units: number, activation: 'linear' | 'sigmoid' | 'softmax'): tf.LayersModel {
  return fill(tf.sequential({ layers: [tf.layers.dense({ units, activation, inputShape: [4] })] }));
}

const count = 25;
const x = tf.tensor4d(numbers(count * 200, 5), [count, 10, 10, 2]);
const labels = Array.from({ length: count }, (_, index) => (index * 5) % 3);
const y = tf.oneHot(tf.tensor1d(labels, 'int32'), 3);
const flat = tf.tensor2d(numbers(count * 4, 9), [count, 4]);

const optimizers: readonly (readonly [string, () => tf.Optimizer | string])[] = [
  ['sgd', () => tf.train.sgd(0.05)],
  ['momentum', () => tf.train.momentum(0.02, 0.9)],
  ['nesterov', () => tf.train.momentum(0.02, 0.9, true)],
  ['no momentum', () => tf.train.momentum(0.02, 0)],
  ['adam', () => tf.train.adam(0.01)],
  ['adam of another epsilon', () => tf.train.adam(0.01, 0.8, 0.95, 1e-3)],
  ['adamax', () => tf.train.adamax(0.01)],
  ['adamax whose rate decays', () => tf.train.adamax(0.02, 0.8, 0.7, 1e-2, 0.3)],
  ['rmsprop', () => tf.train.rmsprop(0.002)],
  ['rmsprop with momentum', () => tf.train.rmsprop(0.002, 0.8, 0.5, 1e-3)],
  ['adagrad', () => tf.train.adagrad(0.02)],
  ['adadelta', () => tf.train.adadelta(0.01)],
  ['adam by name', () => 'adam'],
  ['rmsprop by name', () => 'rmsprop'],
  ['adamax by name', () => 'adamax'],
];

describe.each(optimizers)('%s', (_name, make) => {
  test('three epochs, and what follows on either side', async () => {
    const models = [network(), network()] as const;
    for (const model of models) {
      model.compile({ optimizer: make(), loss: 'categoricalCrossentropy', metrics: ['accuracy', 'mse'] });
    }
    const [theirs, ours] = models;
    const args = { batchSize: 7, shuffle: false, verbose: 0 as const, validationSplit: 0.2 };
    const wanted = await theirs.fit(x, y, { ...args, epochs: 3 });
    const got = await trainWith(ours, x, y, { ...args, epochs: 3 });
    expectHistory(got, wanted);
    expectWeights(ours, theirs, 3e-4);
    expect(got.history.loss?.[2]).toBeLessThan(got.history.loss?.[0] as number);
    expect(got.params).toEqual({ ...wanted.params, steps: 3 });
    // The state goes back: model.fit, and then trainWith again, go on as if they had been one.
    expect(ours.optimizer.iterations).toBe(9);
    expectHistory(await ours.fit(x, y, args), await theirs.fit(x, y, args), 2e-4);
    const again = { ...args, epochs: 5, initialEpoch: 4 };
    expectHistory(await trainWith(ours, x, y, again), await theirs.fit(x, y, again), 3e-4);
    for (const model of models) model.dispose();
  });
});

test('centered rmsprop, where epsilon is taken off', async () => {
  const models = [line(3, 'softmax'), line(3, 'softmax')] as const;
  const make = () => tf.train.rmsprop(0.01, 0.9, 0.3, 1e-6, true);
  for (const model of models) model.compile({ optimizer: make(), loss: 'categoricalCrossentropy' });
  const args = { epochs: 3, batchSize: 5, shuffle: false, verbose: 0 as const };
  expectHistory(await trainWith(models[1], flat, y, args), await models[0].fit(flat, y, args));
  expectHistory(await models[1].fit(flat, y, args), await models[0].fit(flat, y, args));
});

const signs = tf.tensor1d(labels.map((label) => (label === 0 ? -1 : 1)));
const yesNo = tf.tensor1d(labels.map((label) => (label === 0 ? 0 : 1)));
const sparse = tf.tensor1d(labels, 'float32');
const theirFunction = (a: tf.Tensor, b: tf.Tensor) => tf.mean(tf.abs(tf.sub(a, b)));

test.each<[string, tf.LayersModel['loss'], Parameters<typeof line>, tf.Tensor, unknown]>([
  ['mean squared error', 'meanSquaredError', [1, 'linear'], signs, ['mae', 'MAPE', theirFunction]],
  ['mean absolute error', 'meanAbsoluteError', [1, 'linear'], signs, 'mse'],
  ['hinge', 'hinge', [1, 'linear'], signs, []],
  ['binary', 'binaryCrossentropy', [1, 'sigmoid'], yesNo, ['acc', 'ce', 'precision', tf.metrics.recall]],
  ['binary of three', 'binaryCrossentropy', [3, 'sigmoid'], y, ['accuracy', 'categoricalAccuracy']],
  ['softmax', 'categoricalCrossentropy', [3, 'softmax'], y, ['binaryAccuracy', 'crossentropy', 'cosine']],
  ['sparse', 'sparseCategoricalCrossentropy', [3, 'softmax'], sparse, ['acc', 'ce']],
  ['kld', 'kullbackLeiblerDivergence', [3, 'softmax'], y.toFloat(), [tf.metrics.mse, tf.metrics.categoricalAccuracy]],
  ['squared hinge', 'squaredHinge', [1, 'linear'], signs, []],
  ['categorical hinge', 'categoricalHinge', [3, 'linear'], y.toFloat(), []],
  ['logcosh', 'logcosh', [3, 'linear'], y, []],
  ['poisson', 'poisson', [1, 'sigmoid'], yesNo, []],
  ['percentage', 'meanAbsolutePercentageError', [1, 'linear'], signs, []],
  ['logarithmic', 'meanSquaredLogarithmicError', [1, 'sigmoid'], yesNo.toFloat(), []],
  ['cosine', 'cosineProximity', [3, 'linear'], y.toFloat(), []],
  ['cosine of tf.metrics', tf.metrics.cosineProximity as never, [3, 'linear'], y.toFloat(), []],
  ['tf.losses', tf.losses.softmaxCrossEntropy as never, [3, 'linear'], y, { dense_Dense: 'accuracy' }],
  ['sigmoid', tf.losses.sigmoidCrossEntropy as never, [3, 'linear'], y, []],
  ['huber', tf.losses.huberLoss as never, [3, 'linear'], y, []],
  ['absolute', tf.losses.absoluteDifference as never, [3, 'linear'], y, []],
  ['a list', ['meanSquaredError'], [3, 'linear'], y, []],
  ['a function of tf.metrics', tf.metrics.categoricalCrossentropy as never, [3, 'softmax'], y, 'acc'],
])('loss and metrics: %s', async (_name, loss, shape, target, given) => {
  const models = [line(...shape), line(...shape)] as const;
  for (const model of models) {
    // The name of the output ends in a number of this process.
    const isDictionary = given !== null && typeof given === 'object' && !Array.isArray(given);
    const metrics = isDictionary ? { [model.outputNames[0] as string]: Object.values(given)[0] } : given;
    model.compile({ optimizer: tf.train.sgd(0.1), loss, metrics: metrics as string[] });
  }
  const args = { epochs: 3, batchSize: 6, shuffle: false, verbose: 0 as const };
  const data = { validationData: [flat.slice(3, 8), target.slice(3, 8)] as [tf.Tensor, tf.Tensor] };
  const wanted = await models[0].fit(flat, target, { ...args, ...data });
  expectHistory(await trainWith(models[1], flat, target, { ...args, ...data }), wanted);
});

test('weights of classes count in training, not in validation; every class must have one', async () => {
  const models = [network(), network()] as const;
  for (const model of models) {
    model.compile({ optimizer: tf.train.momentum(0.02, 0.9), loss: 'categoricalCrossentropy', metrics: ['acc'] });
  }
  const args = { epochs: 2, batchSize: 8, shuffle: false, verbose: 0 as const, validationSplit: 0.3 };
  const classWeight = { 0: 2, 1: 0.5, 2: 1 };
  const wanted = await models[0].fit(x, y, { ...args, classWeight });
  expectHistory(await trainWith(models[1], x, y, { ...args, classWeight: [classWeight] }), wanted);
  await expect(trainWith(models[1], x, y, { classWeight: { 0: 1, 1: 1 } })).rejects.toThrow(
    /factor for class 2, .*sample/,
  );
});

test('weights of samples count like samples that come more than once', async () => {
  const [weighted, repeated] = [line(3, 'softmax'), line(3, 'softmax')];
  for (const model of [weighted, repeated]) {
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
  }
  const once = { epochs: 1, shuffle: false, validationData: [flat, y] as [tf.Tensor, tf.Tensor] };
  const factors = numbers(count, 3).map((value) => Math.round(value + 1.5));
  const rows = Array.from(factors).flatMap((times, row) => new Array<number>(times).fill(row));
  await trainWith(weighted, flat, y, {
    ...once,
    batchSize: count,
    sampleWeight: tf.tensor1d(factors.map((value) => (value * count) / rows.length)),
  });
  await repeated.fit(tf.gather(flat, rows), tf.gather(y, rows), { ...once, batchSize: rows.length, verbose: 0 });
  expectWeights(weighted, repeated, 1e-6);
  const few = await trainWith(weighted, flat, y, { batchSize: 5, stepsPerEpoch: 2, epochs: 1 });
  expect(few.params).toMatchObject({ steps: 2, samples: count });
});

test('callbacks are told what model.fit tells them, see the weights, and may change them and the learning rate', async () => {
  const seen: [string, ...unknown[]][][] = [];
  const models = [network(), network()] as const;
  for (const [index, model] of models.entries()) {
    const optimizer = tf.train.momentum(0.05, 0.9);
    model.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
    const told: [string, ...unknown[]][] = [];
    seen.push(told);
    const bias = () => Array.from((model.weights[1] as tf.LayerVariable).read().dataSync());
    const tell = (name: string) => async (at: number, logs?: tf.Logs) => {
      told.push([name, at, { ...logs }, name.endsWith('Begin') ? [] : bias()]);
    };
    const callbacks = {
      onTrainBegin: async () => void told.push(['onTrainBegin']),
      onTrainEnd: async () => void told.push(['onTrainEnd']),
      onEpochBegin: tell('onEpochBegin'),
      onBatchBegin: tell('onBatchBegin'),
      onBatchEnd: tell('onBatchEnd'),
      onEpochEnd: async (epoch: number, logs?: tf.Logs) => {
        await tell('onEpochEnd')(epoch, logs);
        if (epoch === 0) optimizer.setLearningRate(0.01);
        if (epoch === 1) {
          const last = model.weights.at(-1) as tf.LayerVariable;
          const more = tf.add(last.read(), 0.2);
          last.write(more);
          more.dispose();
        }
        if (epoch === 3) model.stopTraining = true;
      },
    };
    const args = {
      epochs: 6,
      batchSize: 9,
      shuffle: false,
      verbose: 0 as const,
      callbacks,
      yieldEvery: 'batch' as const,
    };
    const history = await (index === 0 ? model.fit(x, y, args) : trainWith(model, x, y, args));
    expect(history.epoch).toEqual([0, 1, 2, 3]);
  }
  const [theirs = [], ours = []] = seen;
  expect(ours.map(([name, at]) => [name, at])).toEqual(theirs.map(([name, at]) => [name, at]));
  for (const [index, [, , logs, values]] of ours.entries()) {
    const [, , wantedLogs, wantedValues] = theirs[index] as [string, ...unknown[]];
    const all = (object: unknown) => Object.entries((object ?? {}) as object);
    expect(all(logs).map(([name]) => name)).toEqual(all(wantedLogs).map(([name]) => name));
    expectClose(
      all(logs).map(([, value]) => value),
      all(wantedLogs).map(([, value]) => value),
      1e-4,
    );
    expectClose((values ?? []) as number[], (wantedValues ?? []) as number[], 1e-4);
  }
});

test('an epoch that a callback stops has no validation; tf.callbacks.earlyStopping stops', async () => {
  for (const run of [
    (model: tf.LayersModel, args: TrainWithArgs) => trainWith(model, flat, y, args),
    (model: tf.LayersModel, args: TrainWithArgs) => model.fit(flat, y, { ...(args as tf.ModelFitArgs), verbose: 0 }),
  ]) {
    const model = line(3, 'softmax');
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
    const stop = {
      onBatchEnd: async (batch: number) => {
        model.stopTraining = batch === 1;
      },
    };
    const args = { epochs: 4, batchSize: 5, validationSplit: 0.2, shuffle: false };
    const stopped = await run(model, { ...args, callbacks: stop });
    expect(Object.keys(stopped.history)).toEqual(['loss']);
    expect(stopped.epoch).toEqual([0]);
    const early = tf.callbacks.earlyStopping({ monitor: 'loss', minDelta: 10, patience: 1 });
    const { epoch } = await run(model, { ...args, epochs: 9, callbacks: [early] as never });
    expect(epoch).toEqual([0, 1]);
  }
});

test('when a callback throws, what was trained is handed back', async () => {
  const [theirs, ours] = [line(3, 'softmax'), line(3, 'softmax')];
  const callbacks = {
    onBatchEnd: async (batch: number) => {
      if (batch === 2) throw new Error('enough');
    },
  };
  for (const model of [theirs, ours]) model.compile({ optimizer: tf.train.adam(0.1), loss: 'categoricalCrossentropy' });
  const args = { batchSize: 5, shuffle: false, verbose: 0 as const };
  await expect(theirs.fit(flat, y, { ...args, callbacks })).rejects.toThrow('enough');
  await expect(trainWith(ours, flat, y, { ...args, callbacks })).rejects.toThrow('enough');
  expect(ours.optimizer.iterations).toBe(3);
  expectHistory(await ours.fit(flat, y, args), await theirs.fit(flat, y, args));
});

test('frozen layers stay and their penalties count; several inputs, by name', async () => {
  const make = (): tf.LayersModel => {
    const inputs = [tf.input({ shape: [4], name: 'left' }), tf.input({ shape: [4], name: 'right' })];
    const kernelRegularizer = tf.regularizers.l1l2({ l1: 0.01, l2: 0.02 });
    const frozen = tf.layers.dense({ units: 3, activation: 'relu', kernelRegularizer, trainable: false });
    const shared = inputs.map((each) => frozen.apply(each) as tf.SymbolicTensor);
    const joined = tf.layers.concatenate().apply(shared) as tf.SymbolicTensor;
    const outputs = tf.layers.dense({ units: 3, activation: 'softmax', kernelRegularizer }).apply(joined);
    return fill(tf.model({ inputs, outputs: outputs as tf.SymbolicTensor }));
  };
  const models = [make(), make()] as const;
  const data = { left: flat, right: flat.mul(-1) };
  for (const model of models) model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });
  const args = { epochs: 3, batchSize: 8, shuffle: false, verbose: 0 as const, validationSplit: 0.2 };
  const [, , frozen] = models[1].layers as [unknown, unknown, tf.layers.Layer];
  const kernel = () => Array.from((frozen.getWeights()[0] as tf.Tensor).dataSync());
  const before = kernel();
  expectHistory(await trainWith(models[1], data, y, args), await models[0].fit(data as never, y, args));
  expect(kernel()).toEqual(before);
  expectWeights(models[1], models[0], 1e-4);
  await expect(trainWith(models[1], { left: flat }, y)).rejects.toThrow('expected tensors for left, right');
});

test('the penalties of a layer count as often as it is used, also through a model that is used twice', async () => {
  const make = (): tf.LayersModel => {
    const { layers } = tf;
    const kernelRegularizer = tf.regularizers.l1l2({ l1: 0.01, l2: 0.02 });
    const biasRegularizer = tf.regularizers.l1({ l1: 0.003 });
    const inner = tf.input({ shape: [4] });
    const twice = layers.dense({ units: 4, activation: 'tanh', kernelRegularizer, biasRegularizer });
    const once = layers.dense({ units: 3, activation: 'tanh', kernelRegularizer });
    const base = tf.model({ inputs: inner, outputs: once.apply(twice.apply(twice.apply(inner))) as tf.SymbolicTensor });
    const inputs = [tf.input({ shape: [4] }), tf.input({ shape: [4] })];
    const shared = layers.dense({ units: 3, activation: 'relu', biasRegularizer });
    const parts = inputs.map((each) => shared.apply(base.apply(each)) as tf.SymbolicTensor);
    const joined = layers.concatenate().apply(parts);
    const outputs = layers.dense({ units: 3, activation: 'softmax', kernelRegularizer }).apply(joined);
    const model = fill(tf.model({ inputs, outputs: outputs as tf.SymbolicTensor }));
    model.compile({ optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy' });
    return model;
  };
  const models = [make(), make()] as const;
  const args = { epochs: 3, batchSize: 8, shuffle: false, verbose: 0 as const, validationSplit: 0.2 };
  const data = [flat, flat.mul(-1)];
  expectHistory(await trainWith(models[1], data, y, args), await models[0].fit(data, y, args));
  expectWeights(models[1], models[0], 1e-4);
  // It is trained once more, with the penalties as they were.
  expectHistory(await trainWith(models[1], data, y, args), await models[0].fit(data, y, args), 2e-4);
});

test.each([true, false])('a head on a model within the model, which learns: %s', async (learns) => {
  const models = [0, 1].map(() => {
    const { layers } = tf;
    const kernelRegularizer = tf.regularizers.l2({ l2: 0.01 });
    const parts = [
      layers.conv2d({ inputShape: [10, 10, 2], filters: 3, kernelSize: 3, strides: 2, kernelRegularizer }),
      layers.globalAveragePooling2d({}),
    ];
    const base = tf.sequential({ layers: parts });
    for (const layer of base.layers) layer.trainable = learns;
    const input = tf.input({ shape: [10, 10, 2] });
    const features = base.apply(input) as tf.SymbolicTensor;
    const outputs = layers.dense({ units: 3, activation: 'softmax' }).apply(features) as tf.SymbolicTensor;
    const model = fill(tf.model({ inputs: input, outputs }));
    model.compile({ optimizer: tf.train.adam(0.05), loss: 'categoricalCrossentropy' });
    return { model, base };
  });
  const [theirs, ours] = models as [(typeof models)[0], (typeof models)[0]];
  const before = Array.from((ours.base.getWeights()[0] as tf.Tensor).dataSync());
  const args = { epochs: 3, batchSize: 8, shuffle: false, verbose: 0 as const, validationSplit: 0.2 };
  expectHistory(await trainWith(ours.model, x, y, args), await theirs.model.fit(x, y, args));
  expectWeights(ours.model, theirs.model, 1e-4);
  const after = Array.from((ours.base.getWeights()[0] as tf.Tensor).dataSync());
  expect(after.every((value, index) => value === before[index])).toBe(!learns);
});

test.each([tf.train.adam(0.05), tf.train.adamax(0.05)])('shuffled, and no tensor is left behind', async (optimizer) => {
  const model = line(3, 'softmax');
  model.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['acc', 'cosine'] });
  const first = await trainWith(model, flat, y, { epochs: 20, batchSize: 4 });
  expect(first.history.loss?.at(-1)).toBeLessThan(first.history.loss?.[0] as number);
  const { numTensors } = tf.memory();
  await trainWith(model, flat, y, { epochs: 2, batchSize: 4, validationSplit: 0.2 });
  expect(tf.memory().numTensors).toBe(numTensors);
});

test('what cannot be translated is said, and the model can still be trained', async () => {
  const model = line(3, 'softmax');
  await expect(trainWith(model, flat, y)).rejects.toThrow('expected a compiled model');
  const refuse = async (args: tf.ModelCompileArgs, message: string) => {
    model.compile(args);
    await expect(trainWith(model, flat, y)).rejects.toThrow(message);
  };
  const loss = 'categoricalCrossentropy';
  class Own extends tf.SGDOptimizer {
    override getClassName = () => 'Own';
  }
  await refuse({ optimizer: new Own(0.1), loss }, 'optimizer: expected an optimizer of SGD, Momentum');
  const own = (a: tf.Tensor, b: tf.Tensor) => tf.sub(a, b);
  await refuse({ optimizer: 'sgd', loss: own }, 'got the function "own"');
  await refuse({ optimizer: 'sgd', loss: tf.losses.hingeLoss as never }, 'softmaxCrossEntropy');
  model.compile({ optimizer: 'sgd', loss: tf.losses.softmaxCrossEntropy as never });
  const classWeight = { 0: 1, 1: 1, 2: 1 };
  await expect(trainWith(model, flat, y, { classWeight })).rejects.toThrow('no weights of samples or classes');
  model.compile({ optimizer: 'sgd', loss });
  await expect(trainWith(model, flat, y, { batch: 3 } as never)).rejects.toThrow('got "batch"');
  await expect(trainWith(model, [flat, flat], y)).rejects.toThrow('expected a tensor, got object, object');
  await expect(trainWith(model, flat, y, { shuffle: 'batch' as never })).rejects.toThrow('shuffle');
  await expect(trainWith(model, flat, tf.tensor(['a']))).rejects.toThrow('a tensor of numbers, got string');
  await expect(trainWith(model, flat, y.slice(0, 3))).rejects.toThrow('as many targets as inputs');
  const busy = { onEpochBegin: async () => void (await trainWith(model, flat, y)) };
  await expect(trainWith(model, flat, y, { callbacks: busy })).rejects.toThrow('not being trained');
  const other = tf.train.adam(0.1);
  const dense = tf.layers.dense({ units: 1, inputShape: [4] });
  const small = fill(tf.sequential({ layers: [dense, tf.layers.dense({ units: 1 })] }));
  small.compile({ optimizer: other, loss: 'meanSquaredError' });
  await small.fit(flat, signs, { verbose: 0 });
  model.compile({ optimizer: other, loss });
  await expect(trainWith(model, flat, y)).rejects.toThrow('expected an optimizer with 4 arrays for this model, got 8');
  model.compile({ optimizer: 'sgd', loss });
  expect((await trainWith(model, flat, y)).epoch).toEqual([0]);
});
