/** Learning rates that follow the number of the step. */

import { OptionError } from '../errors';
import { boolean, checkOptions, describe, numberIn, positiveInteger } from '../options';

/** The learning rate of a step, counted from 0. */
export type LearningRateSchedule = (step: number) => number;

const rate = (value: unknown, what: string): number => numberIn(value, 0, Number.POSITIVE_INFINITY, what);

/** The same rate for every step. */
export function constantSchedule(learningRate: number): LearningRateSchedule {
  const value = rate(learningRate, 'constantSchedule: learningRate');
  return () => value;
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
  return (step) => {
    const index = boundaries.findIndex((boundary) => step <= boundary);
    return values[index < 0 ? boundaries.length : index] as number;
  };
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
  return (step) => initial * factor ** (staircase ? Math.floor(step / steps) : step / steps);
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
  return (step) => {
    if (step < warmupSteps) return initial + ((target - initial) * step) / warmupSteps;
    const done = Math.min((step - warmupSteps) / decaySteps, 1);
    return target * ((1 - alpha) * 0.5 * (1 + Math.cos(Math.PI * done)) + alpha);
  };
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
  const start = top / numberIn(options.divFactor ?? 25, 1, Number.POSITIVE_INFINITY, `${where}: divFactor`);
  const end = start / numberIn(options.finalDivFactor ?? 1e4, 1, Number.POSITIVE_INFINITY, `${where}: finalDivFactor`);
  const wave = (from: number, to: number, done: number): number =>
    to + ((from - to) / 2) * (1 + Math.cos(Math.PI * Math.min(Math.max(done, 0), 1)));
  const peak = share * total - 1;
  return (step) => (step <= peak ? wave(start, top, step / peak) : wave(top, end, (step - peak) / (total - 1 - peak)));
}
