/** A checkpoint that a model is to go on from, checked before anything changes. */

import { OptionError } from '../errors';
import type { Checkpoint, SavedCallback } from '../io';
import { readState, withoutTensors } from '../io/checkpoint';
import type { Optimizer } from '../optimizers/optimizer';
import { checkOptions, describe } from '../options';
import type { Place } from './course';

/** A checkpoint, taken apart. */
export interface Restored extends Pick<Checkpoint, 'weights'> {
  /** What the optimizer keeps. */
  readonly slots: Checkpoint['optimizer']['slots'];
  /** The learning rate. */
  readonly learningRate: number;
  /** Steps made. */
  readonly iterations: number;
  /** Where chance comes from. */
  readonly seed: number;
  /** Where `fit` was. */
  readonly place: Place & { readonly epochs: number };
}

/** @throws {OptionError} when it is no checkpoint, or one of another kind of optimizer. */
export function readCheckpoint(checkpoint: Checkpoint, own: Optimizer, where: string): Restored {
  const known = ['weights', 'optimizer', 'seed', 'epochs', 'epoch', 'step', 'counts', 'callbacks', 'logs'];
  checkOptions(where, checkpoint, known);
  const { weights, optimizer, callbacks = [], ...rest } = checkpoint;
  checkOptions(`${where}: optimizer`, optimizer, ['className', 'learningRate', 'iterations', 'slots']);
  if (!Array.isArray(callbacks) || !callbacks.every((saved: SavedCallback | null) => Array.isArray(saved?.tensors))) {
    throw new OptionError(`${where}: callbacks: expected a list of states, got ${describe(callbacks)}`);
  }
  const { slots, ...numbers } = optimizer;
  const plain = { optimizer: numbers, ...rest, callbacks: callbacks.map(withoutTensors) };
  const { seed, optimizer: read, ...place } = readState(plain, where);
  if (read.className !== own.className) {
    throw new OptionError(`${where}: expected a checkpoint of the optimizer ${own.className}, got ${read.className}`);
  }
  const { learningRate, iterations } = read;
  return { weights, slots, learningRate, iterations, seed, place: { ...place, callbacks } };
}
