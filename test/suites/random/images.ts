/** Convolutions and windows by their definitions: loops over every index, in TensorFlow's geometry. */

import type { Nodes, Tape } from '../../support/tape';

/** Two numbers: vertical, horizontal. */
export type Two = readonly [number, number];
/** A border of zeros as layers take it. */
export type Border = 'valid' | 'same' | number | readonly [Two, Two];

type Four = [number, number, number, number];

/** Where windows lie along one direction. */
export interface Windows {
  /** Number of windows. */
  readonly count: number;
  /** Pixels of padding before the image. */
  readonly before: number;
}

/** TensorFlow's rule for one direction. */
export function windows(size: number, [span, stride]: Two, padding: Border, direction: 0 | 1): Windows {
  if (padding === 'same') {
    const count = Math.ceil(size / stride);
    return { count, before: Math.floor(Math.max((count - 1) * stride + span - size, 0) / 2) };
  }
  const [before, after] =
    padding === 'valid' ? [0, 0] : typeof padding === 'number' ? [padding, padding] : padding[direction];
  return { count: Math.floor((size + before + after - span) / stride) + 1, before };
}

/** Sizes of a convolution. */
export interface ConvolutionSizes {
  readonly strides: Two;
  readonly dilations: Two;
  readonly padding: Border;
  readonly groups: number;
}

/** Cross-correlation: `x [n, h, w, c]`, `kernel [kh, kw, c / groups, f]`, `bias [f]` or none. */
export function convolve(tape: Tape, x: Nodes, kernel: Nodes, bias: Nodes | undefined, sizes: ConvolutionSizes): Nodes {
  const [batch, height, width, channels] = x.shape as Four;
  const [kernelHeight, kernelWidth, depth, filters] = kernel.shape as Four;
  const { strides, dilations, padding, groups } = sizes;
  const rows = windows(height, [(kernelHeight - 1) * dilations[0] + 1, strides[0]], padding, 0);
  const columns = windows(width, [(kernelWidth - 1) * dilations[1] + 1, strides[1]], padding, 1);
  const taps = indices(kernelHeight, kernelWidth, depth) as [number, number, number][];
  const nodes: number[] = [];
  for (const [n, oh, ow, f] of indices(batch, rows.count, columns.count, filters) as Four[]) {
    let sum = bias === undefined ? tape.leaf(0) : (bias.nodes[f] as number);
    const first = Math.floor(f / (filters / groups)) * depth;
    for (const [i, j, c] of taps) {
      const h = oh * strides[0] + i * dilations[0] - rows.before;
      const w = ow * strides[1] + j * dilations[1] - columns.before;
      if (h < 0 || h >= height || w < 0 || w >= width) continue;
      const pixel = x.nodes[((n * height + h) * width + w) * channels + first + c] as number;
      sum = tape.multiplyAdd(pixel, kernel.nodes[((i * kernelWidth + j) * depth + c) * filters + f] as number, sum);
    }
    nodes.push(sum);
  }
  return { shape: [batch, rows.count, columns.count, filters], nodes };
}

/** Sizes of a transposed convolution. */
export interface TransposedSizes {
  readonly strides: Two;
  readonly dilations: Two;
  readonly padding: 'valid' | 'same';
  /** What is added at the end; undefined for what the padding says. */
  readonly outputPadding: Two | undefined;
}

/** Lays `kernel [kh, kw, f, c]` onto the output at every pixel of `x [n, h, w, c]`. */
export function convolveTransposed(
  tape: Tape,
  x: Nodes,
  kernel: Nodes,
  bias: Nodes | undefined,
  { strides, dilations, padding, outputPadding }: TransposedSizes,
): Nodes {
  const [batch, height, width, channels] = x.shape as Four;
  const [kernelHeight, kernelWidth, filters] = kernel.shape as Four;
  /** Keras's size of the output in one direction, and how much of it is cut off before. */
  const along = (size: number, taps: number, direction: 0 | 1): Two => {
    const stride = strides[direction];
    const span = (taps - 1) * dilations[direction] + 1;
    const touched = (size - 1) * stride + span;
    const extra = outputPadding?.[direction];
    if (padding === 'valid') return [touched + (extra ?? Math.max(stride - span, 0)), 0];
    const out = extra === undefined ? size * stride : (size - 1) * stride + (span % 2) + extra;
    return [out, Math.floor(Math.max(touched - out, 0) / 2)];
  };
  const [outHeight, top] = along(height, kernelHeight, 0);
  const [outWidth, left] = along(width, kernelWidth, 1);
  const nodes = Array.from({ length: batch * outHeight * outWidth * filters }, (_, index) =>
    bias === undefined ? tape.leaf(0) : (bias.nodes[index % filters] as number),
  );
  const maps = indices(filters, channels) as [number, number][];
  for (const [n, h, w, i, j] of indices(batch, height, width, kernelHeight, kernelWidth) as [...Four, number][]) {
    const [oh, ow] = [h * strides[0] + i * dilations[0] - top, w * strides[1] + j * dilations[1] - left];
    if (oh < 0 || oh >= outHeight || ow < 0 || ow >= outWidth) continue;
    for (const [f, c] of maps) {
      const at = ((n * outHeight + oh) * outWidth + ow) * filters + f;
      const pixel = x.nodes[((n * height + h) * width + w) * channels + c] as number;
      const weight = kernel.nodes[((i * kernelWidth + j) * filters + f) * channels + c] as number;
      nodes[at] = tape.multiplyAdd(pixel, weight, nodes[at] as number);
    }
  }
  return { shape: [batch, outHeight, outWidth, filters], nodes };
}

/** One number from each window of each channel: the first largest one, or the mean of those on the image. */
export function pool(
  tape: Tape,
  x: Nodes,
  kind: 'max' | 'average',
  { poolSize, strides, padding }: { poolSize: Two; strides: Two; padding: Border },
): Nodes {
  const [batch, height, width, channels] = x.shape as Four;
  const rows = windows(height, [poolSize[0], strides[0]], padding, 0);
  const columns = windows(width, [poolSize[1], strides[1]], padding, 1);
  const cells = indices(poolSize[0], poolSize[1]) as [number, number][];
  const nodes: number[] = [];
  for (const [n, oh, ow, c] of indices(batch, rows.count, columns.count, channels) as Four[]) {
    const seen: number[] = [];
    for (const [i, j] of cells) {
      const [h, w] = [oh * strides[0] + i - rows.before, ow * strides[1] + j - columns.before];
      if (h < 0 || h >= height || w < 0 || w >= width) continue;
      seen.push(x.nodes[((n * height + h) * width + w) * channels + c] as number);
    }
    const larger = (a: number, b: number): number => (tape.value(b) > tape.value(a) ? b : a);
    nodes.push(kind === 'max' ? seen.reduce(larger) : tape.affine(tape.sum(seen), 1 / seen.length));
  }
  return { shape: [batch, rows.count, columns.count, channels], nodes };
}

/** Every index of an array of these sizes, row-major. */
export function indices(...sizes: readonly number[]): number[][] {
  return sizes.reduce<number[][]>(
    (list, size) => list.flatMap((start) => Array.from({ length: size }, (_, index) => [...start, index])),
    [[]],
  );
}
