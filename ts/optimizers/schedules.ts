/** Learning rates that follow the number of the step. */

import { fromFullConfig, type PartConfig } from '../config';
import { cosineOfHalfTurns, power } from '../elementary';
import { OptionError } from '../errors';
import { boolean, checkOptions, describe, numberIn, positiveInteger } from '../options';

/** The learning rate of a step, counted from 0; a function that may say how files name it. */
export interface LearningRateSchedule {
  (step: number): number;
  /** Keras's class name, for files; undefined for a function of the user's, which files cannot hold. */
  readonly className?: string;
  /** Options that make the same schedule, for files. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** A schedule that says how files name it. */
function schedule(
  className: string,
  config: Readonly<Record<string, unknown>>,
  rateOf: (step: number) => number,
): LearningRateSchedule {
  return Object.assign((step: number) => rateOf(step), { className, config });
}

const rate = (value: unknown, what: string): number => numberIn(value, 0, Number.POSITIVE_INFINITY, what);

/** The same rate for every step. */
export function constantSchedule(learningRate: number): LearningRateSchedule {
  const value = rate(learningRate, 'constantSchedule: learningRate');
  return schedule('ConstantSchedule', { learningRate: value }, () => value);
}

/**
 * `values[i]` up to step `boundaries[i]`, the last value afterwards (Keras's PiecewiseConstantDecay).
 *
 * @throws {OptionError} when there is not one value more than boundaries, or boundaries do not grow.
 */
export function piecewiseConstantDecay(options: {
  readonly boundaries: readonly number[];
  readonly values: readonly number[];
}): LearningRateSchedule {
  const where = 'piecewiseConstantDecay';
  checkOptions(where, options, ['boundaries', 'values']);
  const { boundaries, values } = options;
  const grows = Array.isArray(boundaries) && boundaries.every((b, i) => i === 0 || b > (boundaries[i - 1] as number));
  if (!grows || !Array.isArray(values) || values.length !== boundaries.length + 1) {
    throw new OptionError(
      `${where}: expected growing boundaries and one value more than these, got ${describe(options)}`,
    );
  }
  for (const value of values) rate(value, `${where}: values`);
  for (const boundary of boundaries) rate(boundary, `${where}: boundaries`);
  return schedule('PiecewiseConstantDecay', { boundaries, values }, (step) => {
    const index = boundaries.findIndex((boundary) => step <= boundary);
    return values[index < 0 ? boundaries.length : index] as number;
  });
}

/** `initialLearningRate · decayRate^(step / decaySteps)`; with `staircase` the exponent is rounded down. */
export function exponentialDecay(options: {
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly decayRate: number;
  readonly staircase?: boolean;
}): LearningRateSchedule {
  const where = 'exponentialDecay';
  checkOptions(where, options, ['initialLearningRate', 'decaySteps', 'decayRate', 'staircase']);
  const initial = rate(options.initialLearningRate, `${where}: initialLearningRate`);
  const steps = positiveInteger(options.decaySteps, `${where}: decaySteps`);
  const factor = rate(options.decayRate, `${where}: decayRate`);
  const staircase = boolean(options.staircase ?? false, `${where}: staircase`);
  const config = { initialLearningRate: initial, decaySteps: steps, decayRate: factor, staircase };
  return schedule(
    'ExponentialDecay',
    config,
    (step) => initial * power(factor, staircase ? Math.floor(step / steps) : step / steps),
  );
}

/**
 * A straight way up to `warmupTarget` in `warmupSteps`, if given, then half a cosine wave down to `alpha` times the
 * height in `decaySteps` (Loshchilov and Hutter, 2017; Keras's CosineDecay).
 */
export function cosineDecay(options: {
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly alpha?: number;
  readonly warmupTarget?: number;
  readonly warmupSteps?: number;
}): LearningRateSchedule {
  const where = 'cosineDecay';
  checkOptions(where, options, ['initialLearningRate', 'decaySteps', 'alpha', 'warmupTarget', 'warmupSteps']);
  const initial = rate(options.initialLearningRate, `${where}: initialLearningRate`);
  const decaySteps = positiveInteger(options.decaySteps, `${where}: decaySteps`);
  const alpha = numberIn(options.alpha ?? 0, 0, 1, `${where}: alpha`);
  const warmupSteps = rate(options.warmupSteps ?? 0, `${where}: warmupSteps`);
  const target = rate(options.warmupTarget ?? initial, `${where}: warmupTarget`);
  const config = { initialLearningRate: initial, decaySteps, alpha, warmupTarget: target, warmupSteps };
  return schedule('CosineDecay', config, (step) => {
    if (step < warmupSteps) return initial + ((target - initial) * step) / warmupSteps;
    const done = Math.min((step - warmupSteps) / decaySteps, 1);
    return target * ((1 - alpha) * 0.5 * (1 + cosineOfHalfTurns(done)) + alpha);
  });
}

/**
 * One cycle: half a cosine wave up from `maxLearningRate / divFactor`, then one down to that divided by
 * `finalDivFactor` (Smith and Topin, 2018, with PyTorch's defaults).
 */
export function oneCycle(options: {
  readonly maxLearningRate: number;
  readonly totalSteps: number;
  readonly pctStart?: number;
  readonly divFactor?: number;
  readonly finalDivFactor?: number;
}): LearningRateSchedule {
  const where = 'oneCycle';
  checkOptions(where, options, ['maxLearningRate', 'totalSteps', 'pctStart', 'divFactor', 'finalDivFactor']);
  const top = rate(options.maxLearningRate, `${where}: maxLearningRate`);
  const total = positiveInteger(options.totalSteps, `${where}: totalSteps`);
  const share = numberIn(options.pctStart ?? 0.3, 0, 1, `${where}: pctStart`);
  const divFactor = numberIn(options.divFactor ?? 25, 1, Number.POSITIVE_INFINITY, `${where}: divFactor`);
  const { finalDivFactor = 1e4 } = options;
  numberIn(finalDivFactor, 1, Number.POSITIVE_INFINITY, `${where}: finalDivFactor`);
  const start = top / divFactor;
  const end = start / finalDivFactor;
  const wave = (from: number, to: number, done: number): number =>
    to + ((from - to) / 2) * (1 + cosineOfHalfTurns(Math.min(Math.max(done, 0), 1)));
  const peak = share * total - 1;
  const config = { maxLearningRate: top, totalSteps: total, pctStart: share, divFactor, finalDivFactor };
  return schedule('OneCycle', config, (step) =>
    step <= peak ? wave(start, top, step / peak) : wave(top, end, (step - peak) / (total - 1 - peak)),
  );
}

const classes = {
  ConstantSchedule: ({ learningRate }: { readonly learningRate: number }) => constantSchedule(learningRate),
  PiecewiseConstantDecay: piecewiseConstantDecay,
  ExponentialDecay: exponentialDecay,
  CosineDecay: cosineDecay,
  OneCycle: oneCycle,
};

/** A schedule from data. @throws {OptionError} when it is none. */
export function scheduleFromConfig(value: PartConfig, what: string): LearningRateSchedule {
  return fromFullConfig(classes, value, what);
}
