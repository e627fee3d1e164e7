/** A model with branches. */

import { OptionError } from '../errors';
import { between } from '../model/graph';
import type { SymbolicTensor } from '../model/symbolic';
import { checkOptions, describe, numberIn } from '../options';
import { Model } from './model';

/** Options of {@link functional}. */
export interface FunctionalOptions {
  /** Made by `input`: one, or several in the order in which data will come. */
  readonly inputs: SymbolicTensor | readonly SymbolicTensor[];
  /** Made by `apply`. */
  readonly outputs: SymbolicTensor;
  /** Where first weights and orders of samples come from: the same seed gives the same bits. Default 0. */
  readonly seed?: number;
  /** For messages and files. Default `'functional'`. */
  readonly name?: string;
}

/**
 * A model of all layers between inputs and an output: branches, residuals, shared layers.
 *
 * @throws {OptionError | ShapeError} naming the layer, what it expected and what came.
 */
export function functional(options: FunctionalOptions): Model {
  checkOptions('functional', options, ['inputs', 'outputs', 'seed', 'name']);
  const { name = 'functional', inputs, outputs } = options;
  if (typeof name !== 'string' || name === '') {
    throw new OptionError(`functional: expected a name that is not empty, got ${describe(name)}`);
  }
  const list = Array.isArray(inputs) ? (inputs as readonly SymbolicTensor[]) : [inputs as SymbolicTensor];
  for (const value of [...list, outputs]) {
    if (value === null || typeof value !== 'object' || !Array.isArray(value.shape)) {
      throw new OptionError(`${name}: expected inputs and outputs made by input() and apply(), got ${describe(value)}`);
    }
  }
  const seed = numberIn(options.seed ?? 0, 0, Number.MAX_SAFE_INTEGER, `${name}: seed`);
  return new Model(name, between(list, outputs, name), seed);
}
