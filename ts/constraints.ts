/** What weights are brought back to after each update. */

import { numberIn } from './options';

/** A rule for weights. */
export type Constraint = { readonly kind: 'nonNeg' } | { readonly kind: 'maxNorm'; readonly limit: number };

/** Negative weights become 0. */
export function nonNeg(): Constraint {
  return { kind: 'nonNeg' };
}

/**
 * The weights of each output, all dimensions but the last, are scaled down to this Euclidean norm where theirs is larger
 * (Srivastava et al., 2014).
 *
 * @param limit - Default 2.
 * @throws {OptionError} when the limit is not a finite number ≥ 0.
 */
export function maxNorm(limit = 2): Constraint {
  return { kind: 'maxNorm', limit: numberIn(limit, 0, Number.POSITIVE_INFINITY, 'maxNorm') };
}
