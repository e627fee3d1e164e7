/** The convolution of sequences whose forward pass is another's gradient. */

import { checkOptions, positiveInteger, wholeNumber, windowPadding } from '../options';
import { type Layer, labelOf } from './layer';
import { transposedLayer } from './transposed';
import { sequence } from './unweighted';
import { readWeighted, type WeightedOptions, weightedOptions } from './weighted';

/** Options of {@link conv1dTranspose}. */
export interface Conv1dTransposeOptions extends WeightedOptions {
  /** Number of channels of the output. */
  readonly filters: number;
  /** Length of the filters. */
  readonly kernelSize: number;
  /** Factor by which the sequence grows. Default 1. */
  readonly strides?: number;
  /** `'valid'` keeps every step that a filter touches, `'same'` gives exactly `strides` times the input. Default `'valid'`. */
  readonly padding?: 'valid' | 'same';
  /** Distance between the taps of the filter. Default 1. */
  readonly dilationRate?: number;
  /** Steps at the end, as for the two-dimensional layer; below `strides`. Default as many as `padding` says. */
  readonly outputPadding?: number;
}

const known = ['filters', 'kernelSize', 'strides', 'padding', 'dilationRate', 'outputPadding', ...weightedOptions];

/**
 * Transposed convolution along one dimension. Input `[batch, steps, channels]`, output `[batch, outSteps, filters]`.
 * Weights: `kernel [kernelSize, filters, channels]`, `bias [filters]`.
 *
 * @throws {OptionError} when an option is unknown or out of range, from the model when `outputPadding` does not fit.
 */
export function conv1dTranspose(options: Conv1dTransposeOptions): Layer {
  const label = labelOf('conv1dTranspose', options);
  checkOptions(label, options, known);
  const filters = positiveInteger(options.filters, `${label}: filters`);
  const kernelSize = positiveInteger(options.kernelSize, `${label}: kernelSize`);
  const strides = positiveInteger(options.strides ?? 1, `${label}: strides`);
  const dilationRate = positiveInteger(options.dilationRate ?? 1, `${label}: dilationRate`);
  const { outputPadding } = options;
  if (outputPadding !== undefined) wholeNumber(outputPadding, `${label}: outputPadding`);
  const padding = windowPadding(options.padding ?? 'valid', label);
  const weighted = readWeighted(options, label);
  const given = outputPadding !== undefined && { outputPadding };
  return transposedLayer({
    className: 'Conv1DTranspose',
    kind: 'conv1dTranspose',
    name: options.name,
    config: { filters, kernelSize, strides, padding, dilationRate, ...given, ...weighted.config },
    sizes: {
      // An image of one row.
      ...{ filters, kernelSize: [1, kernelSize], strides: [1, strides], dilations: [1, dilationRate], padding },
      outputPadding: outputPadding === undefined ? undefined : [0, outputPadding],
    },
    weighted,
    view: (inputShapes, where) => [1, ...sequence(inputShapes, where)],
    shape: (sizes, batched) => (batched ? [...sizes.slice(0, 1), ...sizes.slice(2)] : sizes.slice(1)),
  });
}
