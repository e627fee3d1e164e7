/** Where a NaN or an infinity gets to in a convolution and its gradients: where the definition has it among the products. */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { init } from '../../ts';
import { convolutionOf, expectDefinition } from '../support/convolution';
import { draw } from '../support/draw';

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
      fc.property(convolutions, ({ value, place, ...drawn }) => {
        const convolution = convolutionOf(drawn);
        if (convolution === undefined) return;
        checked++;
        const { arrays } = convolution;
        for (const name of ['x', 'filter', 'dy'] as const) {
          const array = arrays[name].slice();
          array[place % array.length] = value;
          expectDefinition(convolution, { ...arrays, [name]: array });
        }
      }),
      draw(200, 7),
    );
    expect(checked).toBeGreaterThan(100);
  });
});
