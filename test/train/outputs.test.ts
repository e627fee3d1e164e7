/** Models with several outputs: losses, metrics, factors and names are those of Keras; what does not fit names the output. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as c from '../../ts';
import { numbers, relativeError } from '../support/numbers';

const keras = JSON.parse(readFileSync(new URL('../reference/outputs.json', import.meta.url), 'utf8')) as {
  readonly steps: readonly c.Logs[];
  readonly weighted: Readonly<Record<'for all' | 'for each' | 'none', c.Logs>>;
  readonly predictions: readonly (readonly number[])[];
  readonly history: Readonly<Record<string, readonly number[]>>;
  readonly inner: readonly c.Logs[];
};
const BATCH = 8;
const CLASSES = 3;
/** Names of metrics that are shorter in Keras. */
const shorter: Readonly<Record<string, string>> = { meanAbsoluteError: 'mae' };

/** `samples` of test/reference/outputs.py. */
function samples(seed: number, count: number) {
  const x = numbers(seed, count * 64);
  const digit = Int32Array.from(numbers(seed + 1, count), (value) => Math.floor(((value + 1) / 2) * CLASSES));
  const size = new Float32Array(2 * count);
  for (let n = 0; n < count; n++) {
    const at = (row: number, column: number): number => x[n * 64 + row * 8 + column] as number;
    size.set([at(2, 3), at(5, 4) - at(1, 1)], 2 * n);
  }
  return { x, digit, size };
}

const losses = {
  optimizer: 'sgd',
  loss: { digit: 'sparseCategoricalCrossentropyFromLogits', size: 'meanSquaredError' },
  lossWeights: { digit: 1.5, size: 0.25 },
  metrics: { digit: ['accuracy'], size: ['meanAbsoluteError'] },
} as const;

/** `make` of test/reference/outputs.py. */
function make(options: Partial<c.CompileOptions> = {}): c.Model<c.Tensor[]> {
  const x = c.input({ shape: [8, 8, 1] });
  const filters = { filters: 4, kernelSize: 3, activation: 'relu', kernelRegularizer: c.l2(0.01), name: 'c' } as const;
  const pooled = c.apply(c.maxPool2d({ name: 'p' }), c.apply(c.conv2d(filters), x));
  const hidden = c.apply(
    c.dense({ units: 8, activation: 'tanh', name: 'h' }),
    c.apply(c.flatten({ name: 'f' }), pooled),
  );
  const digit = c.apply(c.dense({ units: CLASSES, name: 'digit' }), hidden);
  const size = c.apply(c.dense({ units: 2, name: 'size' }), c.apply(c.concatenate({ name: 'j' }), [hidden, digit]));
  const model = c.functional({ inputs: x, outputs: [digit, size] });
  model.setWeights(
    model.getWeights().map(({ shape, data }, index) => ({
      shape,
      data: numbers(100 + index, data.length).map((value) => value / 4),
    })),
  );
  model.compile({ ...losses, optimizer: c.sgd({ learningRate: 0.1 }), ...options });
  return model;
}

/** Of the filters, the only weights that have one. */
function penaltyOf(model: c.AnyModel): number {
  const [filters] = model.getWeights() as [c.NamedTensor];
  return filters.data.reduce((sum, w) => sum + 0.01 * w * w, 0);
}

/** Every number of Keras's, under its name, and no other name. */
function expectLogs(actual: c.Logs, expected: c.Logs, tolerance = 1e-5): void {
  const renamed = Object.entries(actual).map(([name, value]): [string, number] => {
    const known = Object.keys(shorter).find((long) => name.endsWith(long));
    return [known === undefined ? name : name.replace(known, shorter[known] as string), value];
  });
  expect(renamed.map(([name]) => name).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, value] of renamed) {
    expect(Math.abs(value - (expected[name] as number)), name).toBeLessThanOrEqual(
      tolerance * Math.abs(expected[name] as number),
    );
  }
}

