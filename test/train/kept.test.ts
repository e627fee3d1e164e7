/** Filters that inference keeps transformed: the numbers of filters as they are, fresh after every change of weights. */

import { expect, test } from 'vitest';
import {
  batchNormalization,
  conv1d,
  conv1dTranspose,
  conv2d,
  conv2dTranspose,
  decodeModel,
  encodeModel,
  flatten,
  init,
  type Layer,
  type Model,
  maxPooling2d,
  relu,
  sequential,
  sgd,
} from '../../ts';
import { getEngine } from '../../ts/runtime/init';
import { numbers, relativeError } from '../support/numbers';
import { countingCalls, setWeights } from '../support/weights';

const loss = 'meanSquaredError';
/** So many images share what filters take: theirs are not kept. */
const MANY = 96;
/** Room for the model of these tests, without what inference keeps. */
const MOST_BYTES = 2_700_000;

const preparations = (model: Model, mode: 'predict' | 'evaluate' | 'train', batchSize: number): string[] =>
  model.plan({ batchSize, mode }).preparations.map(({ kernel }) => kernel);

const small = { kernelSize: 3, padding: 'same' } as const;
const cases: readonly (readonly [string, readonly number[], readonly Layer[]])[] = [
  ['3×3, panels of filters', [8, 8, 64], [conv2d({ filters: 64, ...small, activation: 'relu' })]],
  ['3×3, tiles of all filters', [16, 16, 32], [conv2d({ filters: 32, ...small, useBias: false })]],
  ['5×5', [7, 7, 64], [conv2d({ filters: 64, kernelSize: 5, padding: 'same', activation: 'sigmoid' })]],
  ['stride 2', [28, 28, 32], [conv2d({ filters: 64, ...small, strides: 2 })]],
  ['batch normalization folded in', [8, 8, 64], [conv2d({ filters: 64, ...small }), batchNormalization(), relu()]],
  ['max pooling behind it', [8, 8, 64], [conv2d({ filters: 64, ...small }), relu(), maxPooling2d({ poolSize: 2 })]],
  ['a line', [64, 64], [conv1d({ filters: 64, ...small, activation: 'tanh' })]],
  ['a line, stride 2', [64, 64], [conv1d({ filters: 64, kernelSize: 5, strides: 2, padding: 'causal' })]],
  ['transpose', [16, 16, 32], [conv2dTranspose({ filters: 32, ...small, activation: 'relu' })]],
  ['transpose, panels', [8, 8, 64], [conv2dTranspose({ filters: 64, ...small, useBias: false })]],
  [
    'transpose, stride 2, panels',
    [8, 8, 128],
    [conv2dTranspose({ filters: 64, kernelSize: 4, strides: 2, padding: 'same', activation: 'relu' })],
  ],
  [
    'transpose, stride 2, tiles',
    [8, 8, 64],
    [conv2dTranspose({ filters: 20, kernelSize: 5, strides: 2, padding: 'same' })],
  ],
  ['transpose of a line', [32, 64], [conv1dTranspose({ filters: 64, kernelSize: 5, strides: 2, padding: 'same' })]],
];

test.each(cases)('%s: one sample is answered as among many', async (_, inputShape, layers) => {
  const model = sequential({ inputShape, layers });
  setWeights(model);
  expect(preparations(model, 'predict', 1)).toEqual(['conv2d_keep']);
  expect(preparations(model, 'predict', MANY)).toEqual([]);
  const size = inputShape.reduce((a, b) => a * b, 1);
  const x = numbers(3, MANY * size);
  const many = await model.predict(x, { batchSize: MANY });
  const length = many.data.length / MANY;
  for (const sample of [0, 1, MANY - 1]) {
    const { data } = await model.predict(x.slice(sample * size, (sample + 1) * size));
    expect(relativeError(data, many.data.slice(sample * length, (sample + 1) * length))).toBeLessThan(1e-5);
  }
  model.dispose();
});

function make(): Model {
  const layers = [
    conv2d({ filters: 64, ...small, name: 'c', activation: 'tanh' }),
    conv2dTranspose({ filters: 32, kernelSize: 4, strides: 2, padding: 'same', useBias: false, name: 't' }),
    batchNormalization({ name: 'n' }),
    flatten({ name: 'f' }),
  ];
  const model = sequential({ name: 'm', inputShape: [8, 8, 64], layers });
  model.compile({ optimizer: sgd({ learningRate: 0.05, useEma: true, emaMomentum: 0.5 }), loss });
  setWeights(model);
  return model;
}

