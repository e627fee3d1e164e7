/** Sequences that are framed, cut and repeated: images of one row. */

import { OptionError, ShapeError } from '../errors';
import { checkOptions, describe, positiveInteger, wholeNumber } from '../options';
import type { PlanBuilder } from '../plan/builder';
import type { Shape } from '../shape';
import { emitInset } from './inset';
import { type EmittedLayer, formatBatchShape, type Layer, labelOf, only, type Value } from './layer';
import { sequence, single, unweighted } from './unweighted';
import { emitUpSampling } from './upSampling2d';

/** One number for both ends, or `[before, after]`. */
export type Ends = number | readonly [number, number];

function bothEnds(value: Ends, what: string): readonly [number, number] {
  const [before, after] = Array.isArray(value) ? value : [value, value];
  if (Array.isArray(value) && value.length !== 2) {
    throw new OptionError(`${what}: expected an integer ≥ 0 or two of them, got ${describe(value)}`);
  }
  return [wholeNumber(before, what), wholeNumber(after, what)];
}

/** Options of {@link zeroPadding1d}. */
export interface ZeroPadding1dOptions {
  /** Steps of zeros before and after. Default 1. */
  readonly padding?: Ends;
  /** Unique name in the model. Default `zero_padding1d_1`, …. */
  readonly name?: string;
}

/**
 * Sequences between zeros. Input `[batch, steps, channels]`.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function zeroPadding1d(options: ZeroPadding1dOptions = {}): Layer {
  const label = labelOf('zeroPadding1d', options);
  checkOptions(label, options, ['padding', 'name']);
  const padding = bothEnds(options.padding ?? 1, `${label}: padding`);
  return unweighted({
    className: 'ZeroPadding1D',
    label: 'zeroPadding1d',
    name: options.name,
    config: { padding },
    infer(inputShapes, where) {
      const [steps, channels] = sequence(inputShapes, where);
      return [padding[0] + steps + padding[1], channels];
    },
    emit: (builder, inputs, shape) => emitRow(builder, only(inputs, label), shape, padding[0], 'pad2d'),
  });
}

/** Options of {@link cropping1d}. */
export interface Cropping1dOptions {
  /** Steps that are cut off before and after. Default 1. */
  readonly cropping?: Ends;
  /** Unique name in the model. Default `cropping1d_1`, …. */
  readonly name?: string;
}

/**
 * Sequences without their ends. Input `[batch, steps, channels]`.
 *
 * @throws {OptionError} when an option is unknown or out of range, {@link ShapeError} from the model when nothing is left.
 */
export function cropping1d(options: Cropping1dOptions = {}): Layer {
  const label = labelOf('cropping1d', options);
  checkOptions(label, options, ['cropping', 'name']);
  const cropping = bothEnds(options.cropping ?? 1, `${label}: cropping`);
  return unweighted({
    className: 'Cropping1D',
    label: 'cropping1d',
    name: options.name,
    config: { cropping },
    infer(inputShapes, where) {
      const [steps, channels] = sequence(inputShapes, where);
      const left = steps - cropping[0] - cropping[1];
      if (left < 1) {
        throw new ShapeError(
          `${where}: expected input longer than cropping ${describe(cropping)}, got ${formatBatchShape([steps, channels])}`,
        );
      }
      return [left, channels];
    },
    emit: (builder, inputs, shape) => emitRow(builder, only(inputs, label), shape, cropping[0], 'crop2d'),
  });
}

/** Frames or cuts images of one row. */
function emitRow(
  builder: PlanBuilder,
  { buffer, shape: [batch = 1, steps = 1, channels = 1] }: Value,
  shape: Shape,
  before: number,
  kernel: 'pad2d' | 'crop2d',
): EmittedLayer {
  const input = { buffer, shape: [batch, 1, steps, channels] };
  const [, outSteps = 1] = shape;
  const emitted = emitInset(builder, input, [batch, 1, outSteps, channels], [0, before], kernel);
  return { ...emitted, output: { buffer: emitted.output.buffer, shape } };
}

/** Options of {@link upSampling1d}. */
export interface UpSampling1dOptions {
  /** How often each step stands in the output. Default 2. */
  readonly size?: number;
  /** Unique name in the model. Default `up_sampling1d_1`, …. */
  readonly name?: string;
}

/**
 * Sequences whose steps are repeated, each `size` times in a row. Input `[batch, steps, channels]`.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function upSampling1d(options: UpSampling1dOptions = {}): Layer {
  const label = labelOf('upSampling1d', options);
  checkOptions(label, options, ['size', 'name']);
  const size = positiveInteger(options.size ?? 2, `${label}: size`);
  return unweighted({
    className: 'UpSampling1D',
    label: 'upSampling1d',
    name: options.name,
    config: { size },
    infer(inputShapes, where) {
      const [steps, channels] = sequence(inputShapes, where);
      return [steps * size, channels];
    },
    emit(builder, inputs, shape) {
      const input = only(inputs, label);
      const [batch = 1, steps = 1, channels = 1] = input.shape;
      return emitUpSampling(builder, input, shape, [batch, steps, 1, channels, size, 1, 0]);
    },
  });
}

/** Options of {@link repeatVector}. */
export interface RepeatVectorOptions {
  /** How often. */
  readonly n: number;
  /** Unique name in the model. Default `repeat_vector_1`, …. */
  readonly name?: string;
}

/**
 * A vector as a sequence of `n` equal steps. Input `[batch, features]`, output `[batch, n, features]`.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function repeatVector(options: RepeatVectorOptions): Layer {
  const label = labelOf('repeatVector', options);
  checkOptions(label, options, ['n', 'name']);
  const n = positiveInteger(options.n, `${label}: n`);
  return unweighted({
    className: 'RepeatVector',
    label: 'repeatVector',
    name: options.name,
    config: { n },
    infer(inputShapes, where) {
      const shape = single(inputShapes, where);
      if (shape.length !== 1) {
        throw new ShapeError(`${where}: expected input [batch,features], got ${formatBatchShape(shape)}`);
      }
      return [n, ...shape];
    },
    emit(builder, inputs, shape) {
      const input = only(inputs, label);
      const [batch = 1, features = 1] = input.shape;
      return emitUpSampling(builder, input, shape, [batch, 1, 1, features, n, 1, 0]);
    },
  });
}
