/** What happens around training: Keras's callback methods. */

import { OptionError } from '../errors';
import type { CallbackState, Checkpoint } from '../io';
import type { Optimizer } from '../optimizers/optimizer';
import { describe } from '../options';
import type { Tensor } from '../tensor';

/**
 * Numbers at the end of a batch or an epoch: `loss`, the metrics, with `val_` before their names for validation;
 * at the end of a batch also `batch` and `size`. The object of a batch is reused: copy what you keep.
 */
export type Logs = Record<string, number>;

/** What a callback may do with the model that is being trained. */
export interface TrainedModel {
  /** Set to true to end training after this batch. */
  stopTraining: boolean;
  /** The optimizer, whose learning rate may be changed. */
  readonly optimizer: Optimizer;
  /** Copies of all weights. */
  getWeights(): readonly (Tensor & { readonly name: string })[];
  /** Replaces all weights. */
  setWeights(weights: readonly Tensor[]): void;
  /** Everything that training goes on from, as of now. */
  checkpoint(): Checkpoint;
}

/** The course of training as `fit` will run it. */
export interface FitParams {
  /** Number of epochs. */
  readonly epochs: number;
  /** Steps of an epoch; undefined for a dataset without `stepsPerEpoch`. */
  readonly steps: number | undefined;
  /** Samples of a step; the last of an epoch may have fewer. Undefined for a dataset. */
  readonly batchSize: number | undefined;
  /** Training samples; undefined for a dataset. */
  readonly samples: number | undefined;
}

/** Methods that `fit` calls; each may be asynchronous and is awaited. All are optional. */
export interface Callback {
  /** Before training. */
  onTrainBegin?(model: TrainedModel, params: FitParams): void | Promise<void>;
  /** After training, also when it was stopped, but not when it failed. */
  onTrainEnd?(logs: Logs): void | Promise<void>;
  /** Before an epoch. @param epoch - From 0. */
  onEpochBegin?(epoch: number): void | Promise<void>;
  /** After an epoch and its validation. @param epoch - From 0. */
  onEpochEnd?(epoch: number, logs: Logs): void | Promise<void>;
  /** Before a step. @param batch - From 0 in each epoch. */
  onBatchBegin?(batch: number): void | Promise<void>;
  /** After a step. @param batch - From 0 in each epoch. */
  onBatchEnd?(batch: number, logs: Logs): void | Promise<void>;
  /** Names the state of such a callback in checkpoints: needed with {@link Callback.getState}. */
  readonly stateName?: string;
  /** What it has counted, for `model.checkpoint`, as of now. */
  getState?(): CallbackState;
  /** Goes on from a state of a callback of the same {@link Callback.stateName}; called after `onTrainBegin`. */
  setState?(state: CallbackState): void;
}

const methods = ['onTrainBegin', 'onTrainEnd', 'onEpochBegin', 'onEpochEnd', 'onBatchBegin', 'onBatchEnd'];

/**
 * Checks a callback: its methods are functions, and whatever else begins with `on` and a capital is a misspelt name.
 *
 * @param strict - Whether there may be nothing but methods. Default false: a callback may keep things of its own.
 * @throws {OptionError} saying what is wrong.
 */
export function checkCallback(callback: unknown, where: string, strict = false): void {
  if (callback === null || typeof callback !== 'object' || Array.isArray(callback)) {
    throw new OptionError(`${where}: expected an object of functions, got ${describe(callback)}`);
  }
  checkState(callback as Callback, where);
  for (const name of methods) {
    const method = (callback as Record<string, unknown>)[name];
    if (method !== undefined && typeof method !== 'function') {
      throw new OptionError(`${where}: expected ${name} to be a function, got ${describe(method)}`);
    }
  }
  for (const name of Object.keys(callback)) {
    if (!methods.includes(name) && !stateMembers.includes(name) && (strict || /^on[A-Z]/.test(name))) {
      throw new OptionError(`${where}: expected only ${methods.join(', ')}, got "${name}"`);
    }
  }
}

const stateMembers = ['stateName', 'getState', 'setState'];

/** @throws {OptionError} when a callback has a part of what saves its state, but not all. */
function checkState(callback: Callback, where: string): void {
  if (stateMembers.every((name) => !(name in callback))) return;
  const { stateName, getState, setState } = callback;
  if (typeof stateName === 'string' && typeof getState === 'function' && typeof setState === 'function') return;
  const got = Object.fromEntries(
    stateMembers.map((name) => [name, typeof (callback as Record<string, unknown>)[name]]),
  );
  throw new OptionError(
    `${where}: expected stateName, a text, with the functions getState and setState, got ${describe(got)}`,
  );
}
