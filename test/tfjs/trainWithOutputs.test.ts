/** trainWith on models with several outputs, beside model.fit of tfjs's cpu backend. */

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { type TrainWithArgs, trainWith } from '../../ts/tfjs';
import { expectClose, expectHistory, expectWeights, fill, numbers } from './compare';

beforeAll(() => tf.setBackend('cpu'));

const count = 25;
const x = tf.tensor2d(numbers(count * 6, 5), [count, 6]);
const labels = Array.from({ length: count }, (_, index) => (index * 5) % 3);
const kind = tf.oneHot(tf.tensor1d(labels, 'int32'), 3);
const size = tf.tensor2d(numbers(count * 2, 9), [count, 2]);
const sign = tf.tensor1d(labels.map((label) => Number(label > 0)));

/** Two layers that all read, one of them with a penalty, and an output for kind, size and sign. */
function network(): tf.LayersModel {
  const { layers } = tf;
  const kernelRegularizer = tf.regularizers.l2({ l2: 0.01 });
  const input = tf.input({ shape: [6] });
  const first = layers.dense({ units: 7, activation: 'tanh', kernelRegularizer }).apply(input);
  const hidden = layers.dense({ units: 5, activation: 'tanh' }).apply(first) as tf.SymbolicTensor;
  const outputs = [
    layers.dense({ units: 3, activation: 'softmax', name: 'kind' }).apply(hidden),
    layers.dense({ units: 2, name: 'size' }).apply([first as tf.SymbolicTensor]),
    layers.dense({ units: 1, activation: 'sigmoid', name: 'sign' }).apply(hidden),
  ] as tf.SymbolicTensor[];
  return fill(tf.model({ inputs: input, outputs }));
}

/** Two of them, compiled alike. */
function pair(args: tf.ModelCompileArgs, optimizer: () => tf.Optimizer): readonly [tf.LayersModel, tf.LayersModel] {
  const make = (): tf.LayersModel => {
    const model = network();
    model.compile({ ...args, optimizer: optimizer() });
    return model;
  };
  return [make(), make()];
}

const each = { kind: 'categoricalCrossentropy', size: 'meanSquaredError', sign: 'binaryCrossentropy' };
const adam = () => tf.train.adam(0.02);
const steady = { epochs: 3, batchSize: 7, shuffle: false, verbose: 0 as const };
const own = (a: tf.Tensor, b: tf.Tensor) => tf.mean(tf.abs(tf.sub(a, b)));

describe.each<[string, tf.ModelCompileArgs['loss'], unknown, unknown]>([
  ['by name', each, { kind: ['accuracy', 'mse'], sign: 'acc' }, { kind, size, sign }],
  ['as lists', Object.values(each), ['accuracy', own], [kind, size, sign]],
  [
    'functions',
    [tf.losses.softmaxCrossEntropy, 'meanAbsoluteError', tf.metrics.binaryCrossentropy] as never,
    'mae',
    { sign, size, kind },
  ],
  ['one loss for all', 'meanSquaredError', undefined, [kind, size, sign]],
])('losses and targets %s', (_name, loss, metrics, y) => {
  test('the curves, the weights and what follows on either side', async () => {
    const [theirs, ours] = pair({ optimizer: '', loss, metrics: metrics as string[] }, adam);
    const wanted = await theirs.fit(x, y as tf.Tensor[], steady);
    const got = await trainWith(ours, x, y as tf.Tensor[], steady);
    expectHistory(got, wanted);
    expectWeights(ours, theirs, 3e-4);
    expect(got.params).toEqual({ ...wanted.params, steps: 4 });
    expect(got.history.loss?.[2]).toBeLessThan(got.history.loss?.[0] as number);
    expectHistory(await ours.fit(x, y as tf.Tensor[], steady), await theirs.fit(x, y as tf.Tensor[], steady), 2e-4);
  });
});

