/** Images enlarged by whole factors. */

import { OptionError } from '../errors';
import { checkOptions, describe } from '../options';
import { read, write } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import { type Pair, pair } from '../runtime/geometry';
import type { Shape } from '../shape';
import { type EmittedLayer, type Layer, labelOf, only, type Value } from './layer';
import { image, unweighted } from './unweighted';

/** Options of {@link upSampling2d}. */
export interface UpSampling2dOptions {
  /** Factors of height and width. Default 2. */
  readonly size?: Pair;
  /** `'nearest'` repeats pixels, `'bilinear'` mixes neighbours by distance between centres. Default `'nearest'`. */
  readonly interpolation?: 'nearest' | 'bilinear';
  /** Unique name in the model. Default `up_sampling2d_1`, …. */
  readonly name?: string;
}

/**
 * Images enlarged by whole factors. Input `[batch, height, width, channels]`.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function upSampling2d(options: UpSampling2dOptions = {}): Layer {
  const label = labelOf('upSampling2d', options);
  checkOptions(label, options, ['size', 'interpolation', 'name']);
  const size = pair(options.size ?? 2, `${label}: size`);
  const interpolation = options.interpolation ?? 'nearest';
  if (interpolation !== 'nearest' && interpolation !== 'bilinear') {
    throw new OptionError(`${label}: expected interpolation "nearest" or "bilinear", got ${describe(interpolation)}`);
  }
  return unweighted({
    className: 'UpSampling2D',
    label: 'upSampling2d',
    name: options.name,
    config: { size, interpolation },
    infer(inputShapes, where) {
      const [height, width, channels] = image(inputShapes, where);
      return [height * size[0], width * size[1], channels];
    },
    emit(builder, inputs, shape) {
      const input = only(inputs, label);
      const [batch = 1, height = 1, width = 1, channels = 1] = input.shape;
      const sizes = [batch, height, width, channels, ...size, Number(interpolation === 'bilinear')];
      return emitUpSampling(builder, input, shape, sizes);
    },
  });
}

/**
 * An enlarged image, whose gradient is the sum over what came of each pixel.
 *
 * @param sizes - Batch, height, width, channels, both factors, and 1 for bilinear interpolation.
 */
export function emitUpSampling(
  builder: PlanBuilder,
  input: Value,
  shape: Shape,
  sizes: readonly number[],
): EmittedLayer {
  const y = builder.temporary('output', shape);
  builder.call('upsampling2d', [...sizes, read(input.buffer), write(y)], y.size);
  builder.record('y', y);
  return {
    output: { buffer: y, shape },
    backward(gradient, [needed]) {
      if (!needed) return [undefined];
      const dx = builder.temporary('input gradient', input.shape);
      builder.call('upsampling2d_gradient', [...sizes, read(gradient), write(dx)], y.size);
      return [dx];
    },
  };
}
