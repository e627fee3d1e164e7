/** Models as bytes: the loaded model predicts and goes on training as the written one, bit for bit. */

import { expect, test } from 'vitest';
import * as c from '../../ts';
import { numbers } from '../support/numbers';
import { branchedModel, chainModel } from './cases';

const bits = (data: Float32Array): number[] => [...new Uint32Array(data.slice().buffer)];
const weightBits = (model: c.Model) => model.getWeights().map(({ name, data }) => [name, bits(data)]);

/** Data for the two models of cases.ts. */
function samples(model: c.Model, count: number) {
  const x = model.name === 'chain' ? numbers(1, count * 162) : [numbers(1, count * 108), numbers(2, count * 4)];
  return { x, y: Float32Array.from({ length: count }, (_, index) => index % 3) };
}

const optimizers: Readonly<Record<string, () => c.Optimizer>> = {
  'sgd with momentum': () => c.sgd({ momentum: 0.9, nesterov: true, clipNorm: 1 }),
  'amsgrad on a cosine': () =>
    c.adam({
      amsgrad: true,
      learningRate: c.cosineDecay({ initialLearningRate: 0.01, decaySteps: 20, warmupSteps: 3 }),
    }),
  'rmsprop, centered': () => c.rmsprop({ momentum: 0.5, centered: true, weightDecay: 0.01 }),
  lion: () => c.lion(),
};

for (const make of [chainModel, branchedModel]) {
  test.each(Object.entries(optimizers))(`a ${make.name} trained by %s goes on bit for bit`, async (_, optimizer) => {
    const model = make();
    const loss = c.sparseCategoricalCrossentropy({ fromLogits: model.name === 'branched' });
    model.compile({ optimizer: optimizer(), loss, metrics: ['accuracy', c.sparseCategoricalAccuracy()] });
    const { x, y } = samples(model, 22);
    await model.fit(x, y, { batchSize: 4, epochs: 2 });
    const bytes = c.encodeModel(model);
    const twin = c.decodeModel(bytes);
    expect(c.encodeModel(twin)).toEqual(bytes);
    expect(twin.getCompileConfig()).toEqual(model.getCompileConfig());
    expect(weightBits(twin)).toEqual(weightBits(model));
    expect(bits((await twin.predict(x)).data)).toEqual(bits((await model.predict(x)).data));
    // The order of the next epochs, dropout, the schedule and the optimizer's means all go on.
    const histories = [
      await model.fit(x, y, { batchSize: 4, epochs: 2 }),
      await twin.fit(x, y, { batchSize: 4, epochs: 2 }),
    ];
    expect(histories[1]).toEqual(histories[0]);
    expect(weightBits(twin)).toEqual(weightBits(model));
    expect(twin.getTrainingState()).toEqual(model.getTrainingState());
    for (const each of [model, twin]) each.dispose();
  });
}

test('a learning rate that a callback changed is the one that goes on', () => {
  const model = chainModel();
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
  model.optimizer.learningRate = 0.125;
  const twin = c.decodeModel(c.encodeModel(model));
  expect(twin.optimizer.learningRate).toBe(0.125);
});

test('a file without optimizer gives a model that is not compiled and predicts the same', async () => {
  const model = branchedModel();
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  const { x } = samples(model, 5);
  model.trainOnBatch(x, numbers(3, 15));
  const [small, large] = [c.encodeModel(model, { includeOptimizer: false }), c.encodeModel(model)];
  expect(small.length).toBeLessThan(large.length * 0.7);
  const twin = c.decodeModel(small);
  expect(bits((await twin.predict(x)).data)).toEqual(bits((await model.predict(x)).data));
  expect(() => twin.trainOnBatch(x, numbers(3, 15))).toThrow('branched.trainOnBatch: expected a compiled model');
  expect(twin.getCompileConfig()).toBeUndefined();
  expect(() => twin.getTrainingState()).toThrow(c.StateError);
});

test('a model is written and read before its first step', () => {
  const model = chainModel();
  expect(weightBits(c.decodeModel(c.encodeModel(model)))).toEqual(weightBits(model));
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
  const twin = c.decodeModel(c.encodeModel(model));
  expect(twin.getTrainingState()).toEqual({ ...model.getTrainingState() });
  const { x, y } = samples(model, 4);
  expect(twin.trainOnBatch(x, y)).toBe(model.trainOnBatch(x, y));
});

test('what a file cannot hold is said when it is written', () => {
  const model = chainModel();
  const own = { ...c.accuracy(), className: undefined, name: 'mine' };
  model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy', metrics: [own as unknown as c.Metric] });
  expect(() => c.encodeModel(model)).toThrow(
    'chain.getCompileConfig: metrics: expected one of the library\'s, got "mine"',
  );
  model.compile({ optimizer: c.sgd({ learningRate: () => 0.1 }), loss: 'sparseCategoricalCrossentropy' });
  expect(() => c.encodeModel(model)).toThrow('expected a learning rate that is a number or one of');
  expect(c.encodeModel(model, { includeOptimizer: false }).length).toBeGreaterThan(0);
  expect(() => c.encodeModel(model, { optimizer: true } as object)).toThrow('got "optimizer"');
  expect(() => c.encodeModel({} as c.Model)).toThrow('encodeModel: expected a model, got {}');
  model.dispose();
  expect(() => c.encodeModel(model)).toThrow(c.DisposedError);
});

