/** The bare convolution kernels: against JAX, exact on integers, and their error messages. */

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { init, kernels } from '../../ts';
import { convolve, convolveForFilter, convolveForInput } from '../../ts/model/explain/products';
import { resolveConvolution } from '../../ts/runtime/geometry';
import { convolutionOf, type Drawn, expectDefinition, size } from '../support/convolution';
import { draw } from '../support/draw';
import { integers, numbers, relativeError } from '../support/numbers';

interface Case {
  xShape: number[];
  filterShape: number[];
  strides: [number, number];
  padding: [[number, number], [number, number]];
  dilations: [number, number];
  groups: number;
  dyShape: number[];
  y: number[];
  filterGradient: number[];
  inputGradient: number[];
}

const { cases } = JSON.parse(readFileSync(new URL('../reference/kernels.json', import.meta.url), 'utf8')) as {
  cases: Case[];
};

describe.each(cases)('x $xShape, filter $filterShape, groups $groups', (jax) => {
  const { xShape, filterShape, dyShape, strides, padding, dilations, groups } = jax;
  const options = { strides, padding, dilations, groups };
  const x = numbers(11, size(xShape));
  const filter = numbers(12, size(filterShape));
  const dy = numbers(13, size(dyShape));

  test('forward and both gradients agree with JAX', () => {
    const y = kernels.conv2d({ x, xShape, filter, filterShape, ...options });
    expect(y.shape).toEqual(dyShape);
    expect(relativeError(y.data, jax.y)).toBeLessThan(1e-6);
    const df = kernels.conv2dFilterGradient({ x, xShape, dy, dyShape, filterShape, ...options });
    expect(df.shape).toEqual(filterShape);
    expect(relativeError(df.data, jax.filterGradient)).toBeLessThan(1e-6);
    const dx = kernels.conv2dInputGradient({ dy, dyShape, filter, filterShape, xShape, ...options });
    expect(dx.shape).toEqual(xShape);
    expect(relativeError(dx.data, jax.inputGradient)).toBeLessThan(1e-6);
  });
});

/** So many convolutions, of which more than `least` are possible ones, are exact on integers, and so are their gradients. */
function expectDefinitions(geometry: fc.Arbitrary<Drawn>, numRuns: number, least: number): void {
  let checked = 0;
  fc.assert(
    fc.property(geometry, (drawn) => {
      const convolution = convolutionOf(drawn);
      if (convolution === undefined) return;
      checked++;
      expectDefinition(convolution, convolution.arrays);
    }),
    draw(numRuns, 7),
  );
  expect(checked).toBeGreaterThan(least);
}

test('random geometries are exact on integers', () => {
  const geometry = fc.record({
    batch: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 1, max: 14 }),
    width: fc.integer({ min: 1, max: 23 }),
    depth: fc.integer({ min: 1, max: 9 }),
    kernel: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
    perGroup: fc.integer({ min: 1, max: 9 }),
    strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    padding: fc.oneof(fc.constant('valid' as const), fc.constant('same' as const), fc.integer({ min: 0, max: 4 })),
    dilations: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
    groups: fc.integer({ min: 1, max: 3 }),
  });
  expectDefinitions(geometry, 300, 150);
});

test('wide filters over short rows of few channels are exact on integers', () => {
  // A LeNet's second convolution is one of them.
  const geometry = fc.record({
    batch: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 7, max: 14 }),
    width: fc.integer({ min: 8, max: 19 }),
    depth: fc.integer({ min: 5, max: 6 }),
    kernel: fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 3, max: 7 })),
    perGroup: fc.integer({ min: 1, max: 17 }),
    strides: fc.constant<[number, number]>([1, 1]),
    padding: fc.oneof(fc.constant('valid' as const), fc.constant('same' as const), fc.integer({ min: 0, max: 2 })),
    dilations: fc.constant<[number, number]>([1, 1]),
    groups: fc.constant(1),
  });
  expectDefinitions(geometry, 60, 50);
});

test('filters over one channel, whose taps are unrolled, are exact on integers', () => {
  const geometry = fc.record({
    batch: fc.integer({ min: 1, max: 2 }),
    height: fc.integer({ min: 5, max: 9 }),
    width: fc.integer({ min: 5, max: 27 }),
    depth: fc.constant(1),
    kernel: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 3, max: 5 })),
    perGroup: fc.constantFrom(3, 4, 7, 8, 11, 12, 13, 16, 20, 32),
    strides: fc.constantFrom<[number, number]>([1, 1], [1, 1], [2, 2], [1, 2], [1, 3]),
    padding: fc.oneof(fc.constant('valid' as const), fc.constant('same' as const), fc.integer({ min: 0, max: 2 })),
    dilations: fc.constant<[number, number]>([1, 1]),
    groups: fc.constant(1),
  });
  expectDefinitions(geometry, 150, 130);
});

interface ManyChannels {
  kernel: [taps: number, stride: number];
  batch: number;
  height: number;
  width: number;
  depth: number;
  filters: number;
  padding: 'valid' | 'same' | number;
}

