/** What callbacks have counted is part of checkpoints: a resumed fit decides as the uninterrupted one does, bit for bit. */

import { expect, test } from 'vitest';
import {
  type Callback,
  type CallbackState,
  type Checkpoint,
  decodeCheckpoint,
  dense,
  dropout,
  earlyStopping,
  encodeCheckpoint,
  type History,
  learningRateScheduler,
  type Model,
  modelCheckpoint,
  reduceLROnPlateau,
  sequential,
  sgd,
} from '../../ts';
import { numbers } from '../support/numbers';

const x = numbers(1, 20 * 6);
const y = numbers(2, 20 * 2);
const options = { batchSize: 5, epochs: 20, validationSplit: 0.25 };

function makeModel(seed: number): Model {
  const model = sequential({
    name: 'm',
    inputShape: [6],
    seed,
    layers: [dense({ units: 8, activation: 'relu' }), dropout({ rate: 0.3 }), dense({ units: 2 })],
  });
  model.compile({ optimizer: sgd({ learningRate: 0.2, momentum: 0.5 }), loss: 'meanSquaredError' });
  return model;
}

const deciding = (): Callback[] => [
  reduceLROnPlateau({ patience: 2, factor: 0.7, cooldown: 1 }),
  earlyStopping({ patience: 5, restoreBestWeights: true }),
];

interface Trained {
  readonly saved: readonly Checkpoint[];
  readonly history: History;
  readonly end: Checkpoint;
}

/** A training with a checkpoint after each step or epoch, the callback that takes it at a place of the list. */
async function train(model: Model, make: () => Callback[], saveFreq: 1 | 'epoch', place: number): Promise<Trained> {
  const saved: Checkpoint[] = [];
  const callbacks = make();
  callbacks.splice(place, 0, modelCheckpoint({ saveFreq, save: (checkpoint) => void saved.push(checkpoint) }));
  const history = await model.fit(x, y, { ...options, callbacks });
  return { saved, history, end: model.checkpoint() };
}

const cases = [
  ...([0, 1, 2] as const).map((place) => ['epoch', place] as const),
  ...([0, 2] as const).map((place) => [1, place] as const),
];

test.each(cases)('earlyStopping and reduceLROnPlateau, saved each %s at place %i', async (saveFreq, place) => {
  const whole = makeModel(7);
  const { saved, history, end } = await train(whole, deciding, saveFreq, place);
  const epochs = history.epoch.length;
  // The training decides something: it ends early, with several learning rates, and not with its last weights.
  expect(epochs).toBeGreaterThan(6);
  expect(epochs).toBeLessThan(options.epochs);
  expect(new Set(history.history.learningRate).size).toBeGreaterThan(1);
  expect(saved.length).toBe(saveFreq === 1 ? 3 * epochs : epochs);
  for (const checkpoint of saved) {
    const model = makeModel(1);
    model.restore(decodeCheckpoint(encodeCheckpoint(checkpoint)));
    expect(model.checkpoint()).toEqual(checkpoint);
    const rest = await train(model, deciding, saveFreq, place);
    expect(rest.end).toEqual(end);
    expect(rest.history.epoch).toEqual(history.epoch.slice(checkpoint.epoch));
    for (const [name, values] of Object.entries(rest.history.history)) {
      expect(values).toEqual(history.history[name]?.slice(checkpoint.epoch));
    }
    // What it saves on its way is what the uninterrupted training saved, too.
    expect(rest.saved).toEqual(saved.slice(saved.indexOf(checkpoint) + 1));
    model.dispose();
  }
  whole.dispose();
});

test('a rate that follows from the rate before is not set twice in an epoch', async () => {
  const make = (): Callback[] => [learningRateScheduler((_epoch, rate) => rate * 0.9)];
  const whole = makeModel(7);
  const { saved, history, end } = await train(whole, make, 1, 1);
  for (const checkpoint of [saved[0], saved[2], saved[4]] as Checkpoint[]) {
    const model = makeModel(1);
    model.restore(checkpoint);
    const rest = await model.fit(x, y, { ...options, callbacks: make() });
    expect(rest.history.learningRate).toEqual(history.history.learningRate?.slice(checkpoint.epoch));
    expect(model.checkpoint()).toEqual(end);
    model.dispose();
  }
  whole.dispose();
});

