/** Pooling of whole images and sequences. */

import { boolean, checkOptions } from '../options';
import { resolveConvolution } from '../runtime/geometry';
import { type Layer, labelOf, only } from './layer';
import { averageKernels, emitPooling, maxKernels, type PoolingKernels } from './pooling';
import { image, sequence, unweighted } from './unweighted';

/** Options of {@link globalMaxPooling2d} and {@link globalAveragePooling2d}. */
export interface GlobalPoolingOptions {
  /** Whether the output keeps height and width as 1. Default false. */
  readonly keepDims?: boolean;
  /** Unique name in the model. Default `global_max_pooling2d_1`, …. */
  readonly name?: string;
}

/** The largest value of each channel. Input `[batch, height, width, channels]`, output `[batch, channels]`. */
export function globalMaxPooling2d(options: GlobalPoolingOptions = {}): Layer {
  return globalPooling('globalMaxPooling2d', 'GlobalMaxPooling2D', options, maxKernels, image);
}

/** The mean of each channel. Input `[batch, height, width, channels]`, output `[batch, channels]`. */
export function globalAveragePooling2d(options: GlobalPoolingOptions = {}): Layer {
  return globalPooling('globalAveragePooling2d', 'GlobalAveragePooling2D', options, averageKernels, image);
}

/** Options of {@link globalMaxPooling1d} and {@link globalAveragePooling1d}. */
export interface GlobalPooling1dOptions {
  /** Whether the output keeps the steps as 1. Default false. */
  readonly keepDims?: boolean;
  /** Unique name in the model. Default `global_max_pooling1d_1`, …. */
  readonly name?: string;
}

/** The largest value of each channel. Input `[batch, steps, channels]`, output `[batch, channels]`. */
export function globalMaxPooling1d(options: GlobalPooling1dOptions = {}): Layer {
  return globalPooling('globalMaxPooling1d', 'GlobalMaxPooling1D', options, maxKernels, sequence);
}

/** The mean of each channel. Input `[batch, steps, channels]`, output `[batch, channels]`. */
export function globalAveragePooling1d(options: GlobalPooling1dOptions = {}): Layer {
  return globalPooling('globalAveragePooling1d', 'GlobalAveragePooling1D', options, averageKernels, sequence);
}

function globalPooling(
  kind: string,
  className: string,
  options: GlobalPoolingOptions,
  kernels: PoolingKernels,
  read: typeof image | typeof sequence,
): Layer {
  const label = labelOf(kind, options);
  checkOptions(label, options, ['keepDims', 'name']);
  const keepDims = boolean(options.keepDims ?? false, `${label}: keepDims`);
  return unweighted({
    className,
    label: kind,
    name: options.name,
    config: { keepDims },
    infer(inputShapes, where) {
      const shape = read(inputShapes, where);
      const channels = shape[shape.length - 1] as number;
      return keepDims ? [...shape.slice(1).map(() => 1), channels] : [channels];
    },
    emit(builder, inputs, shape) {
      const input = only(inputs, label);
      const [batch = 1, ...sizes] = input.shape;
      const channels = sizes.pop() ?? 1;
      // A sequence is an image of one row.
      const [width = 1, height = 1] = sizes.reverse();
      const window = [height, width, channels, channels];
      const whole = { strides: [height, width] as const, padding: 'valid' as const };
      const resolved = resolveConvolution([batch, height, width, channels], window, whole, label);
      const emitted = emitPooling(kernels, builder, resolved, input.buffer);
      return { ...emitted, output: { buffer: emitted.output.buffer, shape } };
    },
  });
}
