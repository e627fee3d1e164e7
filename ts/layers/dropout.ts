/** Dropout: noise while training, nothing otherwise. */

import { checkOptions, numberIn } from '../options';
import { type Buffer, read, write } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import { type Shape, sizeOf } from '../shape';
import { type Layer, labelOf, only, type Value } from './layer';
import { image, sequence, single, unweighted } from './unweighted';

/** Options of {@link dropout}, {@link spatialDropout1d} and {@link spatialDropout2d}. */
export interface DropoutOptions {
  /** Share that is set to zero, in [0, 1). */
  readonly rate: number;
  /** Unique name in the model. Default `dropout_1`, `spatial_dropout2d_1`, …. */
  readonly name?: string;
}

/**
 * While training, sets values to zero by chance and multiplies the others by 1 / (1 − rate) (Srivastava et al., 2014);
 * otherwise hands its input on. Any shape. The chances follow from the model's seed and the number of the step.
 *
 * @throws {OptionError} when `rate` is not in [0, 1).
 */
export function dropout(options: DropoutOptions): Layer {
  return noise('dropout', 'Dropout', options, single);
}

/**
 * {@link dropout} of whole channels of an image (Tompson et al., 2015). Input `[batch, height, width, channels]`.
 *
 * @throws {OptionError} when `rate` is not in [0, 1).
 */
export function spatialDropout2d(options: DropoutOptions): Layer {
  return noise('spatialDropout2d', 'SpatialDropout2D', options, image);
}

/**
 * {@link dropout} of whole channels of a sequence. Input `[batch, steps, channels]`.
 *
 * @throws {OptionError} when `rate` is not in [0, 1).
 */
export function spatialDropout1d(options: DropoutOptions): Layer {
  return noise('spatialDropout1d', 'SpatialDropout1D', options, sequence);
}

function noise(
  kind: string,
  className: string,
  options: DropoutOptions,
  shapeOf: (inputShapes: readonly Shape[], where: string) => Shape,
): Layer {
  const label = labelOf(kind, options);
  checkOptions(label, options, ['rate', 'name']);
  const rate = numberIn(options.rate, 0, 1 - Number.EPSILON, `${label}: rate`);
  return unweighted({
    className,
    label: kind,
    name: options.name,
    config: { rate },
    infer: shapeOf,
    emit(builder, inputs, shape) {
      const input = only(inputs, label);
      if (!builder.training || rate === 0) {
        return { output: { buffer: input.buffer, shape }, backward: (gradient) => [gradient] };
      }
      return emitNoise(builder, input, rate, shapeOf !== single);
    },
  });
}

function emitNoise(builder: PlanBuilder, { buffer: x, shape }: Value, rate: number, spatial: boolean) {
  const stream = builder.nextStream();
  const channels = shape.at(-1) ?? 1;
  const batch = shape[0] ?? 1;
  const sizes = spatial ? [batch, sizeOf(shape.slice(1, -1)), channels] : [1, 1, x.size];
  const drop = (source: Buffer, name: string): Buffer => {
    const target = builder.temporary(name, shape);
    builder.call('dropout', [...sizes, rate, stream, read(builder.clock), read(source), write(target)], x.size);
    return target;
  };
  const y = drop(x, 'output');
  builder.record('y', y);
  return {
    output: { buffer: y, shape },
    // The same chances again: nothing needs to be kept.
    backward: (gradient: Buffer, [needed]: readonly boolean[]) => [
      needed ? drop(gradient, 'input gradient') : undefined,
    ],
  };
}