test('states of training that do not fit change nothing', () => {
  const model = chainModel();
  model.compile({ optimizer: c.sgd({ momentum: 0.9 }), loss: 'sparseCategoricalCrossentropy' });
  const { x, y } = samples(model, 4);
  model.trainOnBatch(x, y);
  const state = model.getTrainingState();
  expect(state.slots.map(({ name }) => name).slice(0, 2)).toEqual([
    'conv2d_1/kernel/velocity',
    'conv2d_1/bias/velocity',
  ]);
  expect(Math.hypot(...(state.slots[0]?.data ?? []))).toBeGreaterThan(0);
  const wrong: [object, string][] = [
    [{ ...state, iterations: -1 }, 'iterations: expected an integer ≥ 0, got -1'],
    [{ ...state, learningRate: Number.NaN }, 'learningRate: expected'],
    [{ ...state, slots: state.slots.slice(1) }, 'expected 9 weights (conv2d_1/kernel/velocity'],
    [{ ...state, slots: [...state.slots].reverse() }, 'conv2d_1/kernel/velocity expected [3,3,2,4]'],
    [{ ...state, more: 1 }, 'got "more"'],
  ];
  for (const [given, message] of wrong) {
    expect(() => model.setTrainingState(given as c.TrainingState)).toThrow(message);
    expect(model.getTrainingState()).toEqual(state);
  }
});

/** The file of a model with changed metadata or tensors. */
function changed(change: (file: { tensors: c.FileTensor[]; metadata: Map<string, string> }) => void): Uint8Array {
  const model = chainModel();
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
  const { tensors, metadata } = c.decodeSafetensors(c.encodeModel(model));
  const file = { tensors: [...tensors], metadata: new Map(metadata) };
  change(file);
  return c.encodeSafetensors(file.tensors, file.metadata);
}

const training = (text: string) => changed(({ metadata }) => metadata.set('training', text));
const swap = (from: string, to: string) =>
  changed(({ metadata }) => metadata.set('training', (metadata.get('training') as string).replace(from, to)));

test.each<[string, () => Uint8Array, string]>([
  [
    'another file',
    () => c.encodeSafetensors([]),
    'x: expected a file of "convgrad model", version 1, got undefined, version undefined',
  ],
  [
    'a later version',
    () => changed(({ metadata }) => metadata.set('version', '2')),
    'got "convgrad model", version "2"',
  ],
  [
    'a file without layers',
    () => changed(({ metadata }) => metadata.delete('model')),
    'x: model: expected JSON with a value at character 0, got the end',
  ],
  [
    'a note more',
    () => changed(({ metadata }) => metadata.set('note', '')),
    'x: metadata: expected only the options format, version, got "note"',
  ],
  [
    'a weight less',
    () => changed(({ tensors }) => tensors.shift()),
    'x: expected the weight "conv2d_1/kernel", got none',
  ],
  [
    'a weight more',
    () => changed(({ tensors }) => tensors.push({ name: 'x', shape: [], data: new Float32Array(1) })),
    'x: expected weights of the model, got "x"',
  ],
  [
    'a weight of another shape',
    () => changed(({ tensors }) => (tensors[0] = { ...(tensors[0] as c.FileTensor), shape: [72] })),
    'x: expected "conv2d_1/kernel" of shape [3,3,2,4], got [72]',
  ],
  [
    'an optimizer without its state',
    () => changed(({ tensors }) => tensors.pop()),
    'x: expected the weight "optimizer/dense_1/bias/v", got none',
  ],
  [
    'a state without optimizer',
    () => changed(({ metadata }) => metadata.delete('training')),
    'x: expected weights of the model, got "optimizer/conv2d_1/kernel/m"',
  ],
  ['training that is no object', () => training('[]'), 'x: training: expected an object of options, got []'],
  [
    'training without a loss',
    () => training('{"compile":{"optimizer":"sgd"},"state":{}}'),
    'expected loss to be one of',
  ],
  ['an unknown optimizer', () => swap('"Adam"', '"AdaMax"'), 'optimizer: className: expected one of SGD, Adam, '],
  ['an option of an optimizer', () => swap('"beta1"', '"beta3"'), 'adam: expected only the options'],
  [
    'metrics that are no list',
    () => swap('"metrics":[]', '"metrics":{"length":3}'),
    'compile: metrics: expected the name of an output, dense_1, got "length"',
  ],
  ['a bad number of steps', () => swap('"iterations":0', '"iterations":1e999'), 'iterations: expected an integer ≥ 0'],
])('%s is refused', (_, make, message) => {
  const bytes = make();
  expect(() => c.decodeModel(bytes, { name: 'x' })).toThrow(message);
  expect(() => c.decodeModel(bytes)).toThrow(c.ConvgradError);
});

test('a file cannot ask for more memory than it has', () => {
  const json = JSON.stringify(chainModel().toJSON()).replace('"filters":4', '"filters":20000000');
  expect(() => c.decodeModel(changed(({ metadata }) => metadata.set('model', json)))).toThrow(
    'decodeModel: expected "conv2d_1/kernel" of shape [3,3,2,20000000], got [3,3,2,4]',
  );
  expect(() => c.decodeModel(c.encodeModel(chainModel()), { limits: { bytes: 1000 } })).toThrow(c.LimitError);
});
