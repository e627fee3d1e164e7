/** Layers that change images by chance: how the random suite configures and defines them. */

import fc from 'fast-check';
import type { Nodes } from '../../support/tape';
import { type Definition, first, type Given, image, integer, type Options } from './definition';
import { indices, type Two } from './images';

type Four = [number, number, number, number];
type Affine = readonly [number, number, number, number, number, number];
const { max, min, floor, abs } = Math;

/** A random word in [0, 1). */
const share = (word: number | undefined): number => ((word as number) >>> 8) / 2 ** 24;
const between = ([low, high]: Two, at: number): number => low + (high - low) * at;
const ends = (factor: unknown): Two => {
  if (Array.isArray(factor)) return [min(...factor), max(...factor)];
  return [-abs(factor as number), abs(factor as number)];
};

/** A place beyond an image of a size, brought into it. */
function inside(place: number, size: number, mode: unknown): number {
  const last = size - 1;
  if (mode === 'constant') return place;
  let at = place;
  if (mode === 'reflect') while (at <= -1 || at >= size) at = at < 0 ? -1 - at : 2 * size - 1 - at;
  // TensorFlow counts images by size − 1.
  if (mode === 'wrap' && at < 0) at += size === 1 ? 0 : size * (floor(-at / last) + 1);
  else if (mode === 'wrap' && at > last) at -= size === 1 ? 0 : size * floor(at / last);
  return min(max(at, 0), last);
}

/** Pixels of the input, or none, and their shares, for a place between them. */
function corners([y, x]: Two, options: Options): [number, number, number][] {
  const round = (at: number): number => Math.sign(at) * floor(abs(at) + 0.5);
  if (options.interpolation === 'nearest') return [[round(y), round(x), 1]];
  return indices(2, 2).map(([down = 0, across = 0]) => {
    const [row, column] = [floor(y) + down, floor(x) + across];
    return [row, column, (1 - abs(y - row)) * (1 - abs(x - column))];
  });
}

/** Images along maps from places of the output to places of the input, a map a sample. */
function warp(given: Given, [outHeight, outWidth]: Two, options: Options, mapOf: (words: readonly number[]) => Affine) {
  const { tape } = given;
  const { shape, nodes } = first(given.inputs);
  const [batch, height, width, channels] = shape as Four;
  const fill = tape.leaf((options.fillValue as number | undefined) ?? 0);
  const result = (indices(batch, outHeight, outWidth, channels) as Four[]).map(([n, i, j, c]) => {
    const [a0, a1, a2, b0, b1, b2] = mapOf(given.words(n));
    const x = inside(a0 * j + a1 * i + a2, width, options.fillMode);
    const y = inside(b0 * j + b1 * i + b2, height, options.fillMode);
    const parts = corners([y, x], options).map(([row, column, part]) => {
      const isBeyond = row < 0 || row >= height || column < 0 || column >= width;
      const source = isBeyond ? fill : (nodes[((n * height + row) * width + column) * channels + c] as number);
      return tape.affine(source, part);
    });
    return parts.length === 1 ? (parts[0] as number) : tape.sum(parts);
  });
  return { shape: [batch, outHeight, outWidth, channels], nodes: result };
}

const factor = (low: number, high: number) => {
  const one = fc.integer({ min: low * 64, max: high * 64 }).map((whole) => whole / 64);
  return fc.oneof(one, fc.tuple(one, one), fc.constant([high / 2, high / 2]));
};
const resampling = {
  fillMode: fc.constantFrom('constant', 'nearest', 'reflect', 'wrap'),
  interpolation: fc.constantFrom('nearest', 'bilinear'),
  fillValue: fc.constantFrom(0, -2, 3),
};

function moving(
  options: Record<string, fc.Arbitrary<unknown>>,
  mapOf: (size: Two, options: Options, words: readonly number[]) => Affine,
): Definition {
  return {
    rounds: true,
    settings: fc
      .tuple(image, fc.record({ ...options, ...resampling }))
      .map(([shape, chosen]) => ({ inputShapes: [shape], options: chosen })),
    compute(given, chosen) {
      const [, height, width] = first(given.inputs).shape as Four;
      return warp(given, [height, width], chosen, (words) => mapOf([height, width], chosen, words));
    },
  };
}