describe('numbers of Keras', () => {
  test('20 steps: the sum of the losses with their factors and the penalty, and the loss of each output', () => {
    const model = make();
    const twin = make();
    keras.steps.forEach((expected, step) => {
      const { x, digit, size } = samples(1000 + 10 * step, BATCH);
      expectLogs(model.trainOnBatch(x, [digit, size], { returnDict: true }), expected);
      // The loss alone, of targets by name in another order.
      const loss = twin.trainOnBatch(x, { size, digit });
      expect(Math.abs(loss / (expected.loss as number) - 1)).toBeLessThan(1e-5);
    });
    expect(twin.getWeights()).toEqual(model.getWeights());
    model.dispose();
    twin.dispose();
  });

  test('predictions, and evaluation with sample weights for all outputs and for each', async () => {
    const model = make();
    for (let step = 0; step < keras.steps.length; step++) {
      const { x, digit, size } = samples(1000 + 10 * step, BATCH);
      model.trainOnBatch(x, [digit, size]);
    }
    const { x, digit, size } = samples(5000, 20);
    const predictions = await model.predict(x.subarray(0, 128), { batchSize: 1 });
    expect(predictions.map(({ shape }) => shape)).toEqual([
      [2, CLASSES],
      [2, 2],
    ]);
    predictions.forEach(({ data }, index) => {
      expect(relativeError(data, keras.predictions[index] as number[])).toBeLessThan(1e-5);
    });
    const one = numbers(6000, 20).map((value) => (value + 1) / 2);
    const other = numbers(6001, 20).map((value) => (value + 1) * 2);
    const evaluate = (sampleWeight?: c.SampleWeights): Promise<c.Logs> =>
      model.evaluate(x, [digit, size], { batchSize: 10, ...(sampleWeight && { sampleWeight }) });
    expectLogs(await evaluate(), keras.weighted.none, 2e-5);
    expectLogs(await evaluate(one), keras.weighted['for all'], 2e-5);
    expectLogs(await evaluate([one, other]), keras.weighted['for each'], 2e-5);
    expect(await evaluate({ size: other, digit: one })).toEqual(await evaluate([one, other]));
    expect(await evaluate({ size: other })).toEqual(await evaluate([new Float32Array(20).fill(1), other]));
    model.dispose();
  });

  test('the history of fit with validation, from arrays and from a dataset', async () => {
    const { x, digit, size } = samples(2000, 40);
    const model = make();
    const settings = { batchSize: 8, epochs: 3, shuffle: false } as const;
    const { history } = await model.fit(x, { digit, size }, { ...settings, validationSplit: 0.2 });
    for (let epoch = 0; epoch < 3; epoch++) {
      const logs = (all: Readonly<Record<string, readonly number[]>>): c.Logs =>
        Object.fromEntries(Object.entries(all).map(([name, values]) => [name, values[epoch] as number]));
      expectLogs(logs(history), logs(keras.history), 2e-5);
    }
    const twin = make();
    const parts = (first: number, last: number) =>
      [
        x.subarray(64 * first, 64 * last),
        { digit: digit.subarray(first, last), size: size.subarray(2 * first, 2 * last) },
      ] as const;
    const batches = [parts(0, 8), parts(8, 16), parts(16, 24), parts(24, 32)];
    const told = await twin.fitDataset(batches, { epochs: 3, validationData: [parts(32, 40)] });
    expect(told.history).toEqual(history);
    const third = make();
    const again = await third.fit(...parts(0, 32), { ...settings, validationData: parts(32, 40) });
    expect(again.history).toEqual(history);
    for (const each of [model, twin, third]) each.dispose();
  });

  test('an output that another follows from, one loss for all, a negative factor', () => {
    const x = c.input({ shape: [6] });
    const hidden = c.apply(c.dense({ units: 3, activation: 'tanh', name: 'hidden' }), x);
    const out = c.apply(c.dense({ units: 3, name: 'out' }), hidden);
    const model = c.functional({ inputs: x, outputs: [hidden, out] });
    model.setWeights(
      model
        .getWeights()
        .map(({ shape, data }, index) => ({ shape, data: Float32Array.from(numbers(200 + index, data.length)) })),
    );
    model.compile({ optimizer: c.sgd({ learningRate: 0.1 }), loss: 'meanSquaredError', lossWeights: [-0.5, 2] });
    for (const expected of keras.inner) {
      const logs = model.trainOnBatch(numbers(300, 30), [numbers(301, 15), numbers(302, 15)], { returnDict: true });
      expectLogs(logs, expected);
    }
    model.dispose();
  });
});

