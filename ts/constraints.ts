/** What weights are brought back to after each update. */

import { fromConfig, type PartConfig } from './config';
import { OptionError } from './errors';
import { checkOptions, describe, numberIn } from './options';

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

/** A rule as it stands in files. */
export function constraintConfig(constraint: Constraint): PartConfig {
  return constraint.kind === 'nonNeg'
    ? { className: 'NonNeg', config: {} }
    : { className: 'MaxNorm', config: { maxValue: constraint.limit } };
}

const makers = {
  NonNeg: (options: object) => {
    checkOptions('NonNeg', options, []);
    return nonNeg();
  },
  MaxNorm: (options: { readonly maxValue?: number }) => {
    checkOptions('MaxNorm', options, ['maxValue']);
    return maxNorm(options.maxValue);
  },
};

/** A rule, or one as data. @throws {OptionError} when it is neither. */
export function toConstraint(value: Constraint | PartConfig | undefined, what: string): Constraint | undefined {
  if (value === undefined) return undefined;
  if (value !== null && typeof value === 'object') {
    if ('className' in value) return fromConfig(makers, value, what);
    if (value.kind === 'nonNeg') return nonNeg();
    if (value.kind === 'maxNorm') return maxNorm(value.limit);
  }
  throw new OptionError(`${what}: expected maxNorm(…) or nonNeg(), got ${describe(value)}`);
}
