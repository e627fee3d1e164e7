/** What convolutions of each channel by itself have in common, over images and over sequences. */

import type { PartConfig } from '../config';
import type { Constraint } from '../constraints';
import type { Initializer, InitializerName } from '../initializers';
import type { Regularizer } from '../regularizers';
import { type Convolution, type Padding, resolveConvolution } from '../runtime/geometry';
import type { Shape } from '../shape';
import { emitConvolution } from './conv2d';
import { type EmittedLayer, type Layer, only } from './layer';
import { readRules, readWeighted, type WeightedOptions } from './weighted';

/** Options of the filters of each channel. */
export interface DepthwiseRules {
  /** Number of filters for each input channel. Default 1. */
  readonly depthMultiplier?: number;
  /** First values of the filters. Default `'glorotUniform'`. */
  readonly depthwiseInitializer?: InitializerName | Initializer | PartConfig;
  /** Penalty on large values of the filters. Default none. */
  readonly depthwiseRegularizer?: Regularizer | PartConfig;
  /** Rule for the filters after each update. Default none. */
  readonly depthwiseConstraint?: Constraint | PartConfig;
}

/** Options of the filters over all channels. */
export interface PointwiseRules {
  /** First values of the filters over all channels. Default `'glorotUniform'`. */
  readonly pointwiseInitializer?: InitializerName | Initializer | PartConfig;
  /** Penalty on large values of these filters. Default none. */
  readonly pointwiseRegularizer?: Regularizer | PartConfig;
  /** Rule for these filters after each update. Default none. */
  readonly pointwiseConstraint?: Constraint | PartConfig;
}

/** What layers with any kernel have. */
export type WithoutKernel = Omit<WeightedOptions, 'kernelInitializer' | 'kernelRegularizer' | 'kernelConstraint'>;

/** The names of {@link DepthwiseRules}. */
export const depthwiseRules = [
  'depthMultiplier',
  'depthwiseInitializer',
  'depthwiseRegularizer',
  'depthwiseConstraint',
] as const;

/** The names of {@link PointwiseRules}. */
export const pointwiseRules = ['pointwiseInitializer', 'pointwiseRegularizer', 'pointwiseConstraint'] as const;

/** The names of {@link WithoutKernel}. */
export const withoutKernel = [
  'activation',
  'useBias',
  'biasInitializer',
  'biasRegularizer',
  'biasConstraint',
  'trainable',
  'name',
] as const;

/** A layer's windows, seen as those of an image. */
export interface Windows {
  /** Height and width of the filters. */
  readonly kernelSize: readonly [number, number];
  /** Step between windows. */
  readonly strides: readonly [number, number];
  /** Distance between the taps of the filter. */
  readonly dilations: readonly [number, number];
  /** Border of zeros. */
  readonly padding: Padding;
  /** Number of filters for each channel. */
  readonly multiplier: number;
  /** Height, width and channels of the input. @throws {ShapeError} beginning with `where` when it has none. */
  view(inputShapes: readonly Shape[], where: string): readonly [number, number, number];
  /** A shape of heights, widths, … as the layer has it: sequences have no height. @param batched - Whether a batch comes first. */
  shape(sizes: Shape, batched: boolean): Shape;
}

/** A layer that is being made. */
export interface DepthwiseParts {
  /** Keras's class name. */
  readonly className: string;
  /** The function's name, for messages. */
  readonly kind: string;
  /** Begins messages about options. */
  readonly label: string;
  /** The options. */
  readonly options: WithoutKernel & DepthwiseRules & PointwiseRules;
  /** The configuration of the windows. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The windows. */
  readonly windows: Windows;
}

/** The convolution in as many groups as there are channels. */
function resolve(
  windows: Windows,
  shape: readonly [number, number, number],
  batch: number,
  where: string,
): Convolution {
  const { kernelSize, strides, dilations, padding, multiplier } = windows;
  const filter = [...kernelSize, 1, shape[2] * multiplier];
  return resolveConvolution([batch, ...shape], filter, { strides, padding, dilations, groups: shape[2] }, where);
}

/** A convolution of each channel by itself. */
export function depthwiseLayer({ className, kind, label, options, config: sizes, windows }: DepthwiseParts): Layer {
  const weighted = readWeighted(options, label, 'depthwise');
  const config = { ...sizes, ...weighted.config };
  return {
    className,
    name: options.name,
    config,
    build(inputShapes, name) {
      const where = `${kind} "${name}"`;
      const shape = windows.view(inputShapes, where);
      const { multiplier, kernelSize } = windows;
      const kernelShape = windows.shape([...kernelSize, shape[2], multiplier], false);
      return {
        name,
        className,
        config,
        inputShapes,
        outputShape: windows.shape(resolve(windows, shape, 1, where).output.slice(1), false),
        ...(weighted.isLinear && { kernelInner: 1 }),
        weights: weighted.weights(kernelShape, shape[2] * multiplier),
        emit(builder, inputs, buffers) {
          const sizes = resolve(windows, shape, builder.batch, where);
          const emitted = emitConvolution(builder, sizes, only(inputs, where).buffer, buffers, weighted.activation);
          return reshaped(emitted, windows);
        },
      };
    },
  };
}

/** A convolution of each channel by itself, then filters of one pixel over all channels. */
export function separableLayer(
  { className, kind, label, options, config: sizes, windows }: DepthwiseParts,
  filters: number,
): Layer {
  const depthwise = readRules(options, 'depthwise', 'glorotUniform', label);
  const weighted = readWeighted(options, label, 'pointwise');
  const inner = readWeighted({ useBias: false }, label);
  const config = { filters, ...sizes, ...depthwise.config, ...weighted.config };
  return {
    className,
    name: options.name,
    config,
    build(inputShapes, name) {
      const where = `${kind} "${name}"`;
      const shape = windows.view(inputShapes, where);
      const { multiplier, kernelSize } = windows;
      const middle = shape[2] * multiplier;
      const pointwise = (batch: number): Convolution =>
        resolveConvolution(resolve(windows, shape, batch, where).output, [1, 1, middle, filters], {}, where);
      const filterShape = windows.shape([...kernelSize, shape[2], multiplier], false);
      return {
        name,
        className,
        config,
        inputShapes,
        outputShape: windows.shape(pointwise(1).output.slice(1), false),
        weights: [
          { name: 'depthwise_kernel', shape: filterShape, trainable: true, ...depthwise.spec },
          ...weighted.weights(windows.shape([1, 1, middle, filters], false), filters),
        ],
        emit(builder, inputs, buffers) {
          const x = only(inputs, where).buffer;
          const sizes = resolve(windows, shape, builder.batch, where);
          const first = emitConvolution(builder, sizes, x, buffers.slice(0, 1), inner.activation);
          const between = first.output.buffer;
          const second = emitConvolution(
            builder,
            pointwise(builder.batch),
            between,
            buffers.slice(1),
            weighted.activation,
          );
          const learns = buffers[0]?.gradient !== undefined;
          return reshaped(
            {
              output: second.output,
              backward(gradient, [needed]) {
                const [back] = second.backward(gradient, [needed === true || learns]);
                builder.record('pointwise dz', builder.recorded('dz'));
                return back === undefined ? [undefined] : first.backward(back, [needed === true]);
              },
            },
            windows,
          );
        },
      };
    },
  };
}

function reshaped(emitted: EmittedLayer, windows: Windows): EmittedLayer {
  const { buffer, shape } = emitted.output;
  return { ...emitted, output: { buffer, shape: windows.shape(shape, true) } };
}