describe('outputs and their losses', () => {
  const { x, digit, size } = samples(1, 6);

  test('a list, an object and one for all say the same', async () => {
    const asList = make({
      loss: ['sparseCategoricalCrossentropyFromLogits', c.meanSquaredError()],
      lossWeights: [1.5, 0.25],
      metrics: ['accuracy', ['meanAbsoluteError']],
    });
    const asObject = make();
    expect(await asList.evaluate(x, [digit, size])).toEqual(await asObject.evaluate(x, [digit, size]));
    const all = make({ loss: 'meanSquaredError', lossWeights: 0.5, metrics: [] });
    const targets = numbers(3, 18);
    const told = await all.evaluate(x, [targets, size]);
    expect(Object.keys(told)).toEqual(['loss', 'digit_loss', 'size_loss']);
    const penalty = penaltyOf(all);
    const sum = 0.5 * ((told.digit_loss as number) + (told.size_loss as number)) + penalty;
    expect(told.loss).toBeCloseTo(sum, 5);
    for (const model of [asList, asObject, all]) model.dispose();
  });

  test('an output without a loss is computed, takes no targets and does not train', async () => {
    const model = make({ loss: { size: 'meanSquaredError' }, lossWeights: { size: 1 }, metrics: {} });
    const before = model.getWeights();
    const loss = model.trainOnBatch(x, { size });
    expect(Object.keys(model.trainOnBatch(x, size, { returnDict: true }))).toEqual(['loss']);
    expect(model.trainOnBatch(x, [size])).toBeLessThan(loss);
    const changed = model.getWeights().filter(({ data }, index) => data.some((v, i) => v !== before[index]?.data[i]));
    expect(changed.map(({ name }) => name)).toContain('digit/kernel');
    expect((await model.predict(x)).length).toBe(2);
    const alone = make({ loss: ['sparseCategoricalCrossentropyFromLogits', null], lossWeights: 2, metrics: [[], []] });
    alone.trainOnBatch(x, { digit });
    expect(
      alone
        .getGradients()
        .find(({ name }) => name === 'size/kernel')
        ?.data.every((g) => g === 0),
    ).toBe(true);
    model.dispose();
    alone.dispose();
  });

  test('sums and means together are told for one sample', async () => {
    const options = { loss: ['halfSquaredError', 'meanSquaredError'], lossWeights: [0.5, 2], metrics: [] } as const;
    const model = make(options);
    const targets = numbers(3, 18);
    const whole = await model.evaluate(x, [targets, size]);
    const parts = await model.evaluate(x, [targets, size], { batchSize: 4 });
    for (const name of Object.keys(whole)) expect(parts[name]).toBeCloseTo(whole[name] as number, 5);
    const penalty = penaltyOf(model);
    const { loss, digit_loss = 0, size_loss = 0 } = whole;
    expect(loss).toBeCloseTo(0.5 * digit_loss + 2 * size_loss + penalty, 4);
    model.dispose();
  });

  test('a model with one output takes the same forms, and a factor', async () => {
    const make1 = (options: Partial<c.CompileOptions>): c.Model => {
      const model = c.sequential({ inputShape: [4], layers: [c.dense({ units: 2, name: 'only' })] });
      model.compile({ optimizer: c.sgd({ learningRate: 0.1 }), loss: 'meanSquaredError', ...options });
      return model;
    };
    const [inputs, targets] = [numbers(1, 12), numbers(2, 6)];
    const plain = make1({ metrics: ['meanAbsoluteError'] });
    const named = make1({
      loss: { only: 'meanSquaredError' },
      lossWeights: [3],
      metrics: { only: 'meanAbsoluteError' },
    });
    const loss = plain.trainOnBatch(inputs, targets);
    expect(named.trainOnBatch(inputs, { only: targets })).toBeCloseTo(3 * loss, 5);
    const [one, three] = [plain, named].map((model) => model.getGradients()[0]?.data as Float32Array);
    expect(
      relativeError(
        three as Float32Array,
        (one as Float32Array).map((g) => 3 * g),
      ),
    ).toBeLessThan(1e-6);
    expect(Object.keys(await named.evaluate(inputs, targets))).toEqual(['loss', 'meanAbsoluteError']);
    const explained = make1({ loss: 'halfSquaredError', lossWeights: 3 }).explain(inputs, targets);
    expect(explained.largestError).toBeLessThan(1e-5);
    plain.dispose();
    named.dispose();
  });

  test('two outputs of one layer get different names', () => {
    const [a, b] = [c.input({ shape: [4] }), c.input({ shape: [4] })];
    const shared = c.dense({ units: 2, name: 'shared' });
    const model = c.functional({ inputs: [a, b], outputs: [c.apply(shared, a), c.apply(shared, b)] });
    expect(model.outputNames).toEqual(['shared', 'shared_1']);
    expect(model.outputShapes).toEqual([[2], [2]]);
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const logs = model.trainOnBatch([numbers(1, 8), numbers(2, 8)], [numbers(3, 4), numbers(4, 4)], {
      returnDict: true,
    });
    expect(Object.keys(logs)).toEqual(['loss', 'shared_loss', 'shared_1_loss']);
    model.dispose();
  });

  test.each([0, 1])('a layer of two uses, of which number %i has a loss, learns by that one', (own) => {
    const inputs = [c.input({ shape: [3] }), c.input({ shape: [3] })];
    const shared = c.dense({ units: 2, name: 'shared' });
    const model = c.functional({ inputs, outputs: inputs.map((each) => c.apply(shared, each)), seed: 5 });
    const alone = c.sequential({ inputShape: [3], layers: [c.dense({ units: 2 })] });
    alone.setWeights(model.getWeights());
    const losses = own === 0 ? (['meanSquaredError', null] as const) : ([null, 'meanSquaredError'] as const);
    model.compile({ optimizer: c.sgd({ learningRate: 0.1 }), loss: losses });
    alone.compile({ optimizer: c.sgd({ learningRate: 0.1 }), loss: 'meanSquaredError' });
    const both = [numbers(1, 12), numbers(2, 12)];
    const before = model.getWeights()[0]?.data;
    model.trainOnBatch(both, numbers(3, 8));
    alone.trainOnBatch(both[own] as Float32Array, numbers(3, 8));
    expect(model.getWeights()[0]?.data).not.toEqual(before);
    expect(model.getWeights().map(({ data }) => data)).toEqual(alone.getWeights().map(({ data }) => data));
    for (const each of [model, alone]) each.dispose();
  });

  test('plan, profile, summary and explain name the outputs', () => {
    const model = make();
    const plan = model.plan({ batchSize: 4 });
    expect(plan.calls.map(({ layer }) => layer)).toContain('meanSquaredError of size');
    expect(String(plan)).toContain('Y of digit [4]');
    expect(model.profile(x, { digit, size }, { runs: 2 }).calls).toHaveLength(plan.calls.length);
    model.summary((text) => expect(text).toContain('outputs digit [batch,3], size [batch,2]'));
    expect(String(model.explain(x, [digit, size]))).toContain('(Y1, ');
    model.dispose();
  });
});

