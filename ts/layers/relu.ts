/** The relu with its options. */

import { OptionError } from '../errors';
import { checkOptions, describe, numberIn } from '../options';
import { activationLayer } from './activation';
import { activationFunction, type Clipping, clipped, leaky } from './activations';
import { type Layer, labelOf } from './layer';

/** Options of {@link relu}. */
export interface ReluOptions {
  /** Largest output. Default none. */
  readonly maxValue?: number;
  /** Factor for what lies below the threshold. Default 0. */
  readonly negativeSlope?: number;
  /** Values above it are themselves. Default 0. */
  readonly threshold?: number;
  /** Unique name in the model. Default `relu_1`, …. */
  readonly name?: string;
}

/**
 * `min(x, maxValue)` for x above `threshold`, else `negativeSlope · (x − threshold)`; with the defaults `max(x, 0)`. Any
 * shape.
 *
 * @throws {OptionError} when an option is not a finite number ≥ 0, or `maxValue` is below `threshold`.
 */
export function relu(options: ReluOptions = {}): Layer {
  const label = labelOf('relu', options);
  checkOptions(label, options, ['maxValue', 'negativeSlope', 'threshold', 'name']);
  const notNegative = (value: number, name: string): number =>
    numberIn(value, 0, Number.POSITIVE_INFINITY, `${label}: ${name}`);
  const negativeSlope = notNegative(options.negativeSlope ?? 0, 'negativeSlope');
  const threshold = notNegative(options.threshold ?? 0, 'threshold');
  const maxValue = options.maxValue === undefined ? undefined : notNegative(options.maxValue, 'maxValue');
  if (maxValue !== undefined && maxValue < threshold) {
    throw new OptionError(
      `${label}: expected maxValue of at least the threshold ${threshold}, got ${describe(maxValue)}`,
    );
  }
  const clipping = { negativeSlope, threshold, maxValue };
  const config = { negativeSlope, threshold, ...(maxValue !== undefined && { maxValue }) };
  return activationLayer('ReLU', options.name, config, functionOf(clipping, label));
}

/** The kernel that does no more than it must. */
function functionOf(clipping: Clipping, label: string) {
  const { negativeSlope, threshold, maxValue } = clipping;
  if (threshold === 0 && maxValue === undefined) {
    return negativeSlope === 0 ? activationFunction('relu', label) : leaky(negativeSlope);
  }
  return clipped(clipping);
}

/** Options of {@link thresholdedRelu}. */
export interface ThresholdedReluOptions {
  /** Values above it are themselves. Default 1. */
  readonly theta?: number;
  /** Unique name in the model. Default `thresholded_relu_1`, …. */
  readonly name?: string;
}

/** `x` above `theta`, else 0; any shape. @throws {OptionError} when `theta` is not a finite number ≥ 0. */
export function thresholdedRelu(options: ThresholdedReluOptions = {}): Layer {
  const label = labelOf('thresholdedRelu', options);
  checkOptions(label, options, ['theta', 'name']);
  const theta = numberIn(options.theta ?? 1, 0, Number.POSITIVE_INFINITY, `${label}: theta`);
  const apply = functionOf({ negativeSlope: 0, threshold: theta, maxValue: undefined }, label);
  return activationLayer('ThresholdedReLU', options.name, { theta }, apply);
}
