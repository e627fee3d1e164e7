/** fitDataset and evaluateDataset: every kind of dataset, prefetching, resuming, and what goes wrong. */

import { expect, test } from 'vitest';
import {
  adam,
  type Batch,
  type Checkpoint,
  type Dataset,
  dense,
  type FitDatasetOptions,
  type Model,
  modelCheckpoint,
  sequential,
} from '../../ts';
import { getEngine } from '../../ts/runtime/init';
import { numbers } from '../support/numbers';

const x = numbers(1, 20 * 3);
const y = numbers(2, 20);

function makeModel(): Model {
  const model = sequential({ name: 'm', inputShape: [3], seed: 4, layers: [dense({ units: 1, activation: 'tanh' })] });
  model.compile({ optimizer: adam(), loss: 'meanSquaredError', metrics: ['binaryAccuracy'] });
  return model;
}

/** Batches of 8, 8 and 4 samples. */
const batches: readonly Batch[] = [0, 8, 16].map((start) => [
  x.slice(start * 3, (start + 8) * 3),
  y.slice(start, start + 8),
]);

async function* slowly(): AsyncGenerator<Batch> {
  for (const batch of batches) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    yield batch;
  }
}

const datasets: Record<string, Dataset> = {
  'a list': batches,
  'a generator function': function* () {
    yield* batches;
  },
  'an async generator function': slowly,
  'an async iterable': { [Symbol.asyncIterator]: slowly },
  'a function that answers a list': () => batches,
  'tfjs batches': batches.map((batch) => {
    const [xs, ys] = batch as readonly [Float32Array, Float32Array];
    return { xs, ys };
  }),
};

test.each(Object.entries(datasets))('%s trains as arrays do, bit for bit', async (_, dataset) => {
  const [a, b] = [makeModel(), makeModel()];
  const validation = { x: numbers(3, 30), y: numbers(4, 10) };
  const expected = await a.fit(x, y, {
    batchSize: 8,
    epochs: 3,
    shuffle: false,
    validationData: [validation.x, validation.y],
    classWeight: { 1: 2 },
  });
  const options: FitDatasetOptions = {
    epochs: 3,
    validationData: [[validation.x, validation.y]],
    classWeight: { 1: 2 },
  };
  const history = await b.fitDataset(dataset, options);
  expect(b.checkpoint()).toEqual(a.checkpoint());
  expect(history.history.loss).toEqual(expected.history.loss);
  expect(Object.keys(history.history)).toEqual(Object.keys(expected.history));
  expect(await b.evaluateDataset(dataset)).toEqual(await a.evaluate(x, y, { batchSize: 8 }));
  const two = await a.evaluate(x.subarray(0, 48), y.subarray(0, 16), { batchSize: 8 });
  expect(await b.evaluateDataset(dataset, { steps: 2 })).toEqual(two);
  a.dispose();
  b.dispose();
});

test('sample weights of batches are those of fit, and validationSteps cuts validation', async () => {
  const [a, b] = [makeModel(), makeModel()];
  const sampleWeight = Float32Array.from({ length: 20 }, (_, index) => index / 10);
  const first = { x: x.subarray(0, 24), y: y.subarray(0, 8) };
  const expected = await a.fit(x, y, {
    ...{ batchSize: 8, shuffle: false, sampleWeight },
    ...{ validationData: [x, y], validationSteps: 1 },
  });
  const weighted = batches.map((batch, index): Batch => {
    const [xs, ys] = batch as readonly [Float32Array, Float32Array];
    return [xs, ys, sampleWeight.slice(index * 8, index * 8 + 8)];
  });
  const history = await b.fitDataset(weighted, { validationData: batches, validationSteps: 1 });
  expect(history).toEqual(expected);
  expect(expected.history.val_loss).toEqual([(await a.evaluate(first.x, first.y)).loss]);
  expect(b.checkpoint()).toEqual(a.checkpoint());
  a.dispose();
  b.dispose();
});

test('an iterator goes on from epoch to epoch and stays open; others are ended', async () => {
  const model = makeModel();
  let [given, ended] = [0, 0];
  function* endless(): Generator<Batch> {
    try {
      for (;;) {
        yield batches[given % 3] as Batch;
        given++;
      }
    } finally {
      ended++;
    }
  }
  const running = endless();
  await model.fitDataset(running, { epochs: 2, stepsPerEpoch: 4 });
  expect([given, ended]).toEqual([7, 0]);
  await model.fitDataset(running, { stepsPerEpoch: 1 });
  expect([given, ended]).toEqual([8, 0]);
  await model.fitDataset(endless, { epochs: 2, stepsPerEpoch: 2 });
  expect(ended).toBe(2);
  model.dispose();
});

