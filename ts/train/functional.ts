/** A model with branches. */

import { OptionError } from '../errors';
import { between } from '../model/graph';
import { Network } from '../model/network';
import type { SymbolicTensor } from '../model/symbolic';
import { checkOptions, describe, numberIn } from '../options';
import type { Tensor } from '../tensor';
import { Model } from './model';

/** Options of {@link functional}. @typeParam Outputs - One value or a list. */
export interface FunctionalOptions<
  Outputs extends SymbolicTensor | readonly SymbolicTensor[] = SymbolicTensor | readonly SymbolicTensor[],
> {
  /** Made by `input`: one, or several in the order in which data will come. */
  readonly inputs: SymbolicTensor | readonly SymbolicTensor[];
  /** Made by `apply`: one, or several in the order in which predictions come. */
  readonly outputs: Outputs;
  /** Where first weights and orders of samples come from: the same seed gives the same bits. Default 0. */
  readonly seed?: number;
  /** For messages and files. Default `'functional'`. */
  readonly name?: string;
}

/**
 * A model of all layers between inputs and outputs: branches, residuals, shared layers, several outputs.
 *
 * @throws {OptionError | ShapeError} naming the layer, what it expected and what came.
 */
export function functional(options: FunctionalOptions<SymbolicTensor | readonly [SymbolicTensor]>): Model;
/** As above; `predict` answers a list with an array for each output. */
export function functional(options: FunctionalOptions<readonly SymbolicTensor[]>): Model<Tensor[]>;
/** As above. */
export function functional(options: FunctionalOptions): Model | Model<Tensor[]> {
  checkOptions('functional', options, ['inputs', 'outputs', 'seed', 'name']);
  const { name = 'functional' } = options;
  if (typeof name !== 'string' || name === '') {
    throw new OptionError(`functional: expected a name that is not empty, got ${describe(name)}`);
  }
  const inputs = listOf(options.inputs, name);
  const outputs = listOf(options.outputs, name);
  const seed = numberIn(options.seed ?? 0, 0, Number.MAX_SAFE_INTEGER, `${name}: seed`);
  const isNamed = options.name !== undefined;
  return new Model<never>(new Network(name, between(inputs, outputs, name), seed, { isNamed }));
}

function listOf(values: SymbolicTensor | readonly SymbolicTensor[], where: string): readonly SymbolicTensor[] {
  const list: readonly SymbolicTensor[] = Array.isArray(values) ? values : [values as SymbolicTensor];
  for (const value of list) {
    if (value === null || typeof value !== 'object' || !Array.isArray(value.shape)) {
      throw new OptionError(
        `${where}: expected inputs and outputs made by input() and apply(), got ${describe(value)}`,
      );
    }
  }
  return list;
}
