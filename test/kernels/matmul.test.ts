/** The bare matrix product. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { kernels } from '../../ts';
import { draw } from '../support/draw';
import { integers, numbers } from '../support/numbers';

/** Of `count` numbers each; never −0. */
function sumOfProducts(count: number, left: (inner: number) => number, right: (inner: number) => number): number {
  let sum = 0;
  for (let inner = 0; inner < count; inner++) sum += left(inner) * right(inner);
  return sum + 0;
}

test('random sizes are exact on integers, with and without transposes', () => {
  const side = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(side, side, side, fc.boolean(), fc.boolean(), (m, n, k, transposeA, transposeB) => {
      const a = integers(1, m * k, 4);
      const b = integers(2, k * n, 3);
      const { data, shape } = kernels.matmul({
        a,
        aShape: transposeA ? [k, m] : [m, k],
        b,
        bShape: transposeB ? [n, k] : [k, n],
        transposeA,
        transposeB,
      });
      expect(shape).toEqual([m, n]);
      for (let row = 0; row < m; row++) {
        for (let column = 0; column < n; column++) {
          const left = (inner: number): number => a[transposeA ? inner * m + row : row * k + inner] as number;
          const right = (inner: number): number => b[transposeB ? column * k + inner : inner * n + column] as number;
          expect((data[row * n + column] as number) + 0).toBe(sumOfProducts(k, left, right));
        }
      }
    }),
    draw(100, 3),
  );
});

test.each([
  [35, 40],
  [10, 300],
  [7, 261],
  [3, 256],
])('any number of rows is exact on integers, however it is cut into tiles: %i columns, %i steps', (n, k) => {
  const b = integers(2, k * n, 3);
  for (let m = 1; m <= 80; m++) {
    const a = integers(m, m * k, 4);
    const expected = Array.from({ length: m * n }, (_, index) => {
      const [row, column] = [Math.floor(index / n), index % n];
      return sumOfProducts(
        k,
        (inner) => a[row * k + inner] as number,
        (inner) => b[inner * n + column] as number,
      );
    });
    const { data } = kernels.matmul({ a, aShape: [m, k], b, bShape: [k, n] });
    expect([...data].map((value) => value + 0)).toEqual(expected);
  }
});

test('a row has the same bits alone and among others', () => {
  for (const [n, k] of [
    [10, 1600],
    [3, 70],
    [71, 600],
    [64, 256],
    [1029, 2051],
  ] as const) {
    const b = numbers(2, k * n);
    const all = numbers(1, 5 * k);
    const { data } = kernels.matmul({ a: all, aShape: [5, k], b, bShape: [k, n] });
    for (let row = 0; row < 5; row++) {
      const a = all.subarray(row * k, (row + 1) * k);
      const alone = kernels.matmul({ a, aShape: [1, k], b, bShape: [k, n] });
      expect(alone.data).toEqual(data.subarray(row * n, (row + 1) * n));
    }
  }
});

test('shapes that do not fit are named', () => {
  expect(() => kernels.matmul({ a: [1], aShape: [1, 1], b: [1, 2], bShape: [2, 1] })).toThrow(
    'kernels.matmul: expected equal inner dimensions, got [1,1] · [2,1]',
  );
  expect(() => kernels.matmul({ a: [1], aShape: [1], b: [1], bShape: [1, 1] })).toThrow(
    'kernels.matmul aShape: expected two dimensions, got [1]',
  );
});
