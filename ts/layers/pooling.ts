/** Pooling: the largest value or the mean of each window. */

import { ShapeError } from '../errors';
import { checkOptions, windowPadding } from '../options';
import { type Buffer, read, write } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import { emitSlope, type Slope } from '../plan/slope';
import { type Convolution, type Pair, pair, resolveConvolution } from '../runtime/geometry';
import type { KernelName } from '../runtime/kernels';
import { sizeOf } from '../shape';
import { type EmittedLayer, formatBatchShape, type Layer, labelOf, only } from './layer';

/** Options of {@link maxPool2d} and {@link averagePool2d}. */
export interface Pooling2dOptions {
  /** Height and width of the windows. Default 2. */
  readonly poolSize?: Pair;
  /** Step between windows. Default `poolSize`. */
  readonly strides?: Pair;
  /** `'valid'` leaves out windows that do not fit, `'same'` cuts them at the border. Default `'valid'`. */
  readonly padding?: 'valid' | 'same';
  /** Unique name in the model. Default `max_pooling2d_1`, …. */
  readonly name?: string;
}

/**
 * The largest value of each window, channel by channel. Input `[batch, height, width, channels]`. The gradient goes to
 * the first pixel that holds the largest value.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function maxPool2d(options: Pooling2dOptions = {}): Layer {
  return pooling('maxPool2d', 'MaxPooling2D', options, maxKernels);
}

/**
 * The mean of each window, channel by channel; with `padding: 'same'` over the pixels that lie on the image, as in
 * Keras. Input `[batch, height, width, channels]`.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function averagePool2d(options: Pooling2dOptions = {}): Layer {
  return pooling('averagePool2d', 'AveragePooling2D', options, averageKernels);
}

/** The kernels of a kind of pooling. */
export interface PoolingKernels {
  /** Outputs. */
  readonly forward: KernelName;
  /** Gradient of the input. */
  readonly gradient: KernelName;
}

/** The largest value; its gradient needs the input and the output, or notes of where it is. */
export const maxKernels: PoolingKernels = { forward: 'max_pool2d', gradient: 'max_pool2d_gradient' };
/** The mean. */
export const averageKernels: PoolingKernels = { forward: 'average_pool2d', gradient: 'average_pool2d_gradient' };

function pooling(label: string, className: string, options: Pooling2dOptions, kernels: PoolingKernels): Layer {
  const where = labelOf(label, options);
  checkOptions(where, options, ['poolSize', 'strides', 'padding', 'name']);
  const poolSize = pair(options.poolSize ?? 2, `${where}: poolSize`);
  const strides = pair(options.strides ?? poolSize, `${where}: strides`);
  const padding = windowPadding(options.padding ?? 'valid', where);
  const config = { poolSize, strides, padding };
  return {
    className,
    name: options.name,
    config,
    build(inputShapes, name) {
      const shape = only(inputShapes, name);
      const [height, width, channels] = shape;
      if (height === undefined || width === undefined || channels === undefined || shape.length !== 3) {
        throw new ShapeError(
          `${label} "${name}": expected input [batch,height,width,channels], got ${formatBatchShape(shape)}`,
        );
      }
      // A pooling window is a filter's geometry; its depth plays no part.
      const resolve = (batch: number): Convolution =>
        resolveConvolution(
          [batch, height, width, channels],
          [...poolSize, channels, channels],
          { strides, padding },
          `${label} "${name}"`,
        );
      return {
        name,
        className,
        config,
        inputShapes,
        outputShape: resolve(1).output.slice(1),
        weights: [],
        emit: (builder, inputs) => emitPooling(kernels, builder, resolve(builder.batch), only(inputs, name).buffer),
      };
    },
  };
}

/** Comparisons or additions of a pass. */
function operations({ output, filter }: Convolution): number {
  return sizeOf(output) * filter[0] * filter[1];
}

/** Emits pooling over windows of some size. */
export function emitPooling(
  kernels: PoolingKernels,
  builder: PlanBuilder,
  sizes: Convolution,
  x: Buffer,
): EmittedLayer {
  const geometry = builder.constant('geometry', sizes.block);
  const y = builder.temporary('output', sizes.output);
  const isMax = kernels === maxKernels;
  const argmax = isMax ? builder.argmax(sizes) : undefined;
  const between = isMax ? builder.fusePooling(x, sizes.input, { geometry, y, argmax }) : undefined;
  if (between === undefined) {
    const notes = isMax ? [argmax === undefined ? 0 : write(argmax)] : [];
    builder.call(kernels.forward, [read(geometry), read(x), write(y), ...notes], operations(sizes));
  }
  builder.record('y', y);
  return {
    output: { buffer: y, shape: sizes.output },
    backward(gradient, [needed]) {
      if (!needed) return [undefined];
      const dx = builder.temporary('input gradient', sizes.input);
      const emit = (slope?: Slope): void => {
        const start = builder.calls.length;
        // The pixel that gets a gradient has the window's largest value, so that the slope there is that of the output:
        // it is taken of a quarter of the values, or fewer.
        const early = isMax && slope?.values === x ? { ...slope, values: y } : undefined;
        const dy = early === undefined ? gradient : emitSlope(builder, early, gradient);
        if (argmax === undefined) {
          const seen = isMax ? [read(x), read(y)] : [];
          builder.call(kernels.gradient, [read(geometry), ...seen, read(dy), write(dx)], operations(sizes));
        } else {
          builder.call(
            'max_pool2d_argmax_gradient',
            [read(geometry), read(argmax), read(dy), write(dx)],
            operations(sizes),
          );
        }
        builder.spreads(dx, dy);
        if (slope !== undefined && early === undefined) emitSlope(builder, slope, dx);
        else if (argmax !== undefined) builder.pooled(dx, start, { geometry, argmax, dy: gradient, slope: early });
      };
      if (between === undefined) {
        builder.computed(dx, emit);
      } else {
        // The convolution's outputs were not written: its activation's slope is taken here, by the largest of them.
        emit(between === 0 ? undefined : { code: between, alpha: 0, values: x });
        builder.includeSlope(dx);
      }
      builder.record('dx', dx);
      return [dx];
    },
  };
}
