/** Logarithm, exponential, power and cosine: their accuracy, and bits that no engine may change. */

import { expect, test } from 'vitest';
import { cosineOfHalfTurns, exponential, naturalLogarithm, power } from '../ts/elementary';
import { numbers } from './support/numbers';

const some = Array.from(numbers(1, 4000));
const relative = (actual: number, expected: number): number =>
  actual === expected ? 0 : Math.abs(actual / expected - 1);

test('logarithms, exponentials and cosines are within 1e-15', () => {
  for (const value of some) {
    const x = Math.exp(700 * value);
    expect(relative(naturalLogarithm(x), Math.log(x))).toBeLessThan(1e-15);
    const near = 1 + value / 4;
    expect(Math.abs(naturalLogarithm(near) - Math.log(near))).toBeLessThan(1e-16);
    for (const argument of [value, 30 * value, 700 * value]) {
      expect(relative(exponential(argument), Math.exp(argument))).toBeLessThan(1e-15);
    }
    const turn = Math.abs(value);
    expect(Math.abs(cosineOfHalfTurns(turn) - Math.cos(Math.PI * turn))).toBeLessThan(1e-15);
  }
  expect([0, 0.5, 1].map(cosineOfHalfTurns)).toEqual([1, 0, -1]);
  expect([-1000, 0, 1000, Number.NaN].map(exponential)).toEqual([0, 1, Number.POSITIVE_INFINITY, Number.NaN]);
  expect([-745, -709, 709].map((x) => relative(exponential(x), Math.exp(x)) < 1e-15)).toEqual([true, true, true]);
});

test('powers, of whole numbers and others', () => {
  for (const base of [0.9, 0.999, 0.5, 1.05, 2]) {
    for (const exponent of [0, 1, 2, 7, 1000, 0.5, 3.25, 99.9]) {
      expect(relative(power(base, exponent), base ** exponent)).toBeLessThan(1e-13);
    }
  }
  expect([power(0.5, 1074), power(0.5, 1075), power(2, -3), power(0, 0.5), power(0, 0), power(3, 5)]).toEqual([
    Number.MIN_VALUE,
    0,
    0.125,
    0,
    1,
    243,
  ]);
});

test('the bits are always these', () => {
  const values = some
    .slice(0, 500)
    .flatMap((value) => [
      naturalLogarithm(Math.abs(value) + 2 ** -20),
      exponential(9 * value),
      power(Math.abs(value), 3.5),
      power(Math.abs(value), 9),
      cosineOfHalfTurns(Math.abs(value)),
    ]);
  const words = new Uint32Array(Float64Array.from(values).buffer);
  let hash = 0x811c9dc5;
  for (const word of words) hash = Math.imul(hash ^ word, 0x01000193) >>> 0;
  expect(hash.toString(16)).toBe('ea8d972a');
});
