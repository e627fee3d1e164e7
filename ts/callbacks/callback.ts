/** What happens around training: Keras's callback methods. */

import { OptionError } from '../errors';
import type { Checkpoint } from '../io';
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
  for (const name of methods) {
    const method = (callback as Record<string, unknown>)[name];
    if (method !== undefined && typeof method !== 'function') {
      throw new OptionError(`${where}: expected ${name} to be a function, got ${describe(method)}`);
    }
  }
  for (const name of Object.keys(callback)) {
    if (!methods.includes(name) && (strict || /^on[A-Z]/.test(name))) {
      throw new OptionError(`${where}: expected only ${methods.join(', ')}, got "${name}"`);
    }
  }
}
