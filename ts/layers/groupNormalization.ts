/** Normalization of groups of channels, sample by sample. */

import { OptionError } from '../errors';
import { checkOptions, describe, positiveInteger } from '../options';
import { read, write } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import {
  type Affine,
  maybe,
  maybeWrite,
  type NormalizationOptions,
  normalizationOptions,
  readSettings,
  takeAffine,
} from './affine';
import { type EmittedLayer, type Layer, labelOf, only, type Value } from './layer';

/** Options of {@link groupNormalization}. */
export interface GroupNormalizationOptions extends NormalizationOptions {
  /** Number of groups, which divides the channels; −1 for a group of each channel. Default 32. */
  readonly groups?: number;
  /** The channels are the last dimension, −1. Default −1. */
  readonly axis?: number;
}

/**
 * Group normalization (Wu and He, 2018): in every sample, groups of neighbouring channels by their own mean and variance,
 * `γ·(x − mean)/√(variance + ε) + β`; the same in training and prediction. One group is layer normalization over the whole
 * sample, −1 instance normalization. Weights: `gamma`, `beta`, `[channels]` each.
 *
 * @throws {OptionError} when an option is unknown or out of range, from the model when `groups` does not divide the channels.
 */
export function groupNormalization(options: GroupNormalizationOptions = {}): Layer {
  const label = labelOf('groupNormalization', options);
  checkOptions(label, options, ['groups', 'axis', ...normalizationOptions]);
  if ((options.axis ?? -1) !== -1) throw new OptionError(`${label}: expected axis -1, got ${describe(options.axis)}`);
  const groups = options.groups === -1 ? -1 : positiveInteger(options.groups ?? 32, `${label}: groups`);
  const settings = readSettings(options, label);
  const config = { groups, axis: -1, ...settings.config };
  return {
    className: 'GroupNormalization',
    name: options.name,
    config,
    build(inputShapes, name) {
      const where = `groupNormalization "${name}"`;
      const shape = only(inputShapes, where);
      const channels = shape.at(-1) ?? 1;
      const count = groups === -1 ? channels : groups;
      if (channels % count !== 0) {
        throw new OptionError(`${where}: expected groups to divide ${channels} channels, got ${groups}`);
      }
      return {
        name,
        className: 'GroupNormalization',
        config,
        inputShapes,
        outputShape: shape,
        weights: settings.affineWeights(channels),
        emit: (builder, inputs, weights) =>
          emitGroups(builder, only(inputs, where), takeAffine(settings, weights), count, settings.epsilon),
      };
    },
  };
}

function emitGroups(
  builder: PlanBuilder,
  { buffer: x, shape }: Value,
  { gamma, beta }: Affine,
  groups: number,
  epsilon: number,
): EmittedLayer {
  const [batch = 1] = shape;
  const channels = shape.length > 1 ? (shape.at(-1) ?? 1) : 1;
  const sizes = [batch, x.size / batch / channels, channels, groups];
  const y = builder.temporary('output', shape);
  const statistics = builder.temporary('statistics', [2, batch, groups]);
  // Arrays of scratch for up to 32 parts of the batch: Groups::scratch of the kernels.
  const parts = Math.min(batch, 32);
  const scratch = builder.workspace(4 * parts * channels);
  const arrays = [read(x), maybe(gamma?.value), maybe(beta?.value), write(statistics), write(y), write(scratch)];
  builder.call('group_norm', [...sizes, epsilon, ...arrays], 8 * x.size);
  builder.record('y', y);
  return {
    output: { buffer: y, shape },
    backward(gradient) {
      const dx = builder.temporary('input gradient', shape);
      const space = builder.workspace((2 + 8 * parts) * channels);
      const results = [write(dx), maybeWrite(gamma?.gradient), maybeWrite(beta?.gradient), write(space)];
      const seen = [read(x), maybe(gamma?.value), read(statistics), read(gradient)];
      builder.call('group_norm_gradient', [...sizes, ...seen, ...results], 12 * x.size);
      return [dx];
    },
  };
}
