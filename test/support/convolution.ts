/** Convolutions of any sizes, and the definition that the kernels are compared with. */

import { expect } from 'vitest';
import { kernels } from '../../ts';
import { convolve, convolveForFilter, convolveForInput } from '../../ts/model/explain/products';
import { resolveConvolution } from '../../ts/runtime/geometry';
import { integers } from './numbers';

type Sizes = ReturnType<typeof resolveConvolution>;

/** Sizes and options, of which channels are counted by group. */
export interface Drawn {
  batch: number;
  height: number;
  width: number;
  depth: number;
  kernel: [number, number];
  perGroup: number;
  strides: [number, number];
  padding: 'valid' | 'same' | number;
  dilations: [number, number];
  groups: number;
}

/** Images, filters and gradients of outputs. */
export interface Arrays {
  x: Float32Array;
  filter: Float32Array;
  dy: Float32Array;
}

/** A convolution that the kernels can be asked for. */
export interface Convolution {
  options: Omit<Drawn, 'batch' | 'height' | 'width' | 'depth' | 'kernel' | 'perGroup'> & {
    xShape: number[];
    filterShape: number[];
    dyShape: readonly number[];
  };
  sizes: Sizes;
  /** Small integers, whose sums are exact in any order. */
  arrays: Arrays;
}

/** Numbers of an array of this shape. */
export const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** The convolution of these sizes, `undefined` where there is none. */
export function convolutionOf(drawn: Drawn): Convolution | undefined {
  const { batch, height, width, depth, kernel, perGroup, ...rest } = drawn;
  const xShape = [batch, height, width, depth * rest.groups];
  const filterShape = [...kernel, depth, perGroup * rest.groups];
  let sizes: Sizes;
  try {
    sizes = resolveConvolution(xShape, filterShape, rest, 'test');
  } catch {
    return undefined;
  }
  const arrays = {
    x: integers(1, size(xShape), 4),
    filter: integers(2, size(filterShape), 3),
    dy: integers(3, size(sizes.output), 4),
  };
  return { options: { ...rest, xShape, filterShape, dyShape: sizes.output }, sizes, arrays };
}

/** Expects that all three passes give exactly what the definition gives. */
export function expectDefinition({ options, sizes }: Convolution, { x, filter, dy }: Arrays): void {
  const plain = (values: Float64Array): number[] => Array.from(values);
  const data = (values: Float32Array): number[] => Array.from(values, (value) => value + 0);
  expect(data(kernels.conv2d({ ...options, x, filter }).data)).toEqual(plain(convolve(sizes, x, filter, undefined)));
  expect(data(kernels.conv2dFilterGradient({ ...options, x, dy }).data)).toEqual(
    plain(convolveForFilter(sizes, x, dy)),
  );
  expect(data(kernels.conv2dInputGradient({ ...options, dy, filter }).data)).toEqual(
    plain(convolveForInput(sizes, dy, filter)),
  );
}
