/** Penalties on large weights, added to the loss. */

import { numberIn } from './options';

/** A penalty `l1·Σ|w| + l2·Σw²`. */
export interface Regularizer {
  /** Factor of the sum of sizes. */
  readonly l1: number;
  /** Factor of the sum of squares. */
  readonly l2: number;
}

/** `Σ|w|` times `factor`, default 0.01. @throws {OptionError} when it is not a finite number ≥ 0. */
export function l1(factor = 0.01): Regularizer {
  return { l1: numberIn(factor, 0, Number.POSITIVE_INFINITY, 'l1'), l2: 0 };
}

/** `Σw²` times `factor`, default 0.01. @throws {OptionError} when it is not a finite number ≥ 0. */
export function l2(factor = 0.01): Regularizer {
  return { l1: 0, l2: numberIn(factor, 0, Number.POSITIVE_INFINITY, 'l2') };
}

/** Both: `l1·Σ|w| + l2·Σw²`, 0.01 each by default. @throws {OptionError} when one is not a finite number ≥ 0. */
export function l1l2(factors: { readonly l1?: number; readonly l2?: number } = {}): Regularizer {
  return { l1: l1(factors.l1).l1, l2: l2(factors.l2).l2 };
}
