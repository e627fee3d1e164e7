/** Checkpoints: a training that goes on from one gives bit for bit what the uninterrupted one gives. */

import { expect, test } from 'vitest';
import {
  adam,
  batchNormalization,
  type Checkpoint,
  conv2d,
  cosineDecay,
  decodeCheckpoint,
  dense,
  dropout,
  encodeCheckpoint,
  encodeSafetensors,
  type FitOptions,
  flatten,
  type History,
  type Logs,
  type Model,
  modelCheckpoint,
  sequential,
  sgd,
} from '../../ts';
import { keras } from '../callbacks/reference';
import { numbers } from '../support/numbers';

const count = 22;
const x = numbers(1, count * 36);
const y = Int32Array.from({ length: count }, (_, index) => index % 3);

/** Chance in dropout and the orders of samples, moving averages, means of gradients, a schedule. */
function makeModel(seed = 7): Model {
  const model = sequential({
    name: 'm',
    inputShape: [6, 6, 1],
    seed,
    layers: [
      conv2d({ filters: 4, kernelSize: 3, activation: 'relu' }),
      batchNormalization(),
      dropout({ rate: 0.4 }),
      flatten(),
      dense({ units: 3 }),
    ],
  });
  model.compile({
    optimizer: adam({ learningRate: cosineDecay({ initialLearningRate: 0.01, decaySteps: 20 }) }),
    loss: 'sparseCategoricalCrossentropyFromLogits',
    metrics: ['accuracy', 'f1Score', 'precision', 'auc', 'sparseCategoricalCrossentropyFromLogits'],
  });
  return model;
}

const options: FitOptions = { batchSize: 4, epochs: 3, validationSplit: 0.1 };

/** All checkpoints of a training, after each step, and how it ended. */
async function train(more: FitOptions): Promise<{ checkpoints: Checkpoint[]; history: History; end: Checkpoint }> {
  const model = makeModel();
  // A former training moves the orders of samples on.
  await model.fit(x, y, { batchSize: 8, ...more });
  const checkpoints: Checkpoint[] = [];
  const callbacks = modelCheckpoint({ saveFreq: 1, save: (checkpoint) => void checkpoints.push(checkpoint) });
  const { history, epoch } = await model.fit(x, y, { ...options, ...more, callbacks });
  const end = model.checkpoint();
  model.dispose();
  return { checkpoints, history: { history, epoch }, end };
}

test.each([{}, { seed: 3 }, { shuffle: false }, { stepsPerEpoch: 2 }])('from every step of %j', async (more) => {
  const { checkpoints, history, end } = await train(more);
  expect(checkpoints.length).toBe((more as FitOptions).stepsPerEpoch === 2 ? 6 : 15);
  for (const checkpoint of checkpoints) {
    // Another seed and other weights: everything comes from the checkpoint.
    const model = makeModel(1);
    model.restore(decodeCheckpoint(encodeCheckpoint(checkpoint)));
    expect(model.checkpoint()).toEqual(checkpoint);
    const rest = await model.fit(x, y, { ...options, ...more });
    expect(model.checkpoint()).toEqual(end);
    expect(rest.epoch).toEqual(history.epoch.slice(checkpoint.epoch));
    for (const [name, values] of Object.entries(history.history)) {
      expect(rest.history[name]).toEqual(values.slice(checkpoint.epoch));
    }
    model.dispose();
  }
});

test('from the end of an epoch, and from where a training was aborted', async () => {
  const whole = makeModel();
  await whole.fit(x, y, options);
  const end = whole.checkpoint();
  expect([end.epoch, end.step, end.epochs]).toEqual([0, 0, 3]);
  const saved: Checkpoint[] = [];
  const model = makeModel();
  const controller = new AbortController();
  const running = model.fit(x, y, {
    ...options,
    signal: controller.signal,
    callbacks: [
      modelCheckpoint({ save: (checkpoint) => void saved.push(checkpoint) }),
      { onBatchEnd: (batch) => void (saved.length === 1 && batch === 2 && controller.abort(new Error('enough'))) },
    ],
  });
  await expect(running).rejects.toThrow('enough');
  const aborted = model.checkpoint();
  expect([saved[0], aborted].map((c) => [c?.epoch, c?.step])).toEqual([
    [1, 0],
    [1, 3],
  ]);
  for (const checkpoint of [saved[0] as Checkpoint, aborted]) {
    const twin = makeModel();
    twin.restore(checkpoint);
    await twin.fit(x, y, options);
    expect(twin.checkpoint()).toEqual(end);
    // The next training is a new one, from epoch 0.
    expect((await twin.fit(x, y, { epochs: 1 })).epoch).toEqual([0]);
    twin.dispose();
  }
  whole.dispose();
  model.dispose();
});

