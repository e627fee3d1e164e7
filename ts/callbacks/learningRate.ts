/** Callbacks that change the learning rate between epochs. */

import { OptionError } from '../errors';
import type { Optimizer } from '../optimizers/optimizer';
import { checkOptions, describe, numberIn, wholeNumber } from '../options';
import type { Callback, TrainedModel } from './callback';
import { Monitor, type MonitorOptions, monitorOptions } from './monitor';
import { numberOf } from './states';

/**
 * Sets the learning rate before each epoch, and adds it as `learningRate` to the numbers of the epoch.
 *
 * @param schedule - From the number of the epoch, from 0, and the learning rate before it, to the learning rate.
 * @throws {OptionError} from `fit` when the schedule does not answer a finite number ≥ 0, or the optimizer's learning rate
 *   already follows a schedule.
 */
export function learningRateScheduler(schedule: (epoch: number, learningRate: number) => number): Callback {
  const where = 'learningRateScheduler';
  if (typeof schedule !== 'function') throw new OptionError(`${where}: expected a function, got ${describe(schedule)}`);
  let optimizer: Optimizer | undefined;
  /** The last epoch whose rate was set: in a training that goes on in its middle, it is not set again. */
  let begun: number | undefined;
  return {
    onTrainBegin(model) {
      optimizer = steerable(model, where);
      begun = undefined;
    },
    onEpochBegin(epoch) {
      if (optimizer === undefined || epoch === begun) return;
      begun = epoch;
      const rate = schedule(epoch, optimizer.learningRate);
      optimizer.learningRate = numberIn(rate, 0, Number.POSITIVE_INFINITY, `${where}: epoch ${epoch}`);
    },
    onEpochEnd(_epoch, logs) {
      if (optimizer !== undefined) logs.learningRate = optimizer.learningRate;
    },
    stateName: where,
    getState: () => ({ values: { begun: begun ?? null } }),
    setState(state) {
      begun = numberOf(state, 'begun');
    },
  };
}

/** Options of {@link reduceLROnPlateau}. */
export interface ReduceLROnPlateauOptions extends MonitorOptions {
  /** Factor of the learning rate, less than 1. Default 0.1. */
  readonly factor?: number;
  /** Epochs in a row without anything better before the rate falls; 0 is as 1. Default 10. */
  readonly patience?: number;
  /** Smallest change that counts as better. Default 1e-4. */
  readonly minDelta?: number;
  /** Epochs after a fall in which nothing is counted. Default 0. */
  readonly cooldown?: number;
  /** The rate does not fall below this. Default 0. */
  readonly minLr?: number;
}

/**
 * Multiplies the learning rate by a factor when a number has not become better for some epochs, as in Keras; adds the rate
 * that an epoch was trained with as `learningRate` to its numbers.
 *
 * @throws {OptionError} when an option is unknown or out of range, and from `fit` when no epoch has the watched number or
 *   the optimizer's learning rate already follows a schedule.
 */
export function reduceLROnPlateau(options: ReduceLROnPlateauOptions = {}): Callback {
  const where = 'reduceLROnPlateau';
  checkOptions(where, options, [...monitorOptions, 'factor', 'patience', 'minDelta', 'cooldown', 'minLr']);
  const monitor = new Monitor(where, options, options.minDelta ?? 1e-4);
  const factor = numberIn(options.factor ?? 0.1, 0, 1 - Number.EPSILON, `${where}: factor`);
  const patience = wholeNumber(options.patience ?? 10, `${where}: patience`);
  const cooldown = wholeNumber(options.cooldown ?? 0, `${where}: cooldown`);
  const minLr = numberIn(options.minLr ?? 0, 0, Number.POSITIVE_INFINITY, `${where}: minLr`);
  let optimizer: Optimizer | undefined;
  let waited = 0;
  let cooling = 0;
  return {
    onTrainBegin(model) {
      optimizer = steerable(model, where);
      monitor.reset();
      waited = 0;
      cooling = 0;
    },
    onEpochEnd(_epoch, logs) {
      if (optimizer === undefined) return;
      logs.learningRate = optimizer.learningRate;
      const isBest = monitor.isBest(monitor.read(logs));
      if (cooling > 0) {
        cooling--;
        waited = 0;
      }
      if (isBest) {
        waited = 0;
      } else if (cooling === 0) {
        waited++;
        if (waited >= patience && optimizer.learningRate > minLr) {
          optimizer.learningRate = Math.max(optimizer.learningRate * factor, minLr);
          cooling = cooldown;
          waited = 0;
        }
      }
    },
    stateName: where,
    getState: () => ({ values: { best: monitor.best ?? null, waited, cooling } }),
    setState(state) {
      monitor.restore(numberOf(state, 'best'));
      waited = numberOf(state, 'waited') ?? 0;
      cooling = numberOf(state, 'cooling') ?? 0;
    },
  };
}

/** The optimizer of a model. @throws {OptionError} when a schedule would overwrite its learning rate at the next step. */
function steerable({ optimizer }: TrainedModel, where: string): Optimizer {
  if (optimizer.schedule !== undefined) {
    throw new OptionError(
      `${where}: expected an optimizer whose learning rate is a number, got one that follows a schedule`,
    );
  }
  return optimizer;
}
