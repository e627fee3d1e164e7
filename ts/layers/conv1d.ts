/** One-dimensional convolution. */

import { OptionError, ShapeError } from '../errors';
import { checkOptions, describe, positiveInteger } from '../options';
import { type Convolution, type Padding, resolveConvolution } from '../runtime/geometry';
import { emitConvolution } from './conv2d';
import { formatBatchShape, type Layer, labelOf, only } from './layer';
import { single } from './unweighted';
import { readWeighted, type WeightedOptions, weightedOptions } from './weighted';

/** Options of {@link conv1d}. */
export interface Conv1dOptions extends WeightedOptions {
  /** Number of filters: channels of the output. */
  readonly filters: number;
  /** Length of the filters. */
  readonly kernelSize: number;
  /** Step between windows. Default 1. */
  readonly strides?: number;
  /** `'causal'` pads at the start only, so that no output sees what comes later. Default `'valid'`. */
  readonly padding?: 'valid' | 'same' | 'causal';
  /** Distance between the taps of the filter. Default 1. */
  readonly dilationRate?: number;
  /** Number of groups that the channels are cut into. Default 1. */
  readonly groups?: number;
}

const known = ['filters', 'kernelSize', 'strides', 'padding', 'dilationRate', 'groups', ...weightedOptions];

/**
 * `y = activation(conv(x, kernel) + bias)` along one dimension. Input `[batch, steps, channels]`, output
 * `[batch, outSteps, filters]`. Weights: `kernel [kernelSize, channels / groups, filters]`, `bias [filters]`.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function conv1d(options: Conv1dOptions): Layer {
  const label = labelOf('conv1d', options);
  checkOptions(label, options, known);
  const filters = positiveInteger(options.filters, `${label}: filters`);
  const kernelSize = positiveInteger(options.kernelSize, `${label}: kernelSize`);
  const strides = positiveInteger(options.strides ?? 1, `${label}: strides`);
  const dilationRate = positiveInteger(options.dilationRate ?? 1, `${label}: dilationRate`);
  const groups = positiveInteger(options.groups ?? 1, `${label}: groups`);
  const padding = options.padding ?? 'valid';
  if (padding !== 'valid' && padding !== 'same' && padding !== 'causal') {
    throw new OptionError(`${label}: expected padding "valid", "same" or "causal", got ${describe(padding)}`);
  }
  const before = (kernelSize - 1) * dilationRate;
  const sides: Padding =
    padding === 'causal'
      ? [
          [0, 0],
          [before, 0],
        ]
      : padding;
  const weighted = readWeighted(options, label);
  const config = { filters, kernelSize, strides, padding, dilationRate, groups, ...weighted.config };
  return {
    className: 'Conv1D',
    name: options.name,
    config,
    build(inputShapes, name) {
      const where = `conv1d "${name}"`;
      const shape = single(inputShapes, where);
      const [steps, channels] = shape;
      if (steps === undefined || channels === undefined || shape.length !== 2) {
        throw new ShapeError(`${where}: expected input [batch,steps,channels], got ${formatBatchShape(shape)}`);
      }
      const settings = { strides: [1, strides], padding: sides, dilations: [1, dilationRate], groups } as const;
      /** An image of one row. */
      const resolve = (batch: number): Convolution =>
        resolveConvolution(
          [batch, 1, steps, channels],
          [1, kernelSize, Math.floor(channels / groups), filters],
          settings,
          where,
        );
      const [, , outSteps] = resolve(1).output;
      return {
        name,
        className: 'Conv1D',
        config,
        inputShapes,
        outputShape: [outSteps, filters],
        ...(weighted.isLinear && { kernelInner: 1 }),
        weights: weighted.weights([kernelSize, channels / groups, filters], filters),
        emit(builder, inputs, buffers) {
          const x = only(inputs, name).buffer;
          const emitted = emitConvolution(builder, resolve(builder.batch), x, buffers, weighted.activation);
          return { ...emitted, output: { ...emitted.output, shape: [builder.batch, outSteps, filters] } };
        },
      };
    },
  };
}
