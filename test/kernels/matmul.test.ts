/** The bare matrix product. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { kernels } from '../../ts';
import { integers, numbers } from '../support/numbers';

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
          let sum = 0;
          for (let inner = 0; inner < k; inner++) {
            const left = a[transposeA ? inner * m + row : row * k + inner] as number;
            const right = b[transposeB ? column * k + inner : inner * n + column] as number;
            sum += left * right;
          }
          expect((data[row * n + column] as number) + 0).toBe(sum + 0);
        }
      }
    }),
    { numRuns: 100, seed: 3 },
  );
});

test('a row has the same bits alone and among others', () => {
  for (const [n, k] of [
    [10, 1600],
    [3, 70],
    [71, 600],
    [64, 256],
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
