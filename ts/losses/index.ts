/** The losses and their registry. */

import { OptionError } from '../errors';
import { describe, lookUp } from '../options';
import {
  categoricalCrossentropy,
  categoricalCrossentropyFromLogits,
  sparseCategoricalCrossentropy,
  sparseCategoricalCrossentropyFromLogits,
} from './crossentropy';
import { halfSquaredError } from './halfSquaredError';
import type { Loss } from './loss';
import {
  binaryCrossentropy,
  binaryCrossentropyFromLogits,
  hinge,
  huber,
  kullbackLeiblerDivergence,
  meanAbsoluteError,
  meanSquaredError,
} from './pointwise';

export * from './crossentropy';
export * from './halfSquaredError';
export type { Loss } from './loss';
export {
  type BinaryCrossentropyOptions,
  binaryCrossentropy,
  binaryCrossentropyFromLogits,
  hinge,
  huber,
  kullbackLeiblerDivergence,
  meanAbsoluteError,
  meanSquaredError,
} from './pointwise';

/** Every loss by its name in options. */
export const losses = {
  halfSquaredError,
  meanSquaredError,
  meanAbsoluteError,
  huber,
  binaryCrossentropy,
  binaryCrossentropyFromLogits,
  categoricalCrossentropy,
  categoricalCrossentropyFromLogits,
  sparseCategoricalCrossentropy,
  sparseCategoricalCrossentropyFromLogits,
  hinge,
  kullbackLeiblerDivergence,
} as const;

/** Name of a loss, as in `loss: 'halfSquaredError'`. */
export type LossName = keyof typeof losses;

/** A name or a loss. @throws {OptionError} when it is neither. */
export function toLoss(value: LossName | Loss, where: string): Loss {
  if (typeof value === 'string') return lookUp<() => Loss>(losses, value, `${where}: loss`)();
  if (value === null || typeof value !== 'object' || typeof value.emitForward !== 'function') {
    throw new OptionError(
      `${where}: expected loss to be one of ${Object.keys(losses).join(', ')}, got ${describe(value)}`,
    );
  }
  return value;
}