describe('state and files', () => {
  test('a checkpoint in the middle of an epoch, a file and JSON go on bit for bit', async () => {
    const { x, digit, size } = samples(7, 40);
    const settings = { batchSize: 8, epochs: 2 } as const;
    const whole = make({ optimizer: c.adam() });
    let middle: c.Checkpoint | undefined;
    const expected = await whole.fit(x, [digit, size], {
      ...settings,
      callbacks: {
        onBatchEnd(batch) {
          if (batch === 2) middle ??= whole.checkpoint();
        },
      },
    });
    const resumed = make({ optimizer: c.adam() });
    resumed.restore(c.decodeCheckpoint(c.encodeCheckpoint(middle as c.Checkpoint)));
    const { history } = await resumed.fit(x, [digit, size], settings);
    expect(history).toEqual(expected.history);
    expect(resumed.getWeights()).toEqual(whole.getWeights());

    const loaded = c.decodeModel<c.Tensor[]>(c.encodeModel(whole));
    expect(loaded.outputNames).toEqual(['digit', 'size']);
    expect(loaded.getCompileConfig()).toEqual(whole.getCompileConfig());
    expect(await loaded.predict(x)).toEqual(await whole.predict(x));
    expect(loaded.trainOnBatch(x, [digit, size])).toBe(whole.trainOnBatch(x, [digit, size]));
    const made = c.modelFromJSON<c.Tensor[]>(JSON.stringify(whole));
    expect(made.toJSON()).toEqual(whole.toJSON());
    expect((await made.predict(x)).map(({ shape }) => shape)).toEqual([
      [40, 3],
      [40, 2],
    ]);
    const artifacts = c.modelToLayersModel(whole);
    const across = c.modelFromLayersModel<c.Tensor[]>(artifacts);
    expect(await across.predict(x)).toEqual(await whole.predict(x));
    for (const model of [whole, resumed, loaded, made, across]) model.dispose();
  });

  test('early stopping watches a loss of one output', async () => {
    const { x, digit, size } = samples(7, 24);
    const model = make({ optimizer: c.sgd({ learningRate: 0 }) });
    const { epoch } = await model.fit(x, [digit, size], {
      epochs: 10,
      validationData: [x, [digit, size]],
      callbacks: c.earlyStopping({ monitor: 'val_size_loss', patience: 2 }),
    });
    expect(epoch).toHaveLength(3);
    model.dispose();
  });
});