test.each([0, 1, 3])('%i batches are asked for ahead', async (prefetch) => {
  const model = makeModel();
  let asked = 0;
  const ahead: number[] = [];
  const dataset: Dataset = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve({ done: false, value: batches[asked++ % 3] as Batch }),
    }),
  };
  const callbacks = { onBatchBegin: (batch: number) => void ahead.push(asked - batch - 1) };
  await model.fitDataset(dataset, { stepsPerEpoch: 6, prefetch, callbacks });
  // No more than the epoch needs.
  expect(ahead).toEqual([0, 1, 2, 3, 4, 5].map((batch) => Math.min(prefetch, 5 - batch)));
  model.dispose();
});

test('a training goes on from a checkpoint within an epoch, bit for bit', async () => {
  const model = makeModel();
  const saved: Checkpoint[] = [];
  const callbacks = modelCheckpoint({ saveFreq: 1, save: (checkpoint) => void saved.push(checkpoint) });
  const whole = await model.fitDataset(slowly, { epochs: 2, callbacks });
  for (const checkpoint of saved) {
    const twin = makeModel();
    twin.restore(checkpoint);
    const rest = await twin.fitDataset(slowly, { epochs: 2 });
    expect(twin.checkpoint()).toEqual(model.checkpoint());
    expect(rest.history.loss).toEqual(whole.history.loss?.slice(checkpoint.epoch));
    twin.dispose();
  }
  model.dispose();
});

test('what goes wrong is named, ends the dataset and leaves nothing behind', async () => {
  const engine = getEngine();
  const before = [engine.liveBytes, engine.liveAllocations];
  let ended = 0;
  const watched = (values: readonly unknown[]): Dataset =>
    function* () {
      try {
        yield* values as readonly Batch[];
      } finally {
        ended++;
      }
    };
  const model = makeModel();
  const refuse = async (dataset: unknown, options: FitDatasetOptions, message: string): Promise<void> => {
    await expect(model.fitDataset(dataset as Dataset, options)).rejects.toThrow(message);
  };
  await refuse(
    3,
    {},
    'm.fitDataset: expected the dataset to be an iterable, an iterator or a generator function, got 3',
  );
  await refuse(() => 3, {}, "m.fitDataset: expected the dataset's function to answer an iterable, got 3");
  await refuse([], {}, "m.fitDataset: expected a batch, got 0 and then the dataset's end");
  await refuse(
    batches,
    { stepsPerEpoch: 5 },
    "m.fitDataset: expected 5 batches an epoch, got 3 and then the dataset's end",
  );
  await refuse(batches.values(), { epochs: 2 }, "m.fitDataset: expected a batch, got 0 and then the dataset's end");
  await refuse(
    watched([batches[0], 3]),
    {},
    'm.fitDataset: batch 1: expected [x, y], [x, y, sampleWeight] or { xs, ys }',
  );
  await refuse(watched([batches[0], [x]]), {}, 'got a list of 1');
  await refuse(watched([[x.slice(1), y]]), {}, 'm.fitDataset: batch 0: x: expected a multiple of 3 values');
  await refuse(watched([[x, y.slice(1)]]), {}, 'm.fitDataset: batch 0: expected as many targets as inputs');
  await refuse(batches, { prefetch: -1 }, 'm.fitDataset: prefetch: expected an integer ≥ 0, got -1');
  await refuse(batches, { batchSize: 3 } as object, 'm.fitDataset: expected only the options ');
  await refuse(batches, { validationSteps: 3 }, 'm.fitDataset: expected validationData with validationSteps, got none');
  await refuse(batches, { validationData: [] }, 'm.fitDataset: validationData: expected a batch, got 0');
  expect(ended).toBe(4);
  const failing = async function* (): AsyncGenerator<Batch> {
    yield batches[0] as Batch;
    throw new Error('the disk is gone');
  };
  await refuse(failing, { prefetch: 2 }, 'the disk is gone');
  await refuse(batches, { callbacks: { onEpochEnd: () => model.dispose() } }, 'm.fit: the model was disposed');
  expect([engine.liveBytes, engine.liveAllocations]).toEqual(before);
});

test('an abort ends the wait for a batch that never comes', async () => {
  const model = makeModel();
  const controller = new AbortController();
  const dataset: Dataset = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
  const running = model.fitDataset(dataset, { signal: controller.signal });
  setTimeout(() => controller.abort(new Error('enough')), 5);
  await expect(running).rejects.toThrow('enough');
  await expect(model.evaluateDataset(dataset, { signal: controller.signal })).rejects.toThrow('enough');
  await model.fitDataset(batches);
  model.dispose();
});
