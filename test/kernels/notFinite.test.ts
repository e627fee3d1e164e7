/** Where a NaN or an infinity gets to in a convolution and its gradients: where the definition has it among the products. */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { init, kernels } from '../../ts';
import { convolve, convolveForFilter, convolveForInput } from '../../ts/model/explain/products';
import { resolveConvolution } from '../../ts/runtime/geometry';
import { integers } from '../support/numbers';

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Fewer channels than Winograd's algorithm wants, whose outputs share tiles. */
const convolutions = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  height: fc.integer({ min: 1, max: 9 }),
  width: fc.integer({ min: 1, max: 15 }),
  depth: fc.integer({ min: 1, max: 6 }),
  kernel: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
  perGroup: fc.integer({ min: 1, max: 6 }),
  strides: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
  padding: fc.oneof(fc.constant('same' as const), fc.integer({ min: 0, max: 3 })),
  dilations: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
  groups: fc.integer({ min: 1, max: 6 }),
  value: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  place: fc.nat(),
});

afterAll(() => init({}));

describe.each(['strict', 'auto'] as const)('simd: %s', (simd) => {
  beforeAll(() => init({ simd }));

  test('what is not finite reaches what sees it and nothing else', () => {
    let checked = 0;
    fc.assert(
      fc.property(
        convolutions,
        ({ batch, height, width, depth, kernel, perGroup, groups, value, place, ...options }) => {
          const xShape = [batch, height, width, depth * groups];
          const filterShape = [...kernel, depth, perGroup * groups];
          let sizes: ReturnType<typeof resolveConvolution>;
          try {
            sizes = resolveConvolution(xShape, filterShape, { ...options, groups }, 'test');
          } catch {
            return;
          }
          checked++;
          const arrays = {
            x: integers(1, size(xShape), 4),
            filter: integers(2, size(filterShape), 3),
            dy: integers(3, size(sizes.output), 4),
          };
          const all = { ...options, groups, xShape, filterShape, dyShape: sizes.output };
          const numbers = (values: ArrayLike<number>): number[] => Array.from(values, (number) => number + 0);
          for (const name of ['x', 'filter', 'dy'] as const) {
            const array = arrays[name].slice();
            array[place % array.length] = value;
            const poisoned = { ...arrays, [name]: array };
            const { x, filter, dy } = poisoned;
            expect(numbers(kernels.conv2d({ ...all, x, filter }).data)).toEqual(
              numbers(convolve(sizes, x, filter, undefined)),
            );
            expect(numbers(kernels.conv2dFilterGradient({ ...all, x, dy }).data)).toEqual(
              numbers(convolveForFilter(sizes, x, dy)),
            );
            expect(numbers(kernels.conv2dInputGradient({ ...all, dy, filter }).data)).toEqual(
              numbers(convolveForInput(sizes, dy, filter)),
            );
          }
        },
      ),
      { numRuns: 200, seed: 7 },
    );
    expect(checked).toBeGreaterThan(100);
  });
});
