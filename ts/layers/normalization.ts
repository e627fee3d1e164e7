/** Normalizations: batch by batch, or row by row. */

import { OptionError } from '../errors';
import { toInitializer } from '../initializers/registry';
import { checkOptions, describe, numberIn } from '../options';
import { read, update, write } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import {
  type Affine,
  maybe,
  maybeWrite,
  type NormalizationOptions,
  normalizationOptions,
  readSettings,
  type Settings,
  takeAffine,
} from './affine';
import { type EmittedLayer, type Layer, labelOf, type Normalizes, only, type Value, type WeightBuffers } from './layer';

/** Options of {@link batchNormalization}. */
export interface BatchNormalizationOptions extends NormalizationOptions {
  /** Decay of the moving averages. Default 0.99. */
  readonly momentum?: number;
}

/** Options of {@link layerNormalization}. */
export interface LayerNormalizationOptions extends NormalizationOptions {
  /** Only the last dimension, −1, is normalized. Default −1. */
  readonly axis?: number;
}

/**
 * Batch normalization over all dimensions but the last (Ioffe and Szegedy, 2015):
 * `γ·(x − mean)/√(variance + ε) + β`. Training takes mean and variance of the batch and moves the averages
 * `moving ← momentum·moving + (1 − momentum)·batch`, as Keras does; evaluation, prediction and a layer that is not
 * trainable take the averages. Weights: `gamma`, `beta`, `moving_mean`, `moving_variance`, `[channels]` each.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function batchNormalization(options: BatchNormalizationOptions = {}): Layer {
  const label = labelOf('batchNormalization', options);
  checkOptions(label, options, ['momentum', ...normalizationOptions]);
  const momentum = numberIn(options.momentum ?? 0.99, 0, 1, `${label}: momentum`);
  const settings = readSettings(options, label);
  const config = { momentum, ...settings.config };
  return {
    className: 'BatchNormalization',
    name: options.name,
    config,
    build(inputShapes, name) {
      const shape = only(inputShapes, name);
      const channels = shape.at(-1) ?? 1;
      const moving = { shape: [channels], trainable: false };
      return {
        name,
        className: 'BatchNormalization',
        config,
        inputShapes,
        outputShape: shape,
        weights: [
          ...settings.affineWeights(channels),
          { name: 'moving_mean', ...moving, initializer: toInitializer('zeros', label) },
          { name: 'moving_variance', ...moving, initializer: toInitializer('ones', label) },
        ],
        normalizes: placesOf(settings),
        emit: (builder, inputs, weights) =>
          emitBatchNormalization(builder, only(inputs, name), takeAffine(settings, weights), settings, momentum),
      };
    },
  };
}

function placesOf({ epsilon, scale, center }: Settings): Normalizes {
  const [gamma, beta] = [scale ? 0 : undefined, center ? Number(scale) : undefined];
  const mean = Number(scale) + Number(center);
  return { epsilon, gamma, beta, mean, variance: mean + 1 };
}

function emitBatchNormalization(
  builder: PlanBuilder,
  { buffer: x, shape }: Value,
  { gamma, beta, rest }: Affine,
  { epsilon }: Settings,
  momentum: number,
): EmittedLayer {
  const channels = shape.at(-1) ?? 1;
  const rows = x.size / channels;
  const [mean, variance] = rest as [WeightBuffers, WeightBuffers];
  const y = builder.temporary('output', shape);
  const affine = [maybe(gamma?.value), maybe(beta?.value)];
  const uses = builder.training && builder.layerLearns;
  const statistics = builder.temporary('statistics', [2, channels]);
  if (uses) {
    // A step that leaves no traces must not move the averages.
    const kept = builder.keepAll ? 1 : momentum;
    const moving = [update(mean.value), update(variance.value)];
    const scratch = builder.workspace(2 * channels);
    const arrays = [read(x), ...affine, ...moving, write(statistics), write(y), write(scratch)];
    builder.record('statistics', statistics);
    builder.call('batch_norm', [rows, channels, kept, epsilon, ...arrays], 8 * x.size);
  } else {
    const scratch = builder.workspace(2 * channels);
    const arrays = [read(x), ...affine, read(mean.value), read(variance.value), write(y), write(scratch)];
    builder.call('batch_norm_inference', [rows, channels, epsilon, ...arrays], 3 * x.size);
  }
  builder.record('y', y);
  return {
    output: { buffer: y, shape },
    backward(gradient, [needed]) {
      if (!uses) {
        if (!needed) return [undefined];
        // A fixed factor for each channel: the layer itself, about a mean of 0 and without a shift.
        const dx = builder.temporary('input gradient', shape);
        const zeros = builder.constant('zeros', new Array<number>(channels).fill(0));
        const scratch = builder.workspace(2 * channels);
        const arrays = [read(gradient), maybe(gamma?.value), 0, read(zeros), read(variance.value)];
        builder.call(
          'batch_norm_inference',
          [rows, channels, epsilon, ...arrays, write(dx), write(scratch)],
          3 * x.size,
        );
        return [dx];
      }
      const dx = needed ? builder.temporary('input gradient', shape) : undefined;
      const scratch = builder.workspace(4 * channels);
      const results = [maybeWrite(dx), maybeWrite(gamma?.gradient), maybeWrite(beta?.gradient), write(scratch)];
      const arrays = [read(x), maybe(gamma?.value), read(statistics), read(gradient), ...results];
      builder.call('batch_norm_gradient', [rows, channels, ...arrays], 12 * x.size);
      return [dx];
    },
  };
}

/**
 * Layer normalization over the last dimension (Ba, Kiros and Hinton, 2016): every row by its own mean and variance, the
 * same in training and prediction. Weights: `gamma`, `beta`, `[channels]` each.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function layerNormalization(options: LayerNormalizationOptions = {}): Layer {
  const label = labelOf('layerNormalization', options);
  checkOptions(label, options, ['axis', ...normalizationOptions]);
  if ((options.axis ?? -1) !== -1) throw new OptionError(`${label}: expected axis -1, got ${describe(options.axis)}`);
  const settings = readSettings(options, label);
  const config = { axis: -1, ...settings.config };
  return {
    className: 'LayerNormalization',
    name: options.name,
    config,
    build(inputShapes, name) {
      const shape = only(inputShapes, name);
      return {
        name,
        className: 'LayerNormalization',
        config,
        inputShapes,
        outputShape: shape,
        weights: settings.affineWeights(shape.at(-1) ?? 1),
        emit: (builder, inputs, weights) =>
          emitLayerNormalization(builder, only(inputs, name), takeAffine(settings, weights), settings.epsilon),
      };
    },
  };
}

function emitLayerNormalization(
  builder: PlanBuilder,
  { buffer: x, shape }: Value,
  { gamma, beta }: Affine,
  epsilon: number,
): EmittedLayer {
  const channels = shape.at(-1) ?? 1;
  const rows = x.size / channels;
  const y = builder.temporary('output', shape);
  const statistics = builder.temporary('statistics', [2, rows]);
  const arrays = [read(x), maybe(gamma?.value), maybe(beta?.value), write(statistics), write(y)];
  builder.call('layer_norm', [rows, channels, epsilon, ...arrays], 8 * x.size);
  builder.record('y', y);
  return {
    output: { buffer: y, shape },
    backward(gradient) {
      const dx = builder.temporary('input gradient', shape);
      const scratch = builder.workspace(2 * channels);
      const results = [write(dx), maybeWrite(gamma?.gradient), maybeWrite(beta?.gradient), write(scratch)];
      const seen = [read(x), maybe(gamma?.value), read(statistics), read(gradient)];
      builder.call('layer_norm_gradient', [rows, channels, ...seen, ...results], 12 * x.size);
      return [dx];
    },
  };
}