test('kept filters are fresh after every change of weights', async () => {
  const model = make();
  expect(preparations(model, 'predict', 1)).toEqual(['conv2d_keep', 'conv2d_keep']);
  const x = numbers(1, MANY * 4096);
  const one = x.slice(0, 4096);
  const y = numbers(2, MANY * 8192);
  let last = (await model.predict(one)).data;
  const compare = async (what: string): Promise<void> => {
    const { data } = await model.predict(one);
    const many = await model.predict(x, { batchSize: MANY });
    expect(relativeError(data, many.data.slice(0, data.length)), what).toBeLessThan(1e-5);
    expect(data, what).not.toEqual(last);
    last = data;
  };
  model.trainOnBatch(x, y);
  await compare('trainOnBatch');
  await model.fit(one, y.slice(0, 8192), { batchSize: 1, epochs: 2, validationData: [one, y.slice(0, 8192)] });
  await compare('fit');
  const checkpoint = model.checkpoint();
  model.trainOnBatch(x, y);
  model.finalizeVariableValues();
  await compare('averages');
  setWeights(model, 70);
  await compare('setWeights');
  model.restore(checkpoint);
  await compare('restore');
  const before = (await model.predict(one)).data;
  model.profile(x, y, { runs: 2 });
  model.explain(one, y.slice(0, 8192));
  expect((await model.predict(one)).data).toEqual(before);
  const copy = decodeModel(encodeModel(model));
  expect((await copy.predict(one)).data).toEqual(before);
  model.dispose();
  copy.dispose();
});

test('a model in a model: what one of them trains is fresh in both', async () => {
  const inner = sequential({ name: 'inner', inputShape: [8, 8, 64], layers: [conv2d({ filters: 64, ...small })] });
  const outer = sequential({ inputShape: [8, 8, 64], layers: [inner, relu(), flatten()] });
  for (const model of [inner, outer]) model.compile({ optimizer: sgd({ learningRate: 0.1 }), loss });
  const x = numbers(1, MANY * 4096);
  for (const trained of [inner, outer, inner]) {
    trained.trainOnBatch(x, numbers(2, MANY * 4096));
    for (const model of [inner, outer]) {
      expect(preparations(model, 'predict', 1)).toEqual(['conv2d_keep']);
      const { data } = await model.predict(x.slice(0, 4096));
      const many = await model.predict(x, { batchSize: MANY });
      expect(relativeError(data, many.data.slice(0, 4096))).toBeLessThan(1e-5);
    }
  }
  outer.dispose();
  inner.dispose();
});

test('filters are made once, not for every step, and all memory comes back', async () => {
  const engine = getEngine();
  const before = [engine.liveBytes, engine.liveAllocations];
  const model = make();
  await countingCalls('conv2d_keep', async (count) => {
    const x = numbers(1, 5 * 4096);
    await model.predict(x, { batchSize: 1 });
    expect(count()).toBe(2);
    const taken = [engine.liveBytes, engine.liveAllocations];
    for (let round = 0; round < 3; round++) await model.predict(x, { batchSize: 1 });
    expect(count()).toBe(2);
    expect([engine.liveBytes, engine.liveAllocations]).toEqual(taken);
    model.trainOnBatch(x, numbers(2, 5 * 8192));
    await model.evaluate(x, numbers(2, 5 * 8192), { batchSize: 1 });
    expect(count()).toBe(4);
  });
  model.dispose();
  expect([engine.liveBytes, engine.liveAllocations]).toEqual(before);
});

test('plan and forecast tell of them; training and strict arithmetic keep none, nor where there is no room', async () => {
  const model = make();
  const forecast = model.memoryForecast({ mode: 'predict', batchSize: 1 });
  const plan = model.plan({ mode: 'predict', batchSize: 1 });
  expect(forecast.kept).toBe(plan.keptBytes);
  expect(plan.preparations[0]?.reads).toEqual(['c/kernel [3,3,64,64]']);
  expect(plan.keptBytes).toBeGreaterThan(4 * 36 * 64 * 64);
  expect(String(plan)).toContain('\n* when weights have changed\n');
  expect(String(plan)).toMatch(/\n\* +forward +c +conv2d_keep .*\n/);
  expect(String(plan)).toMatch(/; kept \d\.\d MiB; arena /);
  expect(preparations(model, 'train', 1)).toEqual([]);
  expect(String(model.plan({ batchSize: 1 }))).not.toContain('kept');
  expect(model.memoryForecast({ batchSize: 1 }).kept).toBe(0);
  model.dispose();
  for (const options of [{ maxMemoryBytes: MOST_BYTES }, { simd: 'strict' }] as const) {
    await init(options);
    try {
      const without = make();
      expect(preparations(without, 'predict', 1)).toEqual([]);
      without.dispose();
    } finally {
      await init({});
    }
  }
});
