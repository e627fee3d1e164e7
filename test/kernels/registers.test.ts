/** Tiles for sixteen and for 32 vector registers give the same bits, so that those of arm64 are tested on any machine. */

import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { init, kernels } from '../../ts';
import { getEngine } from '../../ts/runtime/init';
import { type Convolution, convolutionOf, size } from '../support/convolution';
import { draw } from '../support/draw';
import { numbers } from '../support/numbers';

const [DETECTED, FEW, MANY] = [0, 1, 2] as const;
const choose = (registers: number): unknown => getEngine().kernel('choose_registers')(registers);

/** Bits of what both sizes of tiles give. */
function expectSame(compute: () => Float32Array[]): void {
  const bits = (registers: number): number[][] => {
    choose(registers);
    return compute().map((values) => Array.from(new Int32Array(values.slice().buffer)));
  };
  expect(bits(MANY)).toEqual(bits(FEW));
}

/** Sizes around those of tiles, blocks and ways of a product. */
const side = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 20, max: 90 }));
const steps = fc.oneof(side, fc.constantFrom(257, 1030));

/** Channels for Winograd's algorithm and for the direct way, also of images whose last tile is not full. */
const convolutions = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  height: fc.integer({ min: 3, max: 17 }),
  width: fc.integer({ min: 3, max: 17 }),
  depth: fc.constantFrom(1, 3, 5, 16, 20, 36),
  kernel: fc.constantFrom<[number, number]>([3, 3], [1, 1], [4, 4], [5, 5], [3, 1], [1, 7]),
  perGroup: fc.constantFrom(1, 6, 8, 12, 16, 20, 28),
  strides: fc.constantFrom<[number, number]>([1, 1], [2, 2]),
  padding: fc.constantFrom('same' as const, 'valid' as const),
  dilations: fc.constantFrom<[number, number]>([1, 1], [1, 1], [2, 3]),
  groups: fc.constantFrom(1, 2),
});

function passes({ options, sizes }: Convolution): Float32Array[] {
  const x = numbers(1, size(options.xShape));
  const filter = numbers(2, size(options.filterShape));
  const dy = numbers(3, size(sizes.output));
  return [
    kernels.conv2d({ ...options, x, filter }).data,
    kernels.conv2dFilterGradient({ ...options, x, dy }).data,
    kernels.conv2dInputGradient({ ...options, dy, filter }).data,
  ];
}

afterAll(() => init({}));

describe.each(['strict', 'auto'] as const)('simd: %s', (simd) => {
  beforeEach(async () => {
    await init({ simd, threads: 1 });
    return () => {
      choose(DETECTED);
    };
  });

  test('products', () => {
    fc.assert(
      fc.property(side, side, steps, fc.boolean(), fc.boolean(), (m, n, k, transposeA, transposeB) => {
        const a = numbers(1, m * k);
        const b = numbers(2, k * n);
        const aShape: [number, number] = transposeA ? [k, m] : [m, k];
        const bShape: [number, number] = transposeB ? [n, k] : [k, n];
        expectSame(() => [kernels.matmul({ a, aShape, b, bShape, transposeA, transposeB }).data]);
      }),
      draw(150, 11),
    );
  });

  test.each([1, 3, 5, 16, 20, 36])('every kind of convolution of %i channels a group', (depth) => {
    for (const perGroup of [1, 2, 4, 6, 8, 12, 16, 20, 28]) {
      for (const side of [1, 2, 3, 4, 5]) {
        for (const stride of [1, 2]) {
          for (const groups of [1, 2]) {
            const kernel: [number, number] = [side, side];
            const strides: [number, number] = [stride, stride];
            const dilations: [number, number] = [1, 1];
            const sizes = { batch: 1, height: 9, width: 13, depth, kernel, perGroup, strides, dilations, groups };
            const convolution = convolutionOf({ ...sizes, padding: 'same' });
            if (convolution !== undefined) expectSame(() => passes(convolution));
          }
        }
      }
    }
  });

  test('convolutions and their gradients', () => {
    let checked = 0;
    fc.assert(
      fc.property(convolutions, (drawn) => {
        const convolution = convolutionOf(drawn);
        if (convolution === undefined) return;
        checked++;
        expectSame(() => passes(convolution));
      }),
      draw(150, 12),
    );
    expect(checked).toBeGreaterThan(75);
  });
});

test('what is not a number of registers is refused', () => {
  expect(choose(3)).not.toBe(0);
  expect(choose(DETECTED)).toBe(0);
});
