/** Two-dimensional convolution. */

import { OptionError, ShapeError } from '../errors';
import { checkOptions, positiveInteger } from '../options';
import { type Buffer, type BufferArgument, read, write } from '../plan/buffer';
import type { ConvolutionPass, PlanBuilder } from '../plan/builder';
import { slopeArguments } from '../plan/slope';
import { type Convolution, type ConvolutionOptions, type Pair, pair, resolveConvolution } from '../runtime/geometry';
import type { ActivationFunction } from './activations';
import { emitWithKept } from './kept';
import { type EmittedLayer, formatBatchShape, type Layer, labelOf, only, type WeightBuffers } from './layer';
import { emitWeighted, readWeighted, type WeightedCalls, type WeightedOptions, weightedOptions } from './weighted';

/** Options of {@link conv2d}. */
export interface Conv2dOptions extends Omit<ConvolutionOptions, 'dilations'>, WeightedOptions {
  /** Number of filters: channels of the output. */
  readonly filters: number;
  /** Height and width of the filters. */
  readonly kernelSize: Pair;
  /** Distance between the taps of the filters. Default 1. */
  readonly dilationRate?: Pair;
}

const known = ['filters', 'kernelSize', 'strides', 'padding', 'dilationRate', 'groups', ...weightedOptions];

/**
 * `y = activation(conv(x, kernel) + bias)`, cross-correlation as in the field.
 *
 * Input `[batch, height, width, channels]`, or `[batch, height, width]` for one channel; output
 * `[batch, outHeight, outWidth, filters]`. Weights: `kernel [kernelHeight, kernelWidth, channels / groups, filters]`,
 * `bias [filters]`. The gradient of the kernel is itself a convolution, of the input with the output's gradient.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function conv2d(options: Conv2dOptions): Layer {
  const label = labelOf('conv2d', options);
  checkOptions(label, options, known);
  const filters = positiveInteger(options.filters, `${label}: filters`);
  const kernelSize = pair(requireKernelSize(options, label), `${label}: kernelSize`);
  const weighted = readWeighted(options, label);
  const strides = pair(options.strides ?? 1, `${label}: strides`);
  const padding = options.padding ?? 'valid';
  const dilationRate = pair(options.dilationRate ?? 1, `${label}: dilationRate`);
  const groups = positiveInteger(options.groups ?? 1, `${label}: groups`);
  const config = { filters, kernelSize, strides, padding, dilationRate, groups, ...weighted.config };
  return {
    className: 'Conv2D',
    name: options.name,
    config,
    build(inputShapes, name) {
      const where = `conv2d "${name}"`;
      const inputShape = withChannels(only(inputShapes, name), where);
      const [height, width, channels] = inputShape;
      if (channels % groups !== 0) {
        throw new OptionError(`${where}: expected groups to divide ${channels} input channels, got ${groups}`);
      }
      const filterShape = [...kernelSize, channels / groups, filters];
      const sizes: ConvolutionOptions = { strides, padding, dilations: dilationRate, groups };
      const resolve = (batch: number): Convolution =>
        resolveConvolution([batch, height, width, channels], filterShape, sizes, where);
      return {
        name,
        className: 'Conv2D',
        config,
        inputShapes,
        outputShape: resolve(1).output.slice(1),
        ...(weighted.isLinear && { kernelInner: 1 }),
        weights: weighted.weights(filterShape, filters),
        emit: (builder, inputs, buffers) =>
          emitConvolution(builder, resolve(builder.batch), only(inputs, name).buffer, buffers, weighted.activation),
      };
    },
  };
}

function requireKernelSize(options: Conv2dOptions, label: string): Pair {
  if (options.kernelSize === undefined) throw new OptionError(`${label}: expected the option kernelSize, got none`);
  return options.kernelSize;
}

/** `[height, width]` is accepted as one channel. */
function withChannels(shape: readonly number[], where: string): readonly [number, number, number] {
  const [height, width, channels] = shape.length === 2 ? [...shape, 1] : shape;
  if (height === undefined || width === undefined || channels === undefined || shape.length > 3) {
    throw new ShapeError(`${where}: expected input [batch,height,width,channels], got ${formatBatchShape(shape)}`);
  }
  return [height, width, channels];
}

/** Emits a convolution; also for layers that are one in disguise. */
export function emitConvolution(
  builder: PlanBuilder,
  convolution: Convolution,
  x: Buffer,
  weights: readonly WeightBuffers[],
  activation: ActivationFunction,
): EmittedLayer {
  const geometry = builder.constant('geometry', convolution.block);
  const { flops, input, output } = convolution;
  /** The scratch memory of a pass and its size, the last two arguments of its kernel. */
  const scratch = (pass: ConvolutionPass): [BufferArgument, number] => {
    const buffer = builder.workspace(builder.workspaces.convolution(pass, convolution));
    return [write(buffer), buffer.size];
  };
  const calls: WeightedCalls = {
    forward(kernel, bias, z, code) {
      if (emitWithKept(builder, 6, convolution, { geometry, x, kernel, bias, y: z, code })) return;
      const arrays = [read(x), read(kernel), bias];
      builder.poolable(z, code, (pooling) => {
        if (pooling === undefined) {
          builder.call('conv2d_forward', [read(geometry), ...arrays, write(z), code, ...scratch(0)], flops);
          return;
        }
        const geometries = [read(geometry), read(pooling.geometry)];
        const outputs = [write(pooling.y), pooling.argmax === undefined ? 0 : write(pooling.argmax)];
        builder.call('conv2d_max_pool2d', [...geometries, ...arrays, ...outputs, code, ...scratch(3)], flops);
      });
    },
    kernelGradient(dz, gradient) {
      const arrays = [read(geometry), read(x), read(dz), write(gradient)];
      builder.call('conv2d_filter_gradient', [...arrays, ...scratch(1)], flops);
    },
    pooled: {
      hasInputGradient: () => builder.workspaces.convolution(5, convolution) > 0,
      gradients({ geometry: windows, argmax, dy, slope }, gradients, kernel) {
        const geometries = [read(geometry), read(windows)];
        const pooled = [read(argmax), read(dy), ...slopeArguments(slope)];
        const outputs = [write(gradients.kernel), gradients.bias === undefined ? 0 : write(gradients.bias)];
        if (kernel === undefined) {
          const arrays = [...geometries, read(x), ...pooled, ...outputs];
          builder.call('conv2d_max_pool2d_gradient', [...arrays, ...scratch(4)], flops);
          return undefined;
        }
        const dx = builder.temporary('input gradient', input);
        const arrays = [...geometries, read(x), read(kernel), ...pooled, ...outputs, write(dx)];
        return builder.computed(dx, (after) => {
          builder.call('conv2d_max_pool2d_gradients', [...arrays, ...slopeArguments(after), ...scratch(5)], 2 * flops);
        });
      },
    },
    inputGradient(dz, kernel) {
      const dx = builder.temporary('input gradient', input);
      const arrays = [read(geometry), read(dz), read(kernel), write(dx)];
      return builder.computed(dx, (slope) => {
        builder.call('conv2d_input_gradient', [...arrays, ...slopeArguments(slope), ...scratch(2)], flops);
      });
    },
  };
  return emitWeighted(builder, calls, { x, weights, outputShape: output, activation });
}
