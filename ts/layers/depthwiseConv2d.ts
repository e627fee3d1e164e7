/** Convolutions of each channel by itself. */

import type { PartConfig } from '../config';
import { OptionError } from '../errors';
import type { Initializer, InitializerName } from '../initializers';
import { checkOptions, positiveInteger } from '../options';
import { type Convolution, type ConvolutionOptions, type Pair, pair, resolveConvolution } from '../runtime/geometry';
import { emitConvolution } from './conv2d';
import { type Layer, labelOf, only } from './layer';
import { image } from './unweighted';
import { readWeighted, type WeightedOptions } from './weighted';

/** What both layers have: a filter for each channel. */
interface DepthwiseOptions {
  /** Height and width of the filters. */
  readonly kernelSize: Pair;
  /** Number of filters for each input channel. Default 1. */
  readonly depthMultiplier?: number;
  /** Step between windows. Default 1. */
  readonly strides?: ConvolutionOptions['strides'];
  /** Border of zeros. Default `'valid'`. */
  readonly padding?: ConvolutionOptions['padding'];
  /** Distance between the taps of the filter. Default 1. */
  readonly dilations?: ConvolutionOptions['dilations'];
  /** First values of the filters. Default `'glorotUniform'`. */
  readonly depthwiseInitializer?: InitializerName | Initializer | PartConfig;
}

type Shared = Pick<WeightedOptions, 'activation' | 'useBias' | 'biasInitializer' | 'trainable' | 'name'>;

/** Options of {@link depthwiseConv2d}. */
export interface DepthwiseConv2dOptions extends DepthwiseOptions, Shared {}

/** Options of {@link separableConv2d}. */
export interface SeparableConv2dOptions extends DepthwiseOptions, Shared {
  /** Number of channels of the output. */
  readonly filters: number;
  /** First values of the 1×1 filters. Default `'glorotUniform'`. */
  readonly pointwiseInitializer?: InitializerName | Initializer | PartConfig;
}

const known = ['kernelSize', 'depthMultiplier', 'strides', 'padding', 'dilations', 'depthwiseInitializer'];
const shared = ['activation', 'useBias', 'biasInitializer', 'trainable', 'name'];

function readDepthwise(options: DepthwiseOptions, label: string) {
  if (options.kernelSize === undefined) throw new OptionError(`${label}: expected the option kernelSize, got none`);
  const kernelSize = pair(options.kernelSize, `${label}: kernelSize`);
  const multiplier = positiveInteger(options.depthMultiplier ?? 1, `${label}: depthMultiplier`);
  const strides = pair(options.strides ?? 1, `${label}: strides`);
  const dilations = pair(options.dilations ?? 1, `${label}: dilations`);
  const padding = options.padding ?? 'valid';
  return {
    kernelSize,
    multiplier,
    config: { kernelSize, depthMultiplier: multiplier, strides, padding, dilations },
    /** The convolution in as many groups as there are channels. */
    resolve: (shape: readonly [number, number, number], batch: number, where: string): Convolution => {
      const filter = [...kernelSize, 1, shape[2] * multiplier];
      return resolveConvolution([batch, ...shape], filter, { strides, padding, dilations, groups: shape[2] }, where);
    },
  };
}

function withKernel<T extends Shared>(options: T, kernelInitializer: WeightedOptions['kernelInitializer']) {
  const { activation, useBias, biasInitializer, trainable } = options;
  const given = { activation, useBias, biasInitializer, trainable, kernelInitializer };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as WeightedOptions;
}

