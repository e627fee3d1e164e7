/** The convolution whose forward pass is another's gradient. */

import { OptionError } from '../errors';
import { checkOptions, describe, positiveInteger } from '../options';
import { type BufferArgument, read, write } from '../plan/buffer';
import { type Convolution, type Pair, pair, resolveConvolution } from '../runtime/geometry';
import { type Layer, labelOf, only } from './layer';
import { image } from './unweighted';
import { emitWeighted, readWeighted, type WeightedCalls, type WeightedOptions, weightedOptions } from './weighted';

/** Options of {@link conv2dTranspose}. */
export interface Conv2dTransposeOptions extends WeightedOptions {
  /** Number of channels of the output. */
  readonly filters: number;
  /** Height and width of the filters. */
  readonly kernelSize: Pair;
  /** Factor by which the image grows. Default 1. */
  readonly strides?: Pair;
  /** `'valid'` keeps every pixel that a filter touches, `'same'` gives exactly `strides` times the input. Default `'valid'`. */
  readonly padding?: 'valid' | 'same';
}

/**
 * Transposed convolution: every input pixel lays its filters onto the output (the gradient of a convolution by its
 * images). Input `[batch, height, width, channels]`, output `[batch, outHeight, outWidth, filters]`. Weights:
 * `kernel [kernelHeight, kernelWidth, filters, channels]`, `bias [filters]`.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function conv2dTranspose(options: Conv2dTransposeOptions): Layer {
  const label = labelOf('conv2dTranspose', options);
  checkOptions(label, options, ['filters', 'kernelSize', 'strides', 'padding', ...weightedOptions]);
  const filters = positiveInteger(options.filters, `${label}: filters`);
  if (options.kernelSize === undefined) throw new OptionError(`${label}: expected the option kernelSize, got none`);
  const kernelSize = pair(options.kernelSize, `${label}: kernelSize`);
  const strides = pair(options.strides ?? 1, `${label}: strides`);
  const padding = options.padding ?? 'valid';
  if (padding !== 'valid' && padding !== 'same') {
    throw new OptionError(`${label}: expected padding "valid" or "same", got ${describe(padding)}`);
  }
  const weighted = readWeighted(options, label);
  const config = { filters, kernelSize, strides, padding, ...weighted.config };
  const grown = (size: number, direction: 0 | 1): number =>
    size * strides[direction] + (padding === 'valid' ? Math.max(kernelSize[direction] - strides[direction], 0) : 0);
  return {
    className: 'Conv2DTranspose',
    name: options.name,
    config,
    build(inputShapes, name) {
      const where = `conv2dTranspose "${name}"`;
      const [height, width, channels] = image(inputShapes, where);
      const outputShape = [grown(height, 0), grown(width, 1), filters];
      const kernelShape = [...kernelSize, filters, channels];
      /** The convolution that leads from the output to the input. */
      const resolve = (batch: number): Convolution =>
        resolveConvolution([batch, ...outputShape], kernelShape, { strides, padding }, where);
      return {
        name,
        className: 'Conv2DTranspose',
        config,
        inputShapes,
        outputShape,
        weights: weighted.weights(kernelShape, filters),
        emit(builder, inputs, weights) {
          const x = only(inputs, name).buffer;
          const sizes = resolve(builder.batch);
          const geometry = builder.constant('geometry', sizes.block);
          const scratch = (pass: 0 | 1 | 2): [BufferArgument, number] => {
            const buffer = builder.workspace(builder.workspaces.convolution(pass, sizes));
            return [write(buffer), buffer.size];
          };
          const calls: WeightedCalls = {
            forward(kernel, bias, z, code) {
              const arrays = [read(geometry), read(x), read(kernel), write(z)];
              builder.call('conv2d_input_gradient', [...arrays, ...scratch(2)], sizes.flops);
              if (bias !== 0) builder.call('bias_add', [z.size / filters, filters, bias, write(z)], z.size);
              if (code !== 0) builder.call('activation_forward', [code, 0, z.size, read(z), write(z)], z.size);
            },
            kernelGradient(dz, gradient) {
              const arrays = [read(geometry), read(dz), read(x), write(gradient)];
              builder.call('conv2d_filter_gradient', [...arrays, ...scratch(1)], sizes.flops);
            },
            inputGradient(dz, kernel) {
              const dx = builder.temporary('input gradient', sizes.output);
              const arrays = [read(geometry), read(dz), read(kernel), 0, write(dx)];
              builder.call('conv2d_forward', [...arrays, 0, ...scratch(0)], sizes.flops);
              return dx;
            },
          };
          const { activation } = weighted;
          return emitWeighted(builder, calls, { x, weights, outputShape: sizes.input, activation });
        },
      };
    },
  };
}
