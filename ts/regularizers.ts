/** Penalties on large weights, added to the loss. */

import { fromConfig, type PartConfig } from './config';
import { OptionError } from './errors';
import { checkOptions, describe, numberIn } from './options';

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

/** A penalty as it stands in files. */
export function regularizerConfig(regularizer: Regularizer): PartConfig {
  if (regularizer.l2 === 0) return { className: 'L1', config: { l1: regularizer.l1 } };
  if (regularizer.l1 === 0) return { className: 'L2', config: { l2: regularizer.l2 } };
  return { className: 'L1L2', config: { l1: regularizer.l1, l2: regularizer.l2 } };
}

type Factors = { readonly l1?: number; readonly l2?: number };

const makers = {
  L1: (options: Factors) => {
    checkOptions('L1', options, ['l1']);
    return l1(options.l1);
  },
  L2: (options: Factors) => {
    checkOptions('L2', options, ['l2']);
    return l2(options.l2);
  },
  L1L2: (options: Factors) => {
    checkOptions('L1L2', options, ['l1', 'l2']);
    return l1l2(options);
  },
};

/** A penalty, or one as data. @throws {OptionError} when it is neither. */
export function toRegularizer(value: Regularizer | PartConfig | undefined, what: string): Regularizer | undefined {
  if (value === undefined) return undefined;
  if (value !== null && typeof value === 'object' && 'className' in value) return fromConfig(makers, value, what);
  if (typeof value?.l1 === 'number' && typeof value.l2 === 'number') return l1l2(value);
  throw new OptionError(`${what}: expected l1(…), l2(…) or l1l2(…), got ${describe(value)}`);
}
