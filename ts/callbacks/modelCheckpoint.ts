/** Keeps the state of a training while it runs. */

import { OptionError } from '../errors';
import type { Checkpoint } from '../io';
import { boolean, checkOptions, describe, numberIn, positiveInteger } from '../options';
import type { Callback, Logs, TrainedModel } from './callback';
import { Monitor, type MonitorOptions, monitorOptions } from './monitor';
import { numberOf } from './states';

/** Options of {@link modelCheckpoint}. */
export interface ModelCheckpointOptions extends MonitorOptions {
  /** Gets each checkpoint, such as `(c) => writeFile('best.convgrad', encodeCheckpoint(c))`; awaited. */
  readonly save: (checkpoint: Checkpoint, epoch: number, logs: Logs) => void | Promise<void>;
  /** Whether only epochs count whose watched number is the best so far. Default false. */
  readonly saveBestOnly?: boolean;
  /** `'epoch'`, or a number of steps after each of which a checkpoint is taken. Default `'epoch'`. */
  readonly saveFreq?: 'epoch' | number;
  /** What the watched number must be better than with `saveBestOnly`. Default nothing. */
  readonly initialValueThreshold?: number;
}

/**
 * Hands over a checkpoint after each epoch, the best ones or every so many steps. A training that goes on from it
 * gives the bits of one that was not interrupted.
 *
 * @throws {OptionError} when an option is unknown or out of range, and from `fit` when no epoch has the watched number.
 */
export function modelCheckpoint(options: ModelCheckpointOptions): Callback {
  const where = 'modelCheckpoint';
  checkOptions(where, options, [...monitorOptions, 'save', 'saveBestOnly', 'saveFreq', 'initialValueThreshold']);
  const { save, saveFreq = 'epoch' } = options;
  if (typeof save !== 'function') {
    throw new OptionError(`${where}: expected the option save to be a function, got ${describe(save)}`);
  }
  const bestOnly = boolean(options.saveBestOnly ?? false, `${where}: saveBestOnly`);
  const steps = saveFreq === 'epoch' ? undefined : positiveInteger(saveFreq, `${where}: saveFreq`);
  if (bestOnly && steps !== undefined) {
    throw new OptionError(`${where}: expected saveFreq "epoch" with saveBestOnly, got ${steps}`);
  }
  const { initialValueThreshold: threshold } = options;
  if (threshold !== undefined) {
    numberIn(threshold, -Number.MAX_VALUE, Number.MAX_VALUE, `${where}: initialValueThreshold`);
  }
  const monitor = new Monitor(where, options, 0, threshold);
  let model: TrainedModel | undefined;
  let current = 0;
  let seen = 0;
  const begin: Callback = {
    onTrainBegin(trained) {
      model = trained;
      monitor.reset();
      seen = 0;
    },
    onEpochBegin(epoch) {
      current = epoch;
    },
    stateName: where,
    getState: () => ({ values: { best: monitor.best ?? null, seen } }),
    setState(state) {
      monitor.restore(numberOf(state, 'best'));
      seen = numberOf(state, 'seen') ?? 0;
    },
  };
  if (steps !== undefined) {
    return {
      ...begin,
      async onBatchEnd(_batch, logs) {
        seen++;
        if (model !== undefined && seen % steps === 0) await save(model.checkpoint(), current, { ...logs });
      },
    };
  }
  return {
    ...begin,
    async onEpochEnd(epoch, logs) {
      if (bestOnly && !monitor.isBest(monitor.read(logs))) return;
      if (model !== undefined) await save(model.checkpoint(), epoch, { ...logs });
    },
  };
}
