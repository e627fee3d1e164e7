/** What the layers that move images have in common: a map drawn for each sample, and the images along it. */

import { lookUp, numberIn } from '../../options';
import { read, write } from '../../plan/buffer';
import type { PlanBuilder } from '../../plan/builder';
import { type Shape, sizeOf } from '../../shape';
import type { EmittedLayer, Value } from '../layer';
import type { Range } from './ranges';

/**
 * What lies beyond an image: `'constant'` (k k | a b c | k k, the fill value), `'nearest'` (a a | a b c | c c),
 * `'reflect'` (b a | a b c | c b) or `'wrap'` (b c | a b c | a b).
 */
export type FillMode = 'constant' | 'nearest' | 'reflect' | 'wrap';

/** How pixels between pixels come about: the nearest one, or four mixed by distance. */
export type Interpolation = 'nearest' | 'bilinear';

/** Options of all layers that resample images. */
export interface ResamplingOptions {
  /** What lies beyond the image. Default `'reflect'`. */
  readonly fillMode?: FillMode;
  /** How pixels between pixels come about. Default `'bilinear'`. */
  readonly interpolation?: Interpolation;
  /** Value beyond the image when `fillMode` is `'constant'`. Default 0. */
  readonly fillValue?: number;
}

/** {@link ResamplingOptions} with their defaults filled in. */
export type Resampling = Readonly<Required<ResamplingOptions>>;

/** Names of {@link ResamplingOptions}. */
export const resamplingNames = ['fillMode', 'interpolation', 'fillValue'] as const;

/** Pixels that are taken as they are. */
export const exactly: Resampling = { fillMode: 'constant', interpolation: 'nearest', fillValue: 0 };

/** Codes of the kernels, crate/src/kernels/warp.rs. */
const fillModes = { constant: 0, nearest: 1, reflect: 2, wrap: 3 } as const;
const interpolations = { nearest: 0, bilinear: 1 } as const;

/** Codes of the kernels, crate/src/kernels/motion.rs. */
const motions = { flip: 0, translation: 1, crop: 2, rotation: 3, zoom: 4, evenZoom: 5 } as const;

/** Checks the options. @throws {OptionError} beginning with `label`. */
export function readResampling(options: ResamplingOptions, label: string): Resampling {
  const { fillMode = 'reflect', interpolation = 'bilinear', fillValue = 0 } = options;
  lookUp(fillModes, fillMode, `${label}: fillMode`);
  lookUp(interpolations, interpolation, `${label}: interpolation`);
  numberIn(fillValue, -Number.MAX_VALUE, Number.MAX_VALUE, `${label}: fillValue`);
  return { fillMode, interpolation, fillValue };
}

/** How images move: the kind, and the ranges of the numbers for rows and for columns. */
export interface Motion {
  /** What the numbers mean. */
  readonly kind: keyof typeof motions;
  /** Range for rows, or of the only number. */
  readonly down: Range;
  /** Range for columns. */
  readonly across: Range;
}

/** Draws a map for each sample and takes the images along it; the gradient goes back along the same maps. */
export function emitMotion(
  builder: PlanBuilder,
  { buffer: x, shape: inputShape }: Value,
  shape: Shape,
  { kind, down, across }: Motion,
  { fillMode, interpolation, fillValue }: Resampling,
): EmittedLayer {
  const [batch = 1, height = 1, width = 1, channels = 1] = inputShape;
  const [, outHeight = 1, outWidth = 1] = shape;
  const sizes = [batch, height, width, outHeight, outWidth];
  const maps = builder.temporary('maps', [batch, 6]);
  const numbers = [motions[kind], ...down, ...across, builder.nextStream()];
  builder.call('draw_maps', [...sizes, ...numbers, read(builder.clock), write(maps)], 10 * maps.size);
  const y = builder.temporary('output', shape);
  const rules = [...sizes, channels, fillModes[fillMode], fillValue, interpolations[interpolation]];
  const flops = (interpolation === 'bilinear' ? 8 : 1) * sizeOf(shape);
  builder.call('warp', [...rules, read(maps), read(x), write(y)], flops);
  builder.record('y', y);
  return {
    output: { buffer: y, shape },
    backward(gradient, [needed]) {
      if (!needed) return [undefined];
      const dx = builder.temporary('input gradient', inputShape);
      builder.call('warp_gradient', [...rules, read(maps), read(gradient), write(dx)], flops);
      return [dx];
    },
  };
}