test('validation: the numbers are those of their names, which are off by the number of outputs less one in 4.22', async () => {
  const [theirs, ours] = pair(
    { optimizer: '', loss: each, metrics: { kind: ['acc', 'mse'], size: own } as never },
    adam,
  );
  const args = { ...steady, validationSplit: 0.3 };
  const y = { kind, size, sign };
  const wanted = (await theirs.fit(x, y as never, args)).history;
  const got = (await trainWith(ours, x, y, args)).history;
  expect(Object.keys(got)).toEqual(Object.keys(wanted));
  // model.fit tells sums of the first one, two and three losses, and then from the first output's loss on.
  const sum = (...parts: string[]) =>
    (got.loss ?? []).map((_, at) => parts.reduce((s, p) => s + (got[p]?.[at] as number), 0));
  const told = [
    sum('val_kind_loss'),
    sum('val_kind_loss', 'val_size_loss'),
    sum('val_kind_loss', 'val_size_loss', 'val_sign_loss'),
    ...['val_kind_loss', 'val_size_loss', 'val_sign_loss', 'val_kind_acc'].map((name) => got[name] as number[]),
  ];
  const names = Object.keys(wanted).filter((name) => name.startsWith('val_'));
  expect(names.slice(1, 5)).toEqual(['val_kind_loss', 'val_size_loss', 'val_sign_loss', 'val_kind_acc']);
  expect(names).toHaveLength(7);
  names.forEach((name, index) => {
    expectClose(told[index] as number[], wanted[name] as number[], 1e-4);
  });
  expectClose(got.val_loss as number[], told[2] as number[], 1e-5);
  for (const name of Object.keys(wanted)) {
    if (!name.startsWith('val_')) expectClose(got[name] as number[], wanted[name] as number[], 1e-4);
  }
  // The last two, which model.fit does not tell, from the model as it is now.
  const [, shown] = ours.predict(x.slice(count - 8, 8)) as tf.Tensor[];
  const error = own(size.slice(count - 8, 8), shown as tf.Tensor).dataSync();
  expect(Math.abs((got.val_size_own?.[2] as number) - (error[0] as number))).toBeLessThan(1e-4);
});

test('classes have weights by output, and callbacks are told what model.fit tells them', async () => {
  const models = pair({ optimizer: '', loss: each, metrics: ['acc'] }, () => tf.train.adamax(0.02));
  const classWeights: readonly object[] = [
    { kind: { 0: 2, 1: 0.5, 2: 1 }, sign: { 0: 3, 1: 1 } },
    [{ 0: 2, 1: 0.5, 2: 1 }, null, { 0: 3, 1: 1 }],
  ];
  const seen: number[][] = [];
  for (const [index, model] of models.entries()) {
    const told: number[] = [];
    seen.push(told);
    const onBatchEnd = async (_batch: number, logs?: tf.Logs) => void told.push(...Object.values(logs ?? {}));
    const args = { ...steady, classWeight: classWeights[index] as never, callbacks: { onBatchEnd } };
    const y = [kind, size, sign];
    const history = await (index === 0 ? model.fit(x, y, args) : trainWith(model, x, y, args));
    expect(Object.keys(history.history)).toEqual([
      ...['loss', 'kind_loss', 'size_loss', 'sign_loss', 'kind_acc', 'size_acc', 'sign_acc'],
    ]);
  }
  expect(seen[0]?.length).toBe(12 * 9);
  expectClose(seen[1] as number[], seen[0] as number[], 1e-4);
  expectWeights(models[1], models[0], 3e-4);
});

