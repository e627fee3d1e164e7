/** Every way in which training can go wrong: what is said, that nothing was trained before, that nothing stays behind. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  ConvgradError,
  DisposedError,
  dense,
  type FitOptions,
  flatten,
  type Model,
  NonFiniteError,
  ShapeError,
  StateError,
  sequential,
  terminateOnNaN,
  ValueError,
} from '../../ts';
import { getEngine } from '../../ts/runtime/init';
import { numbers } from '../support/numbers';

const x = numbers(1, 12 * 8);
const y = Int32Array.from({ length: 12 }, (_, index) => index % 3);
let model: Model;
let before: readonly number[];

beforeEach(() => {
  const engine = getEngine();
  before = [engine.liveBytes, engine.liveAllocations];
  model = sequential({ name: 'm', inputShape: [2, 4, 1], layers: [flatten(), dense({ units: 3 })] });
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropyFromLogits' });
});

afterEach(() => {
  model.dispose();
  const engine = getEngine();
  expect([engine.liveBytes, engine.liveAllocations]).toEqual(before);
});

type ErrorClass = new (...args: never[]) => ConvgradError;

const data: readonly (readonly [string, unknown, unknown, ErrorClass, string])[] = [
  ['shape', { data: x, shape: [12, 4, 2, 1] }, y, ShapeError, 'm.fit: x: expected [batch,2,4,1], got [12,4,2,1]'],
  ['length', x.subarray(1), y, ShapeError, 'm.fit: x: expected a multiple of 8 values for [batch,2,4,1], got 95'],
  ['rank', [1, 2, 3], y, ShapeError, 'm.fit: x: expected [batch,2,4,1], got [3]'],
  ['text', 'pixels', y, ShapeError, 'm.fit: x: expected an array or { data, shape }, got string'],
  ['texts', [[['a', 'b', 'c', 'd']]], y, ValueError, 'm.fit: x: expected numbers in nested arrays, got string'],
  ['null', null, y, ShapeError, 'm.fit: x: expected an array or { data, shape }, got null'],
  ['ragged', [[[1, 2, 3, 4], [1]]], y, ShapeError, 'm.fit: x: expected nested arrays of equal lengths [1,2,4]'],
  ['targets', x, y.subarray(2), ShapeError, 'expected as many targets as inputs, got x [12,2,4,1] and y [10]'],
  ['label', x, y.map((v) => v + 1), ValueError, 'm.fit: y: expected'],
  ['fraction', x, Float32Array.from(y, (v) => v + 0.5), ValueError, 'm.fit: y: expected'],
];

test.each(data)('wrong data: %s', async (_, inputs, targets, type, message) => {
  const weights = model.getWeights();
  const error = await model.fit(inputs as never, targets as never).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(type);
  expect((error as Error).message).toContain(message);
  expect(model.getWeights()).toEqual(weights);
});

const options: readonly [object, string][] = [
  [{ seed: 1.5 }, 'm.fit: seed: expected an integer ≥ 0, got 1.5'],
  [{ seed: -1 }, 'm.fit: seed: expected an integer ≥ 0, got -1'],
  [{ batchSize: 2.5 }, 'm.fit: batchSize: expected an integer ≥ 1, got 2.5'],
  [{ epochs: 0 }, 'm.fit: epochs: expected an integer ≥ 1, got 0'],
  [{ epochs: Number.NaN }, 'm.fit: epochs: expected an integer ≥ 1, got NaN'],
  [{ initialEpoch: -1 }, 'm.fit: initialEpoch: expected an integer ≥ 0, got -1'],
  [{ stepsPerEpoch: 0 }, 'm.fit: stepsPerEpoch: expected an integer ≥ 1, got 0'],
  [{ validationSteps: 1 }, 'm.fit: expected validationSplit or validationData with validationSteps, got neither'],
  [{ validationSteps: 0, validationSplit: 0.5 }, 'm.fit: validationSteps: expected an integer ≥ 1, got 0'],
  [{ validationSplit: -0.1 }, 'm.fit: validationSplit: expected a number in [0, 1], got -0.1'],
  [{ validationSplit: 1e-17 }, 'expected validationSplit to leave samples on both sides, got 1e-17 of 12'],
  [{ validationData: [x] }, 'm.fit: validationData: expected [x, y] or [x, y, sampleWeight]'],
  [{ validationData: [x, y.subarray(1)] }, 'm.fit: validationData: expected as many targets as inputs'],
  [{ shuffle: 'yes' }, 'm.fit: shuffle: expected true or false, got "yes"'],
  [{ yieldEvery: -1 }, 'm.fit: expected yieldEvery "auto", "batch", "epoch", "never" or milliseconds ≥ 0, got -1'],
  [{ signal: {} }, 'm.fit: signal: expected an AbortSignal, got {}'],
  [{ callbacks: [null] }, 'm.fit: callbacks: expected an object of functions, got null'],
  [{ callbacks: { onEpochEnds: () => {} } }, 'm.fit: callbacks: expected only onTrainBegin, '],
  [{ callbacks: { onBatchEnd: 3 } }, 'm.fit: callbacks: expected onBatchEnd to be a function, got 3'],
  [{ sampleWeight: [1, 2] }, 'm.fit: expected sampleWeight with 12 values, got 2'],
  [{ sampleWeight: numbers(1, 12) }, 'm.fit: expected weights ≥ 0, got -'],
  [{ classWeight: { 0: -1 } }, 'm.fit: classWeight: class 0: expected a finite number ≥ 0, got -1'],
  [{ classWeight: { cat: 1 } }, 'm.fit: classWeight: expected numbers of classes, got "cat"'],
  [{ classWeight: 3 }, 'm.fit: classWeight: expected an object of options, got 3'],
  [{ verbose: 1 }, 'got "verbose"'],
];

test.each(options.map(([given, message]) => [message, given] as const))(
  'refused at once: %s',
  async (message, given) => {
    const weights = model.getWeights();
    let begun = false;
    const begin = (): void => {
      begun = true;
    };
    const { callbacks = { onTrainBegin: begin } } = given as FitOptions;
    const running = model.fit(x, y, { ...given, callbacks } as FitOptions);
    const error = await running.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConvgradError);
    expect((error as Error).message).toContain(message);
    expect(begun).toBe(false);
    expect(model.getWeights()).toEqual(weights);
  },
);

test('compile: unknown names and options; a second time starts the optimizer anew; not during fit', async () => {
  const compile = (given: object) => () => model.compile(given as never);
  const good = { optimizer: 'sgd', loss: 'sparseCategoricalCrossentropyFromLogits' };
  expect(compile({ ...good, loss: 'mse' })).toThrow('m.compile: loss: expected one of ');
  expect(compile({ ...good, optimizer: 'sdg' })).toThrow('m.compile: optimizer: expected one of sgd, ');
  expect(compile({ ...good, metrics: ['f2'] })).toThrow('m.compile: metrics: expected one of ');
  expect(compile({ ...good, optimiser: 'sgd' })).toThrow('got "optimiser"');
  model.trainOnBatch(x, y);
  const weights = model.getWeights();
  expect(model.checkpoint().optimizer.iterations).toBe(1);
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropyFromLogits' });
  expect(model.getWeights()).toEqual(weights);
  expect(model.checkpoint().optimizer).toMatchObject({ iterations: 0 });
  const running = model.fit(x, y, { batchSize: 1, yieldEvery: 'batch' });
  expect(compile(good)).toThrow(StateError);
  expect(compile(good)).toThrow('m.compile: the model is being trained by fit');
  await expect(model.fitDataset([[x, y]])).rejects.toThrow('m.fitDataset: the model is being trained by fit');
  await running;
});

test('every method after dispose says so', async () => {
  model.dispose();
  const methods: Record<string, () => unknown> = {
    fit: () => model.fit(x, y),
    fitDataset: () => model.fitDataset([[x, y]]),
    trainOnBatch: () => model.trainOnBatch(x, y),
    evaluate: () => model.evaluate(x, y),
    evaluateDataset: () => model.evaluateDataset([[x, y]]),
    predict: () => model.predict(x),
    getWeights: () => model.getWeights(),
    setWeights: () => model.setWeights([]),
    checkpoint: () => model.checkpoint(),
    restore: () => model.restore({} as never),
    compile: () => model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' }),
    summary: () => model.summary(() => {}),
    plan: () => model.plan(),
    profile: () => model.profile(x, y),
    explain: () => model.explain(x, y),
  };
  for (const [name, call] of Object.entries(methods)) {
    const error = await new Promise((resolve) => resolve(call())).catch((reason: unknown) => reason);
    expect(error, name).toBeInstanceOf(DisposedError);
    expect((error as Error).message).toBe(`m.${name}: the model was disposed`);
  }
});

test('callbacks that throw, aborts and bad numbers end fit and leave no memory behind', async () => {
  const engine = getEngine();
  await model.fit(x, y, { batchSize: 5 });
  const kept = [engine.liveBytes, engine.liveAllocations];
  const stop = (): never => {
    throw new Error('stop');
  };
  for (const name of ['onTrainBegin', 'onEpochBegin', 'onBatchBegin', 'onBatchEnd', 'onEpochEnd', 'onTrainEnd']) {
    await expect(model.fit(x, y, { batchSize: 5, callbacks: { [name]: stop } }), name).rejects.toThrow('stop');
    const later = { [name]: () => Promise.resolve().then(stop) };
    await expect(model.fit(x, y, { batchSize: 5, callbacks: later }), name).rejects.toThrow('stop');
    expect([engine.liveBytes, engine.liveAllocations], name).toEqual(kept);
  }
  const controller = new AbortController();
  const callbacks = { onBatchEnd: () => controller.abort() };
  const aborted = model.fit(x, y, { batchSize: 5, signal: controller.signal, callbacks });
  await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
  await expect(model.fit(x, y, { signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
  const bad = x.slice();
  bad[50] = Number.NaN;
  const error = await model
    .fit(bad, y, { batchSize: 5, shuffle: false, callbacks: terminateOnNaN() })
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(NonFiniteError);
  expect((error as Error).message).toBe('fit: expected a finite loss, got NaN in batch 1 of epoch 0');
  expect([engine.liveBytes, engine.liveAllocations]).toEqual(kept);
  // The model can be used as before.
  await model.fit(x, y);
});