test('saveBestOnly goes on with the best value so far, and a training that was aborted can be saved', async () => {
  const best = async (model: Model, signal?: AbortSignal): Promise<number[]> => {
    const epochs: number[] = [];
    const save = (_checkpoint: Checkpoint, epoch: number): void => void epochs.push(epoch);
    const callbacks = [modelCheckpoint({ save, saveBestOnly: true })];
    await model.fit(x, y, { ...options, callbacks, ...(signal && { signal }) }).catch(() => {});
    return epochs;
  };
  const whole = makeModel(7);
  const expected = await best(whole);
  const model = makeModel(7);
  const controller = new AbortController();
  let batches = 0;
  const counting: Callback = { onBatchEnd: () => void (++batches === 11 && controller.abort(new Error('enough'))) };
  const first: number[] = [];
  const save = (_checkpoint: Checkpoint, epoch: number): void => void first.push(epoch);
  const callbacks = [modelCheckpoint({ save, saveBestOnly: true }), counting];
  await expect(model.fit(x, y, { ...options, callbacks, signal: controller.signal })).rejects.toThrow('enough');
  const checkpoint = model.checkpoint();
  expect([checkpoint.epoch, checkpoint.step]).toEqual([3, 2]);
  const resumed = makeModel(1);
  resumed.restore(checkpoint);
  expect([...first, ...(await best(resumed))]).toEqual(expected);
  for (const each of [whole, model, resumed]) each.dispose();
});

test("a callback of one's own is saved by its name; others begin anew, and states without a callback are left", async () => {
  const counter = (stateName: string, log: unknown[]): Callback => {
    let count = 0;
    let last = new Float32Array(1);
    return {
      stateName,
      onBatchEnd(_batch, { loss = 0 }) {
        count++;
        last = Float32Array.of(loss);
      },
      onTrainEnd: () => void log.push(count),
      getState: () => ({
        values: { count, odd: Number.NEGATIVE_INFINITY, flag: true, none: null },
        tensors: [{ name: 'last/loss', shape: [1], data: last }],
      }),
      setState({ values, tensors }: CallbackState) {
        count = values.count as number;
        log.push({ values, last: tensors?.[0]?.data[0] });
      },
    };
  };
  const log: unknown[] = [];
  const model = makeModel(7);
  const controller = new AbortController();
  const abort: Callback = { onBatchEnd: (batch) => void (batch === 1 && controller.abort(new Error('enough'))) };
  const running = model.fit(x, y, {
    ...options,
    signal: controller.signal,
    callbacks: [counter('a', log), counter('b', log), counter('a', log), abort],
  });
  await expect(running).rejects.toThrow('enough');
  const checkpoint = decodeCheckpoint(encodeCheckpoint(model.checkpoint()));
  expect(checkpoint.callbacks.map(({ name, pending }) => [name, pending])).toEqual([
    ['a', false],
    ['b', false],
    ['a', false],
  ]);
  model.restore(checkpoint);
  await model.fit(x, y, { ...options, epochs: 1, callbacks: [counter('c', log), counter('a', log)] });
  const last = checkpoint.callbacks[0]?.tensors[0]?.data[0];
  expect(last).toBeGreaterThan(0);
  const values = { count: 2, odd: Number.NEGATIVE_INFINITY, flag: true, none: null };
  expect(log).toEqual([{ values, last }, 1, 3]);
  model.dispose();
});

test('checkpoints of earlier versions have no callbacks; wrong states are named', async () => {
  const model = makeModel(7);
  const { callbacks: _, logs: __, ...old } = model.checkpoint();
  model.restore(old as Checkpoint);
  const good = model.checkpoint();
  expect(good).toMatchObject({ callbacks: [], logs: {} });
  const refuse = (more: object, message: string): void =>
    expect(() => model.restore({ ...good, ...more } as Checkpoint)).toThrow(message);
  refuse({ callbacks: 3 }, 'm.restore: callbacks: expected a list of states, got 3');
  refuse({ callbacks: [{ name: 'a' }] }, 'm.restore: callbacks: expected a list of states');
  const state = { name: 'a', pending: false, values: { n: 'x' }, tensors: [] };
  refuse({ callbacks: [state] }, 'm.restore: callbacks: a: n: expected a number or a flag, got "x"');
  refuse({ callbacks: [{ ...state, pending: 1 }] }, 'm.restore: callbacks: expected a name, pending and values');
  refuse({ logs: { loss: 'x' } }, 'm.restore: logs: loss: expected a number, got "x"');
  refuse({ logs: [] }, 'm.restore: logs: expected numbers by their names, got []');
  await expect(model.fit(x, y, { callbacks: { getState: () => ({ values: {} }) } })).rejects.toThrow(
    'm.fit: callbacks: expected stateName, a text, with the functions getState and setState, got',
  );
  model.dispose();
});