const manyChannels: fc.Arbitrary<ManyChannels> = fc.record({
  kernel: fc.constantFrom<[number, number][]>([3, 1], [3, 1], [3, 2], [4, 2], [5, 2], [6, 2]),
  batch: fc.integer({ min: 1, max: 3 }),
  height: fc.integer({ min: 6, max: 17 }),
  width: fc.integer({ min: 6, max: 17 }),
  depth: fc.integer({ min: 4, max: 9 }),
  filters: fc.integer({ min: 4, max: 9 }),
  padding: fc.oneof(fc.constant('valid' as const), fc.constant('same' as const), fc.integer({ min: 0, max: 3 })),
});

/** All three passes of 3×3 filters, or of up to 6×6 with stride 2, over 16 to 36 channels, and their definition in double precision. */
function passesOfMany(
  { kernel: [taps, stride], batch, height, width, depth, filters, padding }: ManyChannels,
  make: (seed: number, count: number) => Float32Array,
): [Float32Array, Float64Array][] {
  const xShape = [batch, height, width, 4 * depth];
  const filterShape = [taps, taps, 4 * depth, 4 * filters];
  const options = { padding, strides: stride };
  const sizes = resolveConvolution(xShape, filterShape, options, 'test');
  const x = make(1, size(xShape));
  const filter = make(2, size(filterShape));
  const dy = make(3, size(sizes.output));
  const all = { ...options, xShape, filterShape, dyShape: sizes.output };
  return [
    [kernels.conv2d({ ...all, x, filter }).data, convolve(sizes, x, filter, undefined)],
    [kernels.conv2dFilterGradient({ ...all, x, dy }).data, convolveForFilter(sizes, x, dy)],
    [kernels.conv2dInputGradient({ ...all, dy, filter }).data, convolveForInput(sizes, dy, filter)],
  ];
}

test('filters over many channels are those of the definition, exactly so in strict mode', async () => {
  // Of positive numbers, whose sums are the sums of their sizes, by which rounding is judged.
  const positive = (seed: number, count: number): Float32Array => numbers(seed, count).map(Math.abs);
  fc.assert(
    fc.property(manyChannels, (geometry) => {
      for (const [actual, expected] of passesOfMany(geometry, positive)) {
        expect(relativeError(actual, expected)).toBeLessThan(1e-6);
      }
    }),
    draw(90, 7),
  );
  await init({ simd: 'strict' });
  fc.assert(
    fc.property(manyChannels, (geometry) => {
      for (const [actual, expected] of passesOfMany(geometry, (seed, count) => integers(seed, count, 3))) {
        expect(actual.every((value, index) => value === expected[index])).toBe(true);
      }
    }),
    draw(30, 7),
  );
  await init({});
});

test('bias is added and out is filled', () => {
  const out = new Float32Array(4);
  const result = kernels.conv2d({
    x: [1, 2, 3, 4],
    xShape: [1, 2, 2, 1],
    filter: [2],
    filterShape: [1, 1, 1, 1],
    bias: [10],
    out,
  });
  expect(result.data).toBe(out);
  expect([...out]).toEqual([12, 14, 16, 18]);
});

test('arguments that do not fit are named', () => {
  const good = {
    x: new Float32Array(484),
    xShape: [1, 22, 22, 1],
    filter: new Float32Array(9),
    filterShape: [3, 3, 1, 1],
  };
  expect(() => kernels.conv2d({ ...good, xShape: [22, 22, 1] })).toThrow(
    'kernels.conv2d: expected input [batch,height,width,channels], got [22,22,1]',
  );
  expect(() => kernels.conv2d({ ...good, x: new Float32Array(483) })).toThrow(
    'kernels.conv2d x: expected 484 values for [1,22,22,1], got 483',
  );
  expect(() => kernels.conv2d({ ...good, filterShape: [3, 3, 2, 1] })).toThrow('expected a filter of 1 input channels');
  expect(() => kernels.conv2d({ ...good, filter: new Float32Array(529), filterShape: [23, 23, 1, 1] })).toThrow(
    'expected an input of at least 23×23 pixels with its padding, got 22×22',
  );
  expect(() => kernels.conv2d({ ...good, strides: 0 })).toThrow(
    'kernels.conv2d: strides: expected an integer ≥ 1, got 0',
  );
  expect(() => kernels.conv2d({ ...good, padding: 'full' as 'same' })).toThrow('expected padding "valid", "same"');
  expect(() => kernels.conv2d({ ...good, groups: 2 })).toThrow('expected groups to divide 1 input channels');
  expect(() => kernels.conv2d({ ...good, out: new Float32Array(3) })).toThrow('expected out of 400 values');
  expect(() => kernels.conv2dFilterGradient({ ...good, dy: new Float32Array(4), dyShape: [1, 2, 2, 1] })).toThrow(
    'expected dyShape [1,20,20,1], got [1,2,2,1]',
  );
});