test('what does not fit is named, and nothing changes', async () => {
  const model = makeModel();
  const good = model.checkpoint();
  const refuse = (checkpoint: unknown, message: string): void => {
    expect(() => model.restore(checkpoint as Checkpoint)).toThrow(message);
    expect(model.checkpoint()).toEqual(good);
  };
  model.trainOnBatch(x.subarray(0, 36), y.subarray(0, 1));
  const later = model.checkpoint();
  model.restore(good);
  refuse(undefined, 'm.restore: expected an object of options, got undefined');
  refuse({ ...later, weights: later.weights.slice(1) }, 'm.setWeights: expected 8 weights');
  refuse({ ...later, step: -1 }, 'm.restore: step: expected an integer ≥ 0, got -1');
  refuse({ ...later, counts: ['a'] }, 'm.restore: counts: expected lists of numbers, got ["a"]');
  refuse({ ...later, optimizer: { ...later.optimizer, slots: [] } }, 'm.setSlots: expected');
  refuse(
    { ...later, optimizer: { ...later.optimizer, className: 'SGD' } },
    'm.restore: expected a checkpoint of the optimizer Adam, got SGD',
  );
  model.restore({ ...later, epoch: 1, step: 5 });
  await expect(model.fit(x, y, { batchSize: 11, epochs: 2 })).rejects.toThrow(
    'm.fit: expected at least 5 steps an epoch, which the checkpoint has made, got 2',
  );
  const running = model.fit(x, y, { batchSize: 1, yieldEvery: 'batch', epochs: 2 });
  expect(() => model.restore(good)).toThrow('m.restore: the model is being trained by fit');
  await running;
  model.dispose();
  expect(() => model.checkpoint()).toThrow('m.checkpoint: the model was disposed');
});

test('files of something else are named', () => {
  const model = makeModel();
  const checkpoint = model.checkpoint();
  const bytes = encodeCheckpoint({ ...checkpoint, counts: [[Number.NaN, 3]] });
  expect(decodeCheckpoint(bytes).counts).toEqual([[Number.NaN, 3]]);
  bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
  expect(() => decodeCheckpoint(bytes, { name: 'a.ckpt' })).toThrow('a.ckpt: ');
  expect(() => decodeCheckpoint(encodeSafetensors([]))).toThrow(
    'decodeCheckpoint: expected a file of "convgrad checkpoint", version 1, got undefined',
  );
  const state = { optimizer: { className: 3, learningRate: 1, iterations: 0 } };
  const file = (text: string): Uint8Array =>
    encodeSafetensors(
      [],
      new Map([
        ['format', 'convgrad checkpoint'],
        ['version', '1'],
        ['state', text],
      ]),
    );
  expect(() => decodeCheckpoint(file(JSON.stringify(state)))).toThrow(
    'decodeCheckpoint: state: optimizer: className: expected a text, got 3',
  );
  expect(() => decodeCheckpoint(file('{'))).toThrow('decodeCheckpoint: state: expected JSON');
  expect(() => encodeCheckpoint({} as Checkpoint)).toThrow(
    'encodeCheckpoint: expected what model.checkpoint() answers',
  );
  model.dispose();
});

test('modelCheckpoint saves where Keras does, in 60 rows', async () => {
  const model = sequential({ inputShape: [1], layers: [dense({ units: 1 })] });
  model.compile({ optimizer: sgd(), loss: 'meanSquaredError' });
  for (const { options: given, steps, values, saved } of keras.modelCheckpoint) {
    const seen: number[][] = [];
    let batch: number | undefined;
    const save = (_checkpoint: Checkpoint, epoch: number): void => {
      seen.push(batch === undefined ? [epoch] : [epoch, batch]);
    };
    const callback = modelCheckpoint({ ...given, save });
    await callback.onTrainBegin?.(model, { epochs: values.length, steps, batchSize: 1, samples: steps });
    for (const [epoch, value] of values.entries()) {
      await callback.onEpochBegin?.(epoch);
      for (batch = 0; batch < steps; batch++) await callback.onBatchEnd?.(batch, { loss: value });
      batch = undefined;
      const logs: Logs = { val_loss: value };
      await callback.onEpochEnd?.(epoch, logs);
    }
    expect(seen, JSON.stringify({ given, steps, values })).toEqual(saved);
  }
  model.dispose();
  const save = (): void => {};
  expect(() => modelCheckpoint({} as never)).toThrow('modelCheckpoint: expected the option save to be a function');
  expect(() => modelCheckpoint({ save, saveFreq: 0 })).toThrow('modelCheckpoint: saveFreq: expected an integer ≥ 1');
  expect(() => modelCheckpoint({ save, saveFreq: 3, saveBestOnly: true })).toThrow(
    'modelCheckpoint: expected saveFreq "epoch" with saveBestOnly, got 3',
  );
});
