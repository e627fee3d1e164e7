/** Convolutions of each channel of a sequence by itself. */

import { OptionError } from '../errors';
import { checkOptions, describe, positiveInteger } from '../options';
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
import { sequence } from './unweighted';

/** Options of {@link depthwiseConv1d}. */
export interface DepthwiseConv1dOptions extends DepthwiseRules, WithoutKernel {
  /** Length of the filters. */
  readonly kernelSize: number;
  /** Step between windows. Default 1. */
  readonly strides?: number;
  /** `'causal'` pads at the start only, so that no output sees what comes later. Default `'valid'`. */
  readonly padding?: 'valid' | 'same' | 'causal';
  /** Distance between the taps of the filter. Default 1. */
  readonly dilationRate?: number;
}

/** Options of {@link separableConv1d}. */
export interface SeparableConv1dOptions extends DepthwiseConv1dOptions, PointwiseRules {
  /** Number of channels of the output. */
  readonly filters: number;
}

const known = ['kernelSize', 'strides', 'padding', 'dilationRate', ...depthwiseRules, ...withoutKernel];

function read(
  className: string,
  kind: string,
  options: DepthwiseConv1dOptions,
  more: readonly string[],
): DepthwiseParts {
  const label = labelOf(kind, options);
  checkOptions(label, options, [...known, ...more]);
  const kernelSize = positiveInteger(options.kernelSize, `${label}: kernelSize`);
  const depthMultiplier = positiveInteger(options.depthMultiplier ?? 1, `${label}: depthMultiplier`);
  const strides = positiveInteger(options.strides ?? 1, `${label}: strides`);
  const dilationRate = positiveInteger(options.dilationRate ?? 1, `${label}: dilationRate`);
  const padding = options.padding ?? 'valid';
  if (padding !== 'valid' && padding !== 'same' && padding !== 'causal') {
    throw new OptionError(`${label}: expected padding "valid", "same" or "causal", got ${describe(padding)}`);
  }
  const before = [(kernelSize - 1) * dilationRate, 0] as const;
  return {
    ...{ className, kind, label, options },
    config: { kernelSize, depthMultiplier, strides, padding, dilationRate },
    windows: {
      // An image of one row.
      kernelSize: [1, kernelSize],
      strides: [1, strides],
      dilations: [1, dilationRate],
      padding: padding === 'causal' ? [[0, 0], before] : padding,
      multiplier: depthMultiplier,
      view: (inputShapes, where) => [1, ...sequence(inputShapes, where)],
      shape: (sizes, batched) => (batched ? [...sizes.slice(0, 1), ...sizes.slice(2)] : sizes.slice(1)),
    },
  };
}

/**
 * Convolves each channel by itself along one dimension. Input `[batch, steps, channels]`, output `[batch, outSteps,
 * channels · depthMultiplier]`. Weights: `depthwise_kernel [kernelSize, channels, depthMultiplier]`, `bias`.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function depthwiseConv1d(options: DepthwiseConv1dOptions): Layer {
  return depthwiseLayer(read('DepthwiseConv1D', 'depthwiseConv1d', options, []));
}

/**
 * A convolution of each channel by itself, then filters of length 1 over all of them. Input `[batch, steps, channels]`,
 * output `[batch, outSteps, filters]`. Weights: `depthwise_kernel [kernelSize, channels, depthMultiplier]`,
 * `pointwise_kernel [1, channels · depthMultiplier, filters]`, `bias`.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function separableConv1d(options: SeparableConv1dOptions): Layer {
  const parts = read('SeparableConv1D', 'separableConv1d', options, ['filters', ...pointwiseRules]);
  return separableLayer(parts, positiveInteger(options.filters, `${parts.label}: filters`));
}
