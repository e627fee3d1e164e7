/** Ranges that layers draw numbers from. */

import { OptionError } from '../../errors';
import { describe, numberIn } from '../../options';

/** One number f, or the ends `[lower, upper]` of a range. What the number means is said where it is taken. */
export type Factor = number | readonly [number, number];

/** Two ends, the smaller one first. */
export type Range = readonly [number, number];

/** Ends that are each in `[low, high]`; a number f is the range from −f to f. @throws {OptionError} naming `what`. */
export function rangeIn(value: unknown, low: number, high: number, what: string): Range {
  if (!Array.isArray(value)) {
    const size = Math.abs(numberIn(value, low, high, what));
    return [Math.max(-size, low), size];
  }
  return ordered(pairIn(value, low, high, what));
}

/** Two finite numbers, the smaller one first. @throws {OptionError} naming `what`. */
export function valueRange(value: unknown, what: string): Range {
  const range = ordered(pairIn(value, -Number.MAX_VALUE, Number.MAX_VALUE, what));
  if (range[0] === range[1]) throw new OptionError(`${what}: expected two different numbers, got ${describe(value)}`);
  return range;
}

/** Two numbers, each in `[low, high]`. @throws {OptionError} naming `what`. */
export function pairIn(value: unknown, low: number, high: number, what: string): Range {
  if (!Array.isArray(value) || value.length !== 2) {
    throw new OptionError(`${what}: expected a number or two, got ${describe(value)}`);
  }
  return [numberIn(value[0], low, high, what), numberIn(value[1], low, high, what)];
}

function ordered([a, b]: Range): Range {
  return a <= b ? [a, b] : [b, a];
}
