/** Initializers that draw every value by itself from a distribution that the user chooses. */

import { OptionError } from '../errors';
import { checkOptions, describe, lookUp, numberIn } from '../options';
import type { Random } from '../random';
import type { Initializer } from './initializer';
import { type Distribution, drawScaled, type Fan } from './scaled';

/** Options of {@link randomNormal} and {@link truncatedNormal}. */
export interface NormalOptions {
  /** Mean. Default 0. */
  readonly mean?: number;
  /** Standard deviation, of `truncatedNormal` before the cut. Default 0.05. */
  readonly stddev?: number;
}

/** Normal. @throws {OptionError} when an option is unknown or out of range. */
export function randomNormal(options: NormalOptions = {}): Initializer {
  return normal('randomNormal', 'RandomNormal', options, (random, mean, stddev) => random.normal(mean, stddev));
}

/**
 * Normal, drawn again while more than two deviations from the mean; what is left has 0.8796 of the deviation.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function truncatedNormal(options: NormalOptions = {}): Initializer {
  const draw = (random: Random, mean: number, stddev: number): number => random.truncatedNormal(mean, stddev);
  return normal('truncatedNormal', 'TruncatedNormal', options, draw);
}

function normal(
  kind: string,
  className: string,
  options: NormalOptions,
  draw: (random: Random, mean: number, stddev: number) => number,
): Initializer {
  checkOptions(kind, options, ['mean', 'stddev']);
  const mean = numberIn(options.mean ?? 0, -Number.MAX_VALUE, Number.MAX_VALUE, `${kind}: mean`);
  const stddev = numberIn(options.stddev ?? 0.05, 0, Number.POSITIVE_INFINITY, `${kind}: stddev`);
  return {
    className,
    config: { mean, stddev },
    fill(values, _, random) {
      for (let index = 0; index < values.length; index++) values[index] = draw(random, mean, stddev);
    },
  };
}

/** Options of {@link randomUniform}. */
export interface UniformOptions {
  /** Smallest value. Default −0.05. */
  readonly minval?: number;
  /** What all values are below. Default 0.05. */
  readonly maxval?: number;
}

/** Uniform in [minval, maxval). @throws {OptionError} when an option is unknown or `maxval` is below `minval`. */
export function randomUniform(options: UniformOptions = {}): Initializer {
  checkOptions('randomUniform', options, ['minval', 'maxval']);
  const minval = numberIn(options.minval ?? -0.05, -Number.MAX_VALUE, Number.MAX_VALUE, 'randomUniform: minval');
  const maxval = numberIn(options.maxval ?? 0.05, -Number.MAX_VALUE, Number.MAX_VALUE, 'randomUniform: maxval');
  if (maxval < minval) {
    throw new OptionError(`randomUniform: expected maxval of at least minval ${minval}, got ${maxval}`);
  }
  return {
    className: 'RandomUniform',
    config: { minval, maxval },
    fill(values, _, random) {
      for (let index = 0; index < values.length; index++) values[index] = random.uniform(minval, maxval);
    },
  };
}

const fanNames = { fanIn: true, fanOut: true, fanAvg: true } as const;
const distributions = { truncatedNormal: true, untruncatedNormal: true, uniform: true } as const;

/** Options of {@link varianceScaling}. */
export interface VarianceScalingOptions {
  /** Factor of the variance, above 0. Default 1. */
  readonly scale?: number;
  /** What the variance is divided by: inputs, outputs or their mean. Default `'fanIn'`. */
  readonly mode?: Fan;
  /** Default `'truncatedNormal'`, cut at two deviations and made wider so that the variance is as said. */
  readonly distribution?: Distribution;
}

/**
 * Values of mean 0 and variance `scale / fan`; `glorotUniform`, `heNormal` and the others are cases of it.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function varianceScaling(options: VarianceScalingOptions = {}): Initializer {
  const where = 'varianceScaling';
  checkOptions(where, options, ['scale', 'mode', 'distribution']);
  const { scale = 1, mode = 'fanIn', distribution = 'truncatedNormal' } = options;
  numberIn(scale, 0, Number.POSITIVE_INFINITY, `${where}: scale`);
  if (scale === 0) throw new OptionError(`${where}: scale: expected a number above 0, got ${describe(scale)}`);
  lookUp(fanNames, mode, `${where}: mode`);
  lookUp(distributions, distribution, `${where}: distribution`);
  return {
    className: 'VarianceScaling',
    config: { scale, mode, distribution },
    fill: (values, shape, random) => drawScaled(values, shape, random, { scale, mode, distribution }),
  };
}
