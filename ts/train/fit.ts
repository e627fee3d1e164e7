/** The training loop. */

import type { Callback, FitParams, Logs, TrainedModel } from '../callbacks/callback';
import { restoreCallbacks, tellPending } from '../callbacks/states';
import type { Compiled } from '../model/compiled';
import type { Network } from '../model/network';
import type { Breather } from './breathe';
import { Counters } from './counters';
import type { Course, Place } from './course';
import { appendEpoch, type History } from './history';
import type { Source } from './source';

/** What `fit` runs, checked. */
export interface Settings {
  /** Number behind the last epoch. */
  readonly epochs: number;
  /** Number of the first. */
  readonly initialEpoch: number;
  /** Where the first epoch begins; undefined for its first step. */
  readonly resume: Place | undefined;
  /** Ends training. */
  readonly signal: AbortSignal | undefined;
  /** What is told. */
  readonly callbacks: readonly Callback[];
  /** When the event loop gets a turn. */
  readonly breather: Breather;
  /** What callbacks are told of the course. */
  readonly params: FitParams;
  /** Begins error messages. */
  readonly where: string;
  /** Takes memory for the batches. */
  open(): Source;
  /** Loss and metrics of validation after each epoch; undefined without. */
  readonly validate: (() => Logs | Promise<Logs>) | undefined;
}

/** Trains. The model's weights are where the last step left them, also when a callback throws. */
export async function runFit(
  network: Network,
  compiled: Compiled,
  model: TrainedModel,
  settings: Settings,
  course: Course,
): Promise<History> {
  const { callbacks, breather, epochs, initialEpoch, resume, where } = settings;
  const history: History = { epoch: [], history: {} };
  const counters = new Counters(compiled, where);
  const source = settings.open();
  let logs: Logs = {};
  try {
    for (const callback of callbacks) await callback.onTrainBegin?.(model, settings.params);
    const pending = restoreCallbacks(callbacks, resume?.callbacks ?? []);
    course.begin(counters, callbacks);
    course.epoch = initialEpoch;
    await tellPending(pending, initialEpoch, resume?.logs ?? {});
    for (let epoch = initialEpoch; epoch < epochs && !model.stopTraining; epoch++) {
      settings.signal?.throwIfAborted();
      for (const callback of callbacks) await callback.onEpochBegin?.(epoch);
      const place = epoch === initialEpoch ? resume : undefined;
      course.epoch = epoch;
      course.step = place?.step ?? 0;
      counters.restore(place?.counts ?? []);
      await source.begin(epoch, course.step);
      await runEpoch(network, compiled, model, settings, { source, counters, course });
      course.epochs++;
      course.epoch = epoch + 1;
      course.step = 0;
      logs = {};
      counters.write(logs);
      if (settings.validate !== undefined) {
        const values = await settings.validate();
        for (const [name, value] of Object.entries(values)) logs[`val_${name}`] = value;
      }
      const ending = { logs, told: 0 };
      course.ending = ending;
      for (const callback of callbacks) {
        // A callback that takes a checkpoint now has counted the epoch itself; those behind it have not.
        ending.told++;
        await callback.onEpochEnd?.(epoch, logs);
      }
      course.ending = undefined;
      // After the callbacks, as in Keras: what they add to the numbers is part of the history.
      appendEpoch(history, epoch, logs);
      if (breather.dueAfterEpoch) await breather.breathe();
      network.assertUsable('fit');
    }
    network.takeAverages();
    for (const callback of callbacks) await callback.onTrainEnd?.(logs);
    course.end();
    return history;
  } finally {
    source.release();
  }
}

async function runEpoch(
  network: Network,
  compiled: Compiled,
  model: TrainedModel,
  { callbacks, breather, signal }: Settings,
  { source, counters, course }: { source: Source; counters: Counters; course: Course },
): Promise<void> {
  const begins = callbacks.filter((callback) => callback.onBatchBegin !== undefined);
  const ends = callbacks.filter((callback) => callback.onBatchEnd !== undefined);
  const logs: Logs = {};
  for (let batch = course.step; !model.stopTraining; batch++) {
    signal?.throwIfAborted();
    const fetched = source.fetch(batch);
    if (!(typeof fetched === 'boolean' ? fetched : await fetched)) break;
    for (const callback of begins) {
      const wait = callback.onBatchBegin?.(batch);
      if (wait !== undefined) await wait;
    }
    // A callback may have disposed the model; its memory must not come back.
    network.assertUsable('fit');
    const step = source.load(batch);
    network.beginTrainingStep();
    step.executable.run(compiled.checkNumerics);
    counters.count(network, step);
    course.step = batch + 1;
    if (ends.length > 0) {
      counters.write(logs);
      logs.batch = batch;
      logs.size = step.plan.batch;
      for (const callback of ends) {
        const wait = callback.onBatchEnd?.(batch, logs);
        if (wait !== undefined) await wait;
      }
    }
    if (breather.due) await breather.breathe();
    network.assertUsable('fit');
  }
}
