/** A model whose layers form a chain. */

import { OptionError } from '../errors';
import { chain } from '../model/graph';
import type { LayerLike } from '../model/nested';
import { Network } from '../model/network';
import { checkOptions, describe, numberIn } from '../options';
import type { Shape } from '../shape';
import { Model } from './model';

/** Options of {@link sequential}. */
export interface SequentialOptions {
  /** Shape of one input, without batch: `[height, width, channels]` for images. */
  readonly inputShape: Shape;
  /** The layers, first to last; models with one input and one output are layers too. */
  readonly layers: readonly LayerLike[];
  /** Where first weights and orders of samples come from: the same seed gives the same bits. Default 0. */
  readonly seed?: number;
  /** For messages and files. Default `'sequential'`. */
  readonly name?: string;
}

/**
 * A model whose layers form a chain.
 *
 * @throws {OptionError | ShapeError} naming the layer, what it expected and what came.
 */
export function sequential(options: SequentialOptions): Model {
  checkOptions('sequential', options, ['inputShape', 'layers', 'seed', 'name']);
  const { name = 'sequential' } = options;
  if (typeof name !== 'string' || name === '') {
    throw new OptionError(`sequential: expected a name that is not empty, got ${describe(name)}`);
  }
  const seed = numberIn(options.seed ?? 0, 0, Number.MAX_SAFE_INTEGER, `${name}: seed`);
  const isNamed = options.name !== undefined;
  return new Model(new Network(name, chain(options.inputShape, options.layers, name), seed, { isNamed }));
}