test('weights of samples by output, and for all outputs', async () => {
  const train = async (args: TrainWithArgs): Promise<{ model: tf.LayersModel; history: tf.History['history'] }> => {
    const model = network();
    model.compile({ optimizer: tf.train.sgd(0.1), loss: each });
    const { history } = await trainWith(model, x, { kind, size, sign }, { ...steady, ...args });
    return { model, history };
  };
  const factors = tf.tensor1d(numbers(count, 3).map(Math.abs));
  const ones = tf.onesLike(factors);
  const all = await train({ sampleWeight: factors });
  const listed = await train({ sampleWeight: [factors, factors, factors] });
  expectWeights(listed.model, all.model, 0);
  const one = await train({
    sampleWeight: { size: factors },
    validationData: [x, [kind, size, sign], { size: factors }],
  });
  const same = await train({ sampleWeight: [ones, factors, null], validationData: [x, [kind, size, sign]] });
  expectWeights(one.model, same.model, 0);
  expect(one.history.kind_loss?.[0]).not.toBe(all.history.kind_loss?.[0]);
  expect(one.history.val_kind_loss).toEqual(same.history.val_kind_loss);
  expect(one.history.val_size_loss).not.toEqual(same.history.val_size_loss);
  const split = await train({ sampleWeight: { size: factors }, validationSplit: 0.2 });
  const halves = await train({ sampleWeight: { size: factors.slice(0, 20) }, ...{ validationSplit: 0 } }).catch(
    (error) => error,
  );
  expect(String(halves)).toContain('sampleWeight "size" with 25 values, got 20');
  expect(split.history.val_loss).toHaveLength(3);
});

test('an output layer that is used twice', async () => {
  const make = (): tf.LayersModel => {
    const inputs = [tf.input({ shape: [6], name: 'left' }), tf.input({ shape: [6], name: 'right' })];
    const shared = tf.layers.dense({ units: 2, name: 'twice' });
    const outputs = inputs.map((input) => shared.apply(input) as tf.SymbolicTensor);
    const model = fill(tf.model({ inputs, outputs }));
    model.compile({ optimizer: tf.train.sgd(0.05), loss: 'meanSquaredError', metrics: ['mae'] });
    return model;
  };
  const [theirs, ours] = [make(), make()];
  const wanted = await theirs.fit([x, x.mul(-1)], [size, size.add(1)], steady);
  expect(Object.keys(wanted.history).slice(0, 3)).toEqual(['loss', 'twice_loss_0', 'twice_loss_1']);
  expectHistory(await trainWith(ours, [x, x.mul(-1)], [size, size.add(1)], steady), wanted);
  expectWeights(ours, theirs, 1e-4);
});

test('what does not fit is said, with the name of the output', async () => {
  const [model] = pair({ optimizer: '', loss: each }, adam);
  const refuse = (y: unknown, args: TrainWithArgs, message: string) =>
    expect(trainWith(model, x, y as tf.Tensor[], args)).rejects.toThrow(message);
  const y = [kind, size, sign];
  await refuse([kind, size], {}, 'y: expected tensors for kind, size, sign, got object, object');
  await refuse({ kind, size }, {}, 'y: expected tensors for kind, size, sign, got kind, size');
  await refuse([kind, sign, sign], {}, 'y "size"');
  const classWeight = { 0: 1, 1: 1, 2: 1 };
  await refuse(
    y,
    { classWeight },
    'classWeight: expected a list or an object with one for each of kind, size, sign, got 0, 1, 2',
  );
  await refuse(y, { classWeight: [classWeight] }, 'got 1 entries');
  await refuse(y, { sampleWeight: { other: sign } }, 'sampleWeight: expected a list or an object with one for each of');
  await refuse(
    y,
    { classWeight: { kind: { 0: 1 } } },
    'classWeight: expected a factor for class 2, which sample 1 has',
  );
  const hinge = tf.losses.hingeLoss as never;
  model.compile({ optimizer: adam(), loss: ['meanSquaredError', hinge, 'hinge'] });
  await refuse(y, {}, 'output "size": loss: expected one of');
  model.compile({ optimizer: adam(), loss: { kind: 'hinge', size: 'hinge' } as never });
  await refuse(y, {}, 'output "sign": loss: expected one of');
  model.compile({ optimizer: adam(), loss: ['hinge', tf.losses.huberLoss as never, 'hinge'] });
  await refuse(y, { sampleWeight: [null, sign, null] }, 'expected no weights of samples or classes');
  expect((await trainWith(model, x, y, { sampleWeight: [sign, null, sign] })).epoch).toEqual([0]);
});