function toned(
  options: Record<string, fc.Arbitrary<unknown>>,
  ranges: (options: Options) => { factors: Two; addends: Two },
): Definition {
  return {
    settings: fc
      .tuple(image, fc.record({ ...options, valueRange: fc.constantFrom([-3, 2.5], [0, 4], [3, -3]) }))
      .map(([shape, chosen]) => ({ inputShapes: [shape], options: chosen })),
    compute(given, chosen): Nodes {
      const { tape } = given;
      const { shape, nodes } = first(given.inputs);
      const [batch, height, width, channels] = shape as Four;
      const [low, high] = ends(chosen.valueRange);
      const { factors, addends } = ranges(chosen);
      const result = new Array<number>(nodes.length);
      for (const [n, c] of indices(batch, channels) as [number, number][]) {
        const words = given.words(n);
        const places = indices(height * width).map(([pixel = 0]) => (n * height * width + pixel) * channels + c);
        const mean = tape.affine(tape.sum(places.map((place) => nodes[place] as number)), 1 / places.length);
        for (const place of places) {
          const far = tape.affine(tape.subtract(nodes[place] as number, mean), between(factors, share(words[0])));
          const value = tape.affine(tape.add(far, mean), 1, between(addends, share(words[1])));
          const clip = (v: number): number => min(max(v, low), high);
          result[place] = tape.map(value, clip, (v) => Number(v >= low && v <= high));
        }
      }
      return { shape, nodes: result };
    },
  };
}

/** By Keras's class name. */
export const augmentationDefinitions: Readonly<Record<string, Definition>> = {
  RandomBrightness: toned({ factor: factor(-1, 1) }, (options) => {
    const [low, high] = ends(options.valueRange);
    const [from, to] = ends(options.factor);
    return { factors: [1, 1], addends: [from * (high - low), to * (high - low)] };
  }),
  RandomContrast: toned({ factor: factor(0, 1) }, ({ factor: given }) => {
    const [lower, upper] = Array.isArray(given) ? (given as [number, number]) : [given as number, given as number];
    return { factors: [1 - lower, 1 + upper], addends: [0, 0] };
  }),
  RandomCrop: {
    settings: fc
      .tuple(image, integer(0, 3), integer(0, 3))
      .map(([[height = 1, width = 1, channels = 1], down, right]) => ({
        inputShapes: [[height + down, width + right, channels]],
        options: { height, width },
      })),
    compute(given, options) {
      const size = [options.height, options.width] as [number, number];
      const [, height, width] = first(given.inputs).shape as Four;
      return warp(
        given,
        size,
        { interpolation: 'nearest', fillMode: 'constant' },
        ([down = 0, across = 0]) =>
          [
            ...[1, 0, floor((across * (width - size[1] + 1)) / 2 ** 32)],
            ...([0, 1, floor((down * (height - size[0] + 1)) / 2 ** 32)] as [number, number, number]),
          ] as unknown as Affine,
      );
    },
  },
  RandomFlip: {
    settings: fc
      .tuple(image, fc.record({ mode: fc.constantFrom('horizontal', 'vertical', 'horizontalAndVertical') }))
      .map(([shape, options]) => ({ inputShapes: [shape], options })),
    compute(given, { mode }) {
      const [, height, width] = first(given.inputs).shape as Four;
      const exactly = { interpolation: 'nearest', fillMode: 'constant' };
      return warp(given, [height, width], exactly, ([down, across]) => {
        const x = mode !== 'vertical' && share(across) < 0.5 ? [-1, width - 1] : [1, 0];
        const y = mode !== 'horizontal' && share(down) < 0.5 ? [-1, height - 1] : [1, 0];
        return [x[0], 0, x[1], 0, y[0], y[1]] as unknown as Affine;
      });
    },
  },
  RandomRotation: moving({ factor: factor(-1, 1) }, ([height, width], options, [word]) => {
    const angle = 2 * Math.PI * between(ends(options.factor), share(word));
    // Quarters of a turn without the rounding of π, which would move what lies at the border beyond it.
    const [sine, cosine] = [Math.sin(angle), Math.cos(angle)].map((value) => Math.round(value * 2 ** 45) / 2 ** 45) as [
      number,
      number,
    ];
    const [x, y] = [(width - 1) / 2, (height - 1) / 2];
    return [cosine, -sine, x - cosine * x + sine * y, sine, cosine, y - sine * x - cosine * y];
  }),
  RandomTranslation: moving(
    { heightFactor: factor(-1, 1), widthFactor: factor(-1, 1) },
    ([height, width], { heightFactor, widthFactor }, [down, across]) => [
      ...([1, 0, -width * between(ends(widthFactor), share(across))] as const),
      ...([0, 1, -height * between(ends(heightFactor), share(down))] as const),
    ],
  ),
  RandomZoom: moving(
    { heightFactor: factor(-0.5, 1), widthFactor: fc.oneof(fc.constant(null), factor(-0.5, 1)) },
    ([height, width], { heightFactor, widthFactor }, [down, across]) => {
      const y = 1 + between(ends(heightFactor), share(down));
      const x = widthFactor === null ? y : 1 + between(ends(widthFactor), share(across));
      return [x, 0, ((width - 1) / 2) * (1 - x), 0, y, ((height - 1) / 2) * (1 - y)];
    },
  ),
};
