/** Two-dimensional convolution. */

import { OptionError, ShapeError } from '../errors';
import { type Initializer, type InitializerName, toInitializer } from '../initializers';
import { boolean, checkOptions, positiveInteger } from '../options';
import { type Buffer, read, write } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import { type Convolution, type ConvolutionOptions, type Pair, pair, resolveConvolution } from '../runtime/geometry';
import { sizeOf } from '../shape';
import { type ActivationName, activationCode, emitActivation, emitActivationGradient } from './activations';
import { at, formatBatchShape, type Layer, only, type WeightBuffers, type WeightSpec } from './layer';

/** Options of {@link conv2d}. */
export interface Conv2dOptions extends ConvolutionOptions {
  /** Number of filters: channels of the output. */
  readonly filters: number;
  /** Height and width of the filters. */
  readonly kernelSize: Pair;
  /** Function applied to the output. Default `'linear'`. */
  readonly activation?: ActivationName;
  /** Whether each filter has a bias. Default true. */
  readonly useBias?: boolean;
  /** First values of the filters. Default `'glorotUniform'`. */
  readonly kernelInitializer?: InitializerName | Initializer;
  /** First values of the bias. Default `'zeros'`. */
  readonly biasInitializer?: InitializerName | Initializer;
  /** Whether training changes the weights. Default true. */
  readonly trainable?: boolean;
  /** Unique name in the model. Default `conv2d_1`, …. */
  readonly name?: string;
}

const known = [
  'filters',
  'kernelSize',
  'strides',
  'padding',
  'dilations',
  'groups',
  'activation',
  'useBias',
  'kernelInitializer',
  'biasInitializer',
  'trainable',
  'name',
];

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
  const label = `conv2d${options?.name === undefined ? '' : ` "${options.name}"`}`;
  checkOptions(label, options, known);
  const filters = positiveInteger(options.filters, `${label}: filters`);
  const kernelSize = pair(requireKernelSize(options, label), `${label}: kernelSize`);
  const code = activationCode(options.activation ?? 'linear', label);
  const useBias = boolean(options.useBias ?? true, `${label}: useBias`);
  const trainable = boolean(options.trainable ?? true, `${label}: trainable`);
  const kernelInitializer = toInitializer(options.kernelInitializer ?? 'glorotUniform', `${label}: kernelInitializer`);
  const biasInitializer = toInitializer(options.biasInitializer ?? 'zeros', `${label}: biasInitializer`);
  const convolutionOptions: ConvolutionOptions = {
    strides: pair(options.strides ?? 1, `${label}: strides`),
    padding: options.padding ?? 'valid',
    dilations: pair(options.dilations ?? 1, `${label}: dilations`),
    groups: positiveInteger(options.groups ?? 1, `${label}: groups`),
  };
  const config = {
    filters,
    kernelSize,
    ...convolutionOptions,
    activation: options.activation ?? 'linear',
    useBias,
    kernelInitializer: kernelInitializer.className,
    biasInitializer: biasInitializer.className,
    trainable,
  };
  return {
    className: 'Conv2D',
    name: options.name,
    config,
    build(inputShapes, name) {
      const where = `conv2d "${name}"`;
      const inputShape = withChannels(only(inputShapes, name), where);
      const [height, width, channels] = inputShape;
      const groups = convolutionOptions.groups ?? 1;
      if (channels % groups !== 0) {
        throw new OptionError(`${where}: expected groups to divide ${channels} input channels, got ${groups}`);
      }
      const filterShape = [...kernelSize, channels / groups, filters];
      const resolve = (batch: number): Convolution =>
        resolveConvolution([batch, height, width, channels], filterShape, convolutionOptions, where);
      const weights: WeightSpec[] = [{ name: 'kernel', shape: filterShape, trainable, initializer: kernelInitializer }];
      if (useBias) weights.push({ name: 'bias', shape: [filters], trainable, initializer: biasInitializer });
      return {
        name,
        className: 'Conv2D',
        config,
        inputShapes,
        outputShape: resolve(1).output.slice(1),
        weights,
        emit: (builder, inputs, buffers) =>
          emitConvolution(builder, resolve(builder.batch), only(inputs, name).buffer, buffers, code),
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

function emitConvolution(
  builder: PlanBuilder,
  convolution: Convolution,
  x: Buffer,
  weights: readonly WeightBuffers[],
  code: number,
) {
  const geometry = builder.constant('geometry', convolution.block);
  const kernel = at(weights, 0, 'conv2d');
  const bias = weights[1];
  const workspace = builder.workspace(builder.workspaces.convolution(0, convolution));
  // Kept apart, Z and H can both be read after the step; the numbers are the same.
  const fused = builder.keepAll ? 0 : code;
  const z = builder.temporary(fused === code ? 'output' : 'preactivation', convolution.output);
  builder.call(
    'conv2d_forward',
    [
      read(geometry),
      read(x),
      read(kernel.value),
      bias === undefined ? 0 : read(bias.value),
      write(z),
      fused,
      write(workspace),
      workspace.size,
    ],
    convolution.flops,
  );
  const y = fused === code ? z : emitActivation(builder, code, z);
  builder.record('x', x);
  builder.record('kernel', kernel.value);
  if (bias !== undefined) builder.record('bias', bias.value);
  builder.record('z', z);
  builder.record('y', y);
  return {
    output: { buffer: y, shape: convolution.output },
    backward(gradient: Buffer, [needed]: readonly boolean[]): (Buffer | undefined)[] {
      builder.record('dy', gradient);
      const dz = emitActivationGradient(builder, code, y, gradient);
      builder.record('dz', dz);
      if (kernel.gradient !== undefined) {
        const scratch = builder.workspace(builder.workspaces.convolution(1, convolution));
        builder.call(
          'conv2d_filter_gradient',
          [read(geometry), read(x), read(dz), write(kernel.gradient), write(scratch), scratch.size],
          convolution.flops,
        );
        builder.record('kernel gradient', kernel.gradient);
      }
      if (bias?.gradient !== undefined) {
        const channels = convolution.output[3];
        const rows = sizeOf(convolution.output) / channels;
        builder.call('bias_gradient', [rows, channels, read(dz), write(bias.gradient)], rows * channels);
        builder.record('bias gradient', bias.gradient);
      }
      if (!needed) return [undefined];
      const scratch = builder.workspace(builder.workspaces.convolution(2, convolution));
      const dx = builder.temporary('input gradient', convolution.input);
      builder.call(
        'conv2d_input_gradient',
        [read(geometry), read(dz), read(kernel.value), write(dx), write(scratch), scratch.size],
        convolution.flops,
      );
      builder.record('dx', dx);
      return [dx];
    },
  };
}
