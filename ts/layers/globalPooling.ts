/** Pooling of whole images. */

import { boolean, checkOptions } from '../options';
import { resolveConvolution } from '../runtime/geometry';
import { type Layer, labelOf, only } from './layer';
import { averageKernels, emitPooling, maxKernels, type PoolingKernels } from './pooling';
import { image, unweighted } from './unweighted';

/** Options of {@link globalMaxPooling2d} and {@link globalAveragePooling2d}. */
export interface GlobalPoolingOptions {
  /** Whether the output keeps height and width as 1. Default false. */
  readonly keepDims?: boolean;
  /** Unique name in the model. Default `global_max_pooling2d_1`, …. */
  readonly name?: string;
}

/** The largest value of each channel. Input `[batch, height, width, channels]`, output `[batch, channels]`. */
export function globalMaxPooling2d(options: GlobalPoolingOptions = {}): Layer {
  return globalPooling('globalMaxPooling2d', 'GlobalMaxPooling2D', options, maxKernels);
}

/** The mean of each channel. Input `[batch, height, width, channels]`, output `[batch, channels]`. */
export function globalAveragePooling2d(options: GlobalPoolingOptions = {}): Layer {
  return globalPooling('globalAveragePooling2d', 'GlobalAveragePooling2D', options, averageKernels);
}

function globalPooling(kind: string, className: string, options: GlobalPoolingOptions, kernels: PoolingKernels): Layer {
  const label = labelOf(kind, options);
  checkOptions(label, options, ['keepDims', 'name']);
  const keepDims = boolean(options.keepDims ?? false, `${label}: keepDims`);
  return unweighted({
    className,
    label: kind,
    name: options.name,
    config: { keepDims },
    infer(inputShapes, where) {
      const [, , channels] = image(inputShapes, where);
      return keepDims ? [1, 1, channels] : [channels];
    },
    emit(builder, inputs, shape) {
      const input = only(inputs, label);
      const [, height = 1, width = 1, channels = 1] = input.shape;
      const window = [height, width, channels, channels];
      const sizes = resolveConvolution(input.shape, window, { strides: [height, width], padding: 'valid' }, label);
      const emitted = emitPooling(kernels, builder, sizes, input.buffer);
      return { ...emitted, output: { buffer: emitted.output.buffer, shape } };
    },
  });
}