describe('what does not fit names the output', () => {
  const { x, digit, size } = samples(1, 6);
  const model = make();
  const compile = (options: object) => () => model.compile({ ...losses, ...options } as c.CompileOptions);
  const train =
    (y: unknown, options: object = {}) =>
    () =>
      model.trainOnBatch(x, y as c.ModelTargets, options);

  test.each([
    [
      compile({ loss: { digits: 'huber' } }),
      'functional.compile: loss: expected the name of an output, digit, size, got "digits"',
    ],
    [compile({ loss: ['huber'] }), 'compile: loss: expected 2 entries, one for each of digit, size, got 1'],
    [compile({ loss: [null, null], lossWeights: [], metrics: [] }), 'compile: expected loss to be one of'],
    [compile({ loss: ['hubert', 'huber'] }), 'compile: output "digit": loss: expected one of halfSquaredError'],
    [compile({ loss: 7 }), 'compile: loss: expected one for all outputs, a list or an object by name, got 7'],
    [
      compile({ lossWeights: [1, 2, 3] }),
      'compile: lossWeights: expected 2 entries, one for each of digit, size, got 3',
    ],
    [
      compile({ lossWeights: { other: 1 } }),
      'compile: lossWeights: expected the name of an output, digit, size, got "other"',
    ],
    [compile({ lossWeights: [1, 'two'] }), 'compile: output "size": lossWeights: expected'],
    [
      compile({ loss: { size: 'huber' }, metrics: { digit: ['accuracy'] }, lossWeights: {} }),
      'compile: output "digit": expected a loss together with metrics, got none',
    ],
    [
      compile({ loss: { size: 'huber' }, metrics: [], lossWeights: [1, 1] }),
      'compile: output "digit": expected a loss together with lossWeights, got none',
    ],
    [
      compile({ metrics: ['accuracy'] }),
      'compile: metrics: expected 2 lists, one for each of digit, size, got 1 entries',
    ],
    [compile({ metrics: { total: [] } }), 'compile: metrics: expected the name of an output, digit, size, got "total"'],
    [compile({ metrics: 'accuracy' }), 'compile: expected a list of metrics, got "accuracy"'],
    [
      compile({ metrics: { size: ['sparseCategoricalAccuracy'] } }),
      'compile: output "size": sparseCategoricalAccuracy',
    ],
    [
      train([digit]),
      'trainOnBatch: expected y to be a list or an object of 2 arrays, one for each of digit, size, got 1',
    ],
    [
      train(size),
      'trainOnBatch: expected y to be a list or an object of 2 arrays, one for each of digit, size, got one',
    ],
    [train({ digit, sizes: size }), 'trainOnBatch: y: expected the name of an output, digit, size, got "sizes"'],
    [train({ digit }), 'trainOnBatch: y: expected arrays, one for each of digit, size, got none for "size"'],
    [train([digit, { data: size, shape: [4, 3] }]), 'trainOnBatch: y "size": expected [batch,2], got [4,3]'],
    [
      train([digit, size.subarray(0, 6)]),
      'trainOnBatch: expected as many targets as inputs, got x [6,8,8,1] and y "size" [3,2]',
    ],
    [train([Int32Array.of(0, 1, 2, 3, 1, 1), size]), 'trainOnBatch: y "digit": expected'],
    [
      train([digit, size], { classWeight: { 0: 2 } }),
      'trainOnBatch: expected classWeight only for a model with one output',
    ],
    [
      train([digit, size], { sampleWeight: [[1, 2, 3]] }),
      'trainOnBatch: sampleWeight: expected 2 arrays, one for each of digit, size, got 1',
    ],
    [
      train([digit, size], { sampleWeight: { size: [1, 2] } }),
      'trainOnBatch: expected sampleWeight "size" with 6 values, got 2',
    ],
    [
      train([digit, size], { sampleWeight: { sizes: [1, 2] } }),
      'trainOnBatch: sampleWeight: expected the name of an output, digit, size, got "sizes"',
    ],
    [
      train([digit, size], { sampleWeight: { size: [1, 1, 1, 1, -1, 1] } }),
      'trainOnBatch: expected weights ≥ 0, got -1 for sample 4 of "size"',
    ],
    [train([digit, size], { returnDict: 1 }), 'trainOnBatch: returnDict: expected true or false, got 1'],
  ])('%#', (work, message) => {
    expect(work).toThrow(message);
    expect(work).toThrow(c.ConvgradError);
  });

  test('checkNumerics names the output whose targets are not finite', () => {
    const checked = make({ checkNumerics: true });
    expect(() => checked.trainOnBatch(x, [digit, size.map(() => Number.NaN)])).toThrow(
      'functional.trainOnBatch: y "size": expected finite numbers, got NaN in sample 0',
    );
    checked.dispose();
  });

  test('outputs that are none', () => {
    const a = c.input({ shape: [4] });
    const y = c.apply(c.dense({ units: 2 }), a);
    expect(() => c.functional({ inputs: a, outputs: [] })).toThrow(
      'functional: expected at least one output, got none',
    );
    expect(() => c.functional({ inputs: a, outputs: [y, a] })).toThrow(
      'functional: expected an output that is no input',
    );
    expect(() => c.functional({ inputs: a, outputs: [y, 3 as never] })).toThrow(
      'functional: expected inputs and outputs made by input() and apply(), got 3',
    );
  });
});
