/** Images whose brightness and contrast change by chance while a model is trained. */

import { checkOptions } from '../../options';
import { read, write } from '../../plan/buffer';
import type { PlanBuilder } from '../../plan/builder';
import { sizeOf } from '../../shape';
import { type EmittedLayer, type Layer, labelOf, only, type Value } from '../layer';
import { image, unweighted } from '../unweighted';
import { type Factor, pairIn, type Range, rangeIn, valueRange } from './ranges';

/** Options of {@link randomBrightness}. */
export interface RandomBrightnessOptions {
  /** Shares of the range of values that are added; within [−1, 1]. */
  readonly factor: Factor;
  /** Smallest and largest value, to which results are cut off. Default `[0, 255]`. */
  readonly valueRange?: readonly [number, number];
  /** Unique name in the model. Default `random_brightness_1`, …. */
  readonly name?: string;
}

/**
 * While training, adds to all values of an image the same share of the range of values, drawn uniformly, and cuts off what
 * leaves that range; otherwise hands it on. A factor f is the range from −f to f. Input `[batch, height, width, channels]`.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function randomBrightness(options: RandomBrightnessOptions): Layer {
  const label = labelOf('randomBrightness', options);
  checkOptions(label, options, ['factor', 'valueRange', 'name']);
  const factor = rangeIn(options.factor, -1, 1, `${label}: factor`);
  const values = valueRange(options.valueRange ?? [0, 255], `${label}: valueRange`);
  const size = values[1] - values[0];
  return toned(
    ['randomBrightness', 'RandomBrightness', options.name],
    { factor, valueRange: values },
    { factors: [1, 1], addends: [factor[0] * size, factor[1] * size], values },
  );
}

/** Options of {@link randomContrast}. */
export interface RandomContrastOptions {
  /** `[lower, upper]`: distances from the mean are multiplied by 1 − lower to 1 + upper; both within [0, 1]. f is `[f, f]`. */
  readonly factor: Factor;
  /** Smallest and largest value, to which results are cut off. Default `[0, 255]`. */
  readonly valueRange?: readonly [number, number];
  /** Unique name in the model. Default `random_contrast_1`, …. */
  readonly name?: string;
}

/**
 * While training, multiplies the distances of an image's values from the mean of their channel by a factor drawn uniformly,
 * and cuts off what leaves the range of values; otherwise hands the image on. Input `[batch, height, width, channels]`.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function randomContrast(options: RandomContrastOptions): Layer {
  const label = labelOf('randomContrast', options);
  checkOptions(label, options, ['factor', 'valueRange', 'name']);
  const { factor: given } = options;
  const factor = pairIn(Array.isArray(given) ? given : [given, given], 0, 1, `${label}: factor`);
  const values = valueRange(options.valueRange ?? [0, 255], `${label}: valueRange`);
  return toned(
    ['randomContrast', 'RandomContrast', options.name],
    { factor, valueRange: values },
    { factors: [1 - factor[0], 1 + factor[1]], addends: [0, 0], values },
  );
}

/** Ranges of the factor and of the addend, and of the values. */
interface Tones {
  readonly factors: Range;
  readonly addends: Range;
  readonly values: Range;
}

function toned(
  [kind, className, name]: readonly [string, string, string | undefined],
  config: Readonly<Record<string, unknown>>,
  tones: Tones,
): Layer {
  return unweighted({
    className,
    label: kind,
    name,
    config,
    infer: image,
    emit(builder, inputs) {
      const input = only(inputs, kind);
      if (builder.training) return emitTones(builder, input, tones);
      return { output: input, backward: (gradient) => [gradient] };
    },
  });
}

/** Draws factor and addend for each sample; the gradient reads them again. */
function emitTones(builder: PlanBuilder, { buffer: x, shape }: Value, ranges: Tones): EmittedLayer {
  const { factors, addends, values } = ranges;
  const [batch = 1] = shape;
  const channels = shape.at(-1) ?? 1;
  const sizes = [batch, sizeOf(shape.slice(1, -1)), channels, ...values];
  const tones = builder.temporary('tones', [batch, 2]);
  const numbers = [batch, ...factors, ...addends, builder.nextStream()];
  builder.call('draw_tones', [...numbers, read(builder.clock), write(tones)], 4 * batch);
  const y = builder.temporary('output', shape);
  const offsets = builder.temporary('offsets', [batch, channels]);
  builder.call('tone', [...sizes, read(tones), read(x), write(y), write(offsets)], 3 * y.size);
  builder.record('y', y);
  return {
    output: { buffer: y, shape },
    backward(gradient, [needed]) {
      if (!needed) return [undefined];
      const dx = builder.temporary('input gradient', shape);
      const means = builder.workspace(batch * channels);
      const arrays = [read(tones), read(offsets), read(x), read(gradient), write(dx), write(means)];
      builder.call('tone_gradient', [...sizes, ...arrays], 6 * y.size);
      return [dx];
    },
  };
}
