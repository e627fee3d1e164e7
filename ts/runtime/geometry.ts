/**
 * Sizes of a two-dimensional convolution, resolved once: images NHWC, filters HWIO, cross-correlation.
 * The arithmetic is TensorFlow's: `same` gives ⌈in / stride⌉ outputs and puts the odd pixel of padding
 * at the bottom and right.
 */

import { OptionError, ShapeError } from '../errors';
import { describe, positiveInteger } from '../options';
import { formatShape, type Shape } from '../shape';

/** `'valid'` (none), `'same'`, one number for all sides, or `[[top, bottom], [left, right]]`. */
export type Padding = 'valid' | 'same' | number | readonly [readonly [number, number], readonly [number, number]];

/** One number for both directions, or `[height, width]`. */
export type Pair = number | readonly [number, number];

/** What of a convolution is not in the shapes of its arrays. */
export interface ConvolutionOptions {
  /** Step between windows. Default 1. */
  readonly strides?: Pair;
  /** Border of zeros. Default `'valid'`. */
  readonly padding?: Padding;
  /** Distance between the taps of the filter. Default 1. */
  readonly dilations?: Pair;
  /** Number of groups that the channels are cut into. Default 1. */
  readonly groups?: number;
}

/** A convolution with every size known. */
export interface Convolution {
  /** `[batch, inHeight, inWidth, inChannels]` */
  readonly input: readonly [number, number, number, number];
  /** `[kernelHeight, kernelWidth, inChannels / groups, outChannels]` */
  readonly filter: readonly [number, number, number, number];
  /** `[batch, outHeight, outWidth, outChannels]` */
  readonly output: readonly [number, number, number, number];
  /** The 16 words that the kernels read, see crate/src/geometry.rs. */
  readonly block: readonly number[];
  /** Floating point operations of one pass; a multiply and an add count two. */
  readonly flops: number;
}

/** Number of words in {@link Convolution.block}. */
export const GEOMETRY_WORDS = 16;

/**
 * Resolves a convolution.
 *
 * @param where - Begins the error messages, for example `conv2d "c1"`.
 * @throws {ShapeError} when the shapes do not fit each other or leave no output.
 * @throws {OptionError} when an option is out of its range.
 */
export function resolveConvolution(
  input: Shape,
  filter: Shape,
  options: ConvolutionOptions,
  where: string,
): Convolution {
  const [batch, inHeight, inWidth, inChannels] = four(input, `${where}: expected input [batch,height,width,channels]`);
  const [kernelHeight, kernelWidth, depth, outChannels] = four(
    filter,
    `${where}: expected filter [height,width,channels / groups,filters]`,
  );
  const [strideH, strideW] = pair(options.strides ?? 1, `${where}: strides`);
  const [dilationH, dilationW] = pair(options.dilations ?? 1, `${where}: dilations`);
  const groups = positiveInteger(options.groups ?? 1, `${where}: groups`);
  if (inChannels % groups !== 0 || outChannels % groups !== 0) {
    throw new OptionError(
      `${where}: expected groups to divide ${inChannels} input channels and ${outChannels} filters, got ${groups}`,
    );
  }
  if (depth !== inChannels / groups) {
    throw new ShapeError(
      `${where}: expected a filter of ${inChannels / groups} input channels for ${formatShape(input)} in ${groups} group(s), got ${formatShape(filter)}`,
    );
  }
  const spanH = (kernelHeight - 1) * dilationH + 1;
  const spanW = (kernelWidth - 1) * dilationW + 1;
  const [top, bottom] = sides(options.padding ?? 'valid', 0, inHeight, spanH, strideH, where);
  const [left, right] = sides(options.padding ?? 'valid', 1, inWidth, spanW, strideW, where);
  const outHeight = Math.floor((inHeight + top + bottom - spanH) / strideH) + 1;
  const outWidth = Math.floor((inWidth + left + right - spanW) / strideW) + 1;
  if (outHeight < 1 || outWidth < 1) {
    throw new ShapeError(
      `${where}: expected an input of at least ${spanH}×${spanW} pixels with its padding, got ${inHeight + top + bottom}×${inWidth + left + right}`,
    );
  }
  return {
    input: [batch, inHeight, inWidth, inChannels],
    filter: [kernelHeight, kernelWidth, depth, outChannels],
    output: [batch, outHeight, outWidth, outChannels],
    // biome-ignore format: the order of crate/src/geometry.rs, a line a theme
    block: [
      batch, inHeight, inWidth, inChannels,
      kernelHeight, kernelWidth, outChannels,
      strideH, strideW,
      top, bottom, left, right,
      dilationH, dilationW, groups,
    ],
    flops: 2 * batch * outHeight * outWidth * outChannels * kernelHeight * kernelWidth * depth,
  };
}

/** Reads `3` or `[3, 5]`. @throws {OptionError} when the numbers are not integers ≥ 1. */
export function pair(value: Pair, what: string): readonly [number, number] {
  if (typeof value === 'number') return [positiveInteger(value, what), value];
  if (!Array.isArray(value) || value.length !== 2) {
    throw new OptionError(`${what}: expected an integer ≥ 1 or two of them, got ${describe(value)}`);
  }
  return [positiveInteger(value[0], what), positiveInteger(value[1], what)];
}

function four(shape: Shape, expected: string): readonly [number, number, number, number] {
  const [a, b, c, d] = shape;
  if (a === undefined || b === undefined || c === undefined || d === undefined || shape.length !== 4) {
    throw new ShapeError(`${expected}, got ${formatShape(shape)}`);
  }
  return [a, b, c, d];
}

/** Padding before and after, in one direction (0 vertical, 1 horizontal). */
function sides(
  padding: Padding,
  direction: 0 | 1,
  size: number,
  span: number,
  stride: number,
  where: string,
): readonly [number, number] {
  if (padding === 'valid') return [0, 0];
  if (padding === 'same') {
    const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + span - size);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  }
  const both: unknown = typeof padding === 'number' ? [padding, padding] : padding?.[direction];
  const valid = (side: unknown): boolean => Number.isInteger(side) && (side as number) >= 0;
  if (!Array.isArray(both) || both.length !== 2 || !both.every(valid)) {
    throw new OptionError(
      `${where}: expected padding "valid", "same", an integer ≥ 0 or [[top, bottom], [left, right]], got ${describe(padding)}`,
    );
  }
  return both as [number, number];
}