/**
 * Convolves each channel by itself. Input `[batch, height, width, channels]`, output `[batch, outHeight, outWidth,
 * channels · depthMultiplier]`. Weights: `depthwise_kernel [kernelHeight, kernelWidth, channels, depthMultiplier]`,
 * `bias`.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function depthwiseConv2d(options: DepthwiseConv2dOptions): Layer {
  const label = labelOf('depthwiseConv2d', options);
  checkOptions(label, options, [...known, ...shared]);
  const depthwise = readDepthwise(options, label);
  const weighted = readWeighted(withKernel(options, options.depthwiseInitializer), label);
  const { kernelInitializer: depthwiseInitializer, ...others } = weighted.config;
  const config = { ...depthwise.config, depthwiseInitializer, ...others };
  return {
    className: 'DepthwiseConv2D',
    name: options.name,
    config,
    build(inputShapes, name) {
      const where = `depthwiseConv2d "${name}"`;
      const shape = image(inputShapes, where);
      const { multiplier, kernelSize } = depthwise;
      const [kernel, ...bias] = weighted.weights([...kernelSize, shape[2], multiplier], shape[2] * multiplier);
      return {
        name,
        className: 'DepthwiseConv2D',
        config,
        inputShapes,
        outputShape: depthwise.resolve(shape, 1, where).output.slice(1),
        weights: kernel === undefined ? [] : [{ ...kernel, name: 'depthwise_kernel' }, ...bias],
        emit(builder, inputs, buffers) {
          const sizes = depthwise.resolve(shape, builder.batch, where);
          return emitConvolution(builder, sizes, only(inputs, name).buffer, buffers, weighted.activation);
        },
      };
    },
  };
}

/**
 * A convolution of each channel by itself, then 1×1 filters over all of them (Chollet, "Xception", 2017). Input
 * `[batch, height, width, channels]`, output `[batch, outHeight, outWidth, filters]`. Weights: `depthwise_kernel
 * [kernelHeight, kernelWidth, channels, depthMultiplier]`, `pointwise_kernel [1, 1, channels · depthMultiplier,
 * filters]`, `bias`.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function separableConv2d(options: SeparableConv2dOptions): Layer {
  const label = labelOf('separableConv2d', options);
  checkOptions(label, options, [...known, ...shared, 'filters', 'pointwiseInitializer']);
  const filters = positiveInteger(options.filters, `${label}: filters`);
  const depthwise = readDepthwise(options, label);
  const first = readWeighted(
    { ...withKernel({ trainable: options.trainable ?? true }, options.depthwiseInitializer), useBias: false },
    label,
  );
  const second = readWeighted(withKernel(options, options.pointwiseInitializer), label);
  const { kernelInitializer: depthwiseInitializer } = first.config;
  const { kernelInitializer: pointwiseInitializer, ...others } = second.config;
  const config = { filters, ...depthwise.config, depthwiseInitializer, pointwiseInitializer, ...others };
  return {
    className: 'SeparableConv2D',
    name: options.name,
    config,
    build(inputShapes, name) {
      const where = `separableConv2d "${name}"`;
      const shape = image(inputShapes, where);
      const { multiplier, kernelSize } = depthwise;
      const middle = shape[2] * multiplier;
      const pointwise = (batch: number): Convolution => {
        const { output } = depthwise.resolve(shape, batch, where);
        return resolveConvolution(output, [1, 1, middle, filters], {}, where);
      };
      const rename = (newName: string) => (spec: ReturnType<typeof first.weights>[number]) =>
        spec.name === 'kernel' ? { ...spec, name: newName } : spec;
      return {
        name,
        className: 'SeparableConv2D',
        config,
        inputShapes,
        outputShape: pointwise(1).output.slice(1),
        weights: [
          ...first.weights([...kernelSize, shape[2], multiplier], middle).map(rename('depthwise_kernel')),
          ...second.weights([1, 1, middle, filters], filters).map(rename('pointwise_kernel')),
        ],
        emit(builder, inputs, buffers) {
          const x = only(inputs, name).buffer;
          const sizes = depthwise.resolve(shape, builder.batch, where);
          const inner = emitConvolution(builder, sizes, x, buffers.slice(0, 1), first.activation);
          const outer = emitConvolution(
            builder,
            pointwise(builder.batch),
            inner.output.buffer,
            buffers.slice(1),
            second.activation,
          );
          const learns = buffers[0]?.gradient !== undefined;
          return {
            output: outer.output,
            backward(gradient, [needed]) {
              const [between] = outer.backward(gradient, [needed === true || learns]);
              return between === undefined ? [undefined] : inner.backward(between, [needed === true]);
            },
          };
        },
      };
    },
  };
}
