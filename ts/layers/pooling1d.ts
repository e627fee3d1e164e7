/** Pooling along one dimension: images of one row. */

import { checkOptions, positiveInteger, windowPadding } from '../options';
import { type Convolution, resolveConvolution } from '../runtime/geometry';
import { type Layer, labelOf, only } from './layer';
import { averageKernels, emitPooling, maxKernels, type PoolingKernels } from './pooling';
import { sequence, unweighted } from './unweighted';

/** Options of {@link maxPooling1d} and {@link averagePooling1d}. */
export interface Pooling1dOptions {
  /** Length of the windows. Default 2. */
  readonly poolSize?: number;
  /** Step between windows. Default `poolSize`. */
  readonly strides?: number;
  /** `'valid'` leaves out windows that do not fit, `'same'` cuts them at the ends. Default `'valid'`. */
  readonly padding?: 'valid' | 'same';
  /** Unique name in the model. Default `max_pooling1d_1`, …. */
  readonly name?: string;
}

/**
 * The largest value of each window, channel by channel. Input `[batch, steps, channels]`. The gradient goes to the first
 * step that holds the largest value.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function maxPooling1d(options: Pooling1dOptions = {}): Layer {
  return pooling1d('maxPooling1d', 'MaxPooling1D', options, maxKernels);
}

/**
 * The mean of each window, channel by channel; with `padding: 'same'` over the steps that exist. Input `[batch, steps,
 * channels]`.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function averagePooling1d(options: Pooling1dOptions = {}): Layer {
  return pooling1d('averagePooling1d', 'AveragePooling1D', options, averageKernels);
}

function pooling1d(kind: string, className: string, options: Pooling1dOptions, kernels: PoolingKernels): Layer {
  const label = labelOf(kind, options);
  checkOptions(label, options, ['poolSize', 'strides', 'padding', 'name']);
  const poolSize = positiveInteger(options.poolSize ?? 2, `${label}: poolSize`);
  const strides = positiveInteger(options.strides ?? poolSize, `${label}: strides`);
  const padding = windowPadding(options.padding ?? 'valid', label);
  const resolve = (batch: number, [steps, channels]: readonly [number, number], where: string): Convolution =>
    resolveConvolution(
      [batch, 1, steps, channels],
      [1, poolSize, channels, channels],
      { strides: [1, strides], padding },
      where,
    );
  return unweighted({
    className,
    label: kind,
    name: options.name,
    config: { poolSize, strides, padding },
    infer: (inputShapes, where) => resolve(1, sequence(inputShapes, where), where).output.slice(2),
    emit(builder, inputs, shape) {
      const input = only(inputs, label);
      const [batch = 1, steps = 1, channels = 1] = input.shape;
      const emitted = emitPooling(kernels, builder, resolve(batch, [steps, channels], label), input.buffer);
      return { ...emitted, output: { buffer: emitted.output.buffer, shape } };
    },
  });
}
