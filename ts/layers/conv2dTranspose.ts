/** The convolution of images whose forward pass is another's gradient. */

import { OptionError } from '../errors';
import { checkOptions, describe, positiveInteger, wholeNumber, windowPadding } from '../options';
import { type Pair, pair } from '../runtime/geometry';
import { type Layer, labelOf } from './layer';
import { transposedLayer } from './transposed';
import { image } from './unweighted';
import { readWeighted, type WeightedOptions, weightedOptions } from './weighted';

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
  /** Distance between the taps of the filter. Default 1. */
  readonly dilationRate?: Pair;
  /**
   * Rows and columns at the end beyond what `(input − 1) · strides + span` gives (with `'same'` + span modulo 2, span being
   * the extent of the filter); below `strides`. Default as many as `padding` says.
   */
  readonly outputPadding?: Pair | readonly [number, number];
}

const known = ['filters', 'kernelSize', 'strides', 'padding', 'dilationRate', 'outputPadding', ...weightedOptions];

/**
 * Transposed convolution: every input pixel lays its filters onto the output (the gradient of a convolution by its
 * images). Input `[batch, height, width, channels]`, output `[batch, outHeight, outWidth, filters]`. Weights:
 * `kernel [kernelHeight, kernelWidth, filters, channels]`, `bias [filters]`.
 *
 * @throws {OptionError} when an option is unknown or out of range, from the model when `outputPadding` does not fit.
 */
export function conv2dTranspose(options: Conv2dTransposeOptions): Layer {
  const label = labelOf('conv2dTranspose', options);
  checkOptions(label, options, known);
  const filters = positiveInteger(options.filters, `${label}: filters`);
  if (options.kernelSize === undefined) throw new OptionError(`${label}: expected the option kernelSize, got none`);
  const kernelSize = pair(options.kernelSize, `${label}: kernelSize`);
  const strides = pair(options.strides ?? 1, `${label}: strides`);
  const dilationRate = pair(options.dilationRate ?? 1, `${label}: dilationRate`);
  const outputPadding = readOutputPadding(options.outputPadding, `${label}: outputPadding`);
  const padding = windowPadding(options.padding ?? 'valid', label);
  const weighted = readWeighted(options, label);
  const given = outputPadding !== undefined && { outputPadding };
  return transposedLayer({
    className: 'Conv2DTranspose',
    kind: 'conv2dTranspose',
    name: options.name,
    config: { filters, kernelSize, strides, padding, dilationRate, ...given, ...weighted.config },
    sizes: { filters, kernelSize, strides, dilations: dilationRate, padding, outputPadding },
    weighted,
    view: image,
    shape: (sizes) => sizes,
  });
}

function readOutputPadding(value: unknown, what: string): readonly [number, number] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) return [wholeNumber(value, what), wholeNumber(value, what)];
  if (value.length !== 2) throw new OptionError(`${what}: expected an integer ≥ 0 or two, got ${describe(value)}`);
  return [wholeNumber(value[0], what), wholeNumber(value[1], what)];
}
