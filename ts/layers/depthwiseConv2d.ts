/** Convolutions of each channel of an image by itself. */

import { OptionError } from '../errors';
import { checkOptions, positiveInteger } from '../options';
import { type ConvolutionOptions, type Pair, pair } from '../runtime/geometry';
import {
  type DepthwiseParts,
  type DepthwiseRules,
  depthwiseLayer,
  depthwiseRules,
  type PointwiseRules,
  pointwiseRules,
  separableLayer,
  type WithoutKernel,
  withoutKernel,
} from './depthwise';
import { type Layer, labelOf } from './layer';
import { image } from './unweighted';

/** Options of {@link depthwiseConv2d}. */
export interface DepthwiseConv2dOptions extends DepthwiseRules, WithoutKernel {
  /** Height and width of the filters. */
  readonly kernelSize: Pair;
  /** Step between windows. Default 1. */
  readonly strides?: ConvolutionOptions['strides'];
  /** Border of zeros. Default `'valid'`. */
  readonly padding?: ConvolutionOptions['padding'];
  /** Distance between the taps of the filter. Default 1. */
  readonly dilationRate?: ConvolutionOptions['dilations'];
}

/** Options of {@link separableConv2d}. */
export interface SeparableConv2dOptions extends DepthwiseConv2dOptions, PointwiseRules {
  /** Number of channels of the output. */
  readonly filters: number;
}

const known = ['kernelSize', 'strides', 'padding', 'dilationRate', ...depthwiseRules, ...withoutKernel];

function read(
  className: string,
  kind: string,
  options: DepthwiseConv2dOptions,
  more: readonly string[],
): DepthwiseParts {
  const label = labelOf(kind, options);
  checkOptions(label, options, [...known, ...more]);
  if (options.kernelSize === undefined) throw new OptionError(`${label}: expected the option kernelSize, got none`);
  const kernelSize = pair(options.kernelSize, `${label}: kernelSize`);
  const multiplier = positiveInteger(options.depthMultiplier ?? 1, `${label}: depthMultiplier`);
  const strides = pair(options.strides ?? 1, `${label}: strides`);
  const dilationRate = pair(options.dilationRate ?? 1, `${label}: dilationRate`);
  const padding = options.padding ?? 'valid';
  return {
    ...{ className, kind, label, options },
    config: { kernelSize, depthMultiplier: multiplier, strides, padding, dilationRate },
    windows: {
      ...{ kernelSize, strides, dilations: dilationRate, padding, multiplier },
      view: image,
      shape: (sizes) => sizes,
    },
  };
}

/**
 * Convolves each channel by itself. Input `[batch, height, width, channels]`, output `[batch, outHeight, outWidth,
 * channels · depthMultiplier]`. Weights: `depthwise_kernel [kernelHeight, kernelWidth, channels, depthMultiplier]`,
 * `bias`.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function depthwiseConv2d(options: DepthwiseConv2dOptions): Layer {
  return depthwiseLayer(read('DepthwiseConv2D', 'depthwiseConv2d', options, []));
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
  const parts = read('SeparableConv2D', 'separableConv2d', options, ['filters', ...pointwiseRules]);
  return separableLayer(parts, positiveInteger(options.filters, `${parts.label}: filters`));
}
