/** Images that are mirrored, shifted, turned, zoomed and cropped by chance while a model is trained. */

import { ShapeError } from '../../errors';
import { checkOptions, lookUp, positiveInteger } from '../../options';
import { emitInset } from '../inset';
import { formatBatchShape, type Layer, labelOf, only } from '../layer';
import { image, unweighted } from '../unweighted';
import {
  emitMotion,
  exactly,
  type Motion,
  type Resampling,
  type ResamplingOptions,
  readResampling,
  resamplingNames,
} from './motion';
import { type Factor, type Range, rangeIn } from './ranges';

const nothing: Range = [0, 0];

/** A layer that moves images while training and hands them on otherwise. */
function moving(
  [kind, className, name]: readonly [string, string, string | undefined],
  config: Readonly<Record<string, unknown>>,
  motion: Motion,
  resampling: Resampling,
): Layer {
  return unweighted({
    className,
    label: kind,
    name,
    config,
    infer: image,
    emit(builder, inputs, shape) {
      const input = only(inputs, kind);
      if (builder.training) return emitMotion(builder, input, shape, motion, resampling);
      return { output: input, backward: (gradient) => [gradient] };
    },
  });
}

/** Directions in which {@link randomFlip} mirrors. */
export type FlipMode = 'horizontal' | 'vertical' | 'horizontalAndVertical';

/** Options of {@link randomFlip}. */
export interface RandomFlipOptions {
  /** `'horizontal'` swaps left and right, `'vertical'` top and bottom. Default `'horizontalAndVertical'`. */
  readonly mode?: FlipMode;
  /** Unique name in the model. Default `random_flip_1`, …. */
  readonly name?: string;
}

const half: Range = [0, 0.5];
const flips: Readonly<Record<FlipMode, Pick<Motion, 'down' | 'across'>>> = {
  horizontal: { down: nothing, across: half },
  vertical: { down: half, across: nothing },
  horizontalAndVertical: { down: half, across: half },
};

/**
 * While training, mirrors each image by chance, one in two; otherwise hands it on. With both directions each has a chance
 * of its own (in Keras 3 they share one, so that images are only ever turned by half). Input
 * `[batch, height, width, channels]`. The chances follow from the model's seed, the number of the step and the sample.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function randomFlip(options: RandomFlipOptions = {}): Layer {
  const label = labelOf('randomFlip', options);
  checkOptions(label, options, ['mode', 'name']);
  const { mode = 'horizontalAndVertical' } = options;
  const ranges = lookUp<Pick<Motion, 'down' | 'across'>>(flips, mode, `${label}: mode`);
  return moving(['randomFlip', 'RandomFlip', options.name], { mode }, { kind: 'flip', ...ranges }, exactly);
}

/** Options of {@link randomTranslation}. */
export interface RandomTranslationOptions extends ResamplingOptions {
  /** Shares of the height by which images move, down where positive; within [−1, 1]. */
  readonly heightFactor: Factor;
  /** Shares of the width by which images move, to the right where positive; within [−1, 1]. */
  readonly widthFactor: Factor;
  /** Unique name in the model. Default `random_translation_1`, …. */
  readonly name?: string;
}

/**
 * While training, moves each image by shares of its height and width, drawn uniformly; otherwise hands it on. A factor f
 * is the range from −f to f. Input `[batch, height, width, channels]`. Coordinates as in Keras with TensorFlow.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function randomTranslation(options: RandomTranslationOptions): Layer {
  const label = labelOf('randomTranslation', options);
  checkOptions(label, options, ['heightFactor', 'widthFactor', ...resamplingNames, 'name']);
  const heightFactor = rangeIn(options.heightFactor, -1, 1, `${label}: heightFactor`);
  const widthFactor = rangeIn(options.widthFactor, -1, 1, `${label}: widthFactor`);
  const resampling = readResampling(options, label);
  return moving(
    ['randomTranslation', 'RandomTranslation', options.name],
    { heightFactor, widthFactor, ...resampling },
    { kind: 'translation', down: heightFactor, across: widthFactor },
    resampling,
  );
}

/** Options of {@link randomRotation}. */
export interface RandomRotationOptions extends ResamplingOptions {
  /** Shares of a full turn, anticlockwise where positive; within [−1, 1]. */
  readonly factor: Factor;
  /** Unique name in the model. Default `random_rotation_1`, …. */
  readonly name?: string;
}

/**
 * While training, turns each image about its centre by a share of a full turn, drawn uniformly; otherwise hands it on. A
 * factor f is the range from −f to f. Input `[batch, height, width, channels]`. Coordinates as in Keras with TensorFlow.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function randomRotation(options: RandomRotationOptions): Layer {
  const label = labelOf('randomRotation', options);
  checkOptions(label, options, ['factor', ...resamplingNames, 'name']);
  const factor = rangeIn(options.factor, -1, 1, `${label}: factor`);
  const resampling = readResampling(options, label);
  return moving(
    ['randomRotation', 'RandomRotation', options.name],
    { factor, ...resampling },
    { kind: 'rotation', down: factor, across: nothing },
    resampling,
  );
}

/** Options of {@link randomZoom}. */
export interface RandomZoomOptions extends ResamplingOptions {
  /** Shares by which images shrink in height, or grow where negative; above −1, at most 1. */
  readonly heightFactor: Factor;
  /** The same for the width. Default null: the number drawn for the height, which keeps the image's proportions. */
  readonly widthFactor?: Factor | null;
  /** Unique name in the model. Default `random_zoom_1`, …. */
  readonly name?: string;
}

/**
 * While training, shrinks each image about its centre by 1 + number, drawn uniformly (negative numbers enlarge it);
 * otherwise hands it on. A factor f is the range from −f to f. Input `[batch, height, width, channels]`. Coordinates as in
 * Keras with TensorFlow.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function randomZoom(options: RandomZoomOptions): Layer {
  const label = labelOf('randomZoom', options);
  checkOptions(label, options, ['heightFactor', 'widthFactor', ...resamplingNames, 'name']);
  const above = -1 + Number.EPSILON;
  const heightFactor = rangeIn(options.heightFactor, above, 1, `${label}: heightFactor`);
  const given = options.widthFactor ?? null;
  const widthFactor = given === null ? null : rangeIn(given, above, 1, `${label}: widthFactor`);
  const resampling = readResampling(options, label);
  const motion: Motion = { kind: 'zoom', down: heightFactor, across: widthFactor ?? nothing };
  return moving(
    ['randomZoom', 'RandomZoom', options.name],
    { heightFactor, widthFactor, ...resampling },
    widthFactor === null ? { ...motion, kind: 'evenZoom' } : motion,
    resampling,
  );
}

/** Options of {@link randomCrop}. */
export interface RandomCropOptions {
  /** Rows of the window. */
  readonly height: number;
  /** Columns of the window. */
  readonly width: number;
  /** Unique name in the model. Default `random_crop_1`, …. */
  readonly name?: string;
}

/**
 * While training, a window of each image at a place drawn by chance; otherwise the window in the middle. Input
 * `[batch, height, width, channels]`, at least as large as the window. (Keras draws one place for a whole batch.)
 *
 * @throws {OptionError} when an option is unknown or no integer ≥ 1.
 * @throws {ShapeError} from the model when the images are smaller than the window.
 */
export function randomCrop(options: RandomCropOptions): Layer {
  const label = labelOf('randomCrop', options);
  checkOptions(label, options, ['height', 'width', 'name']);
  const height = positiveInteger(options.height, `${label}: height`);
  const width = positiveInteger(options.width, `${label}: width`);
  return unweighted({
    className: 'RandomCrop',
    label: 'randomCrop',
    name: options.name,
    config: { height, width },
    infer(inputShapes, where) {
      const shape = image(inputShapes, where);
      if (shape[0] < height || shape[1] < width) {
        throw new ShapeError(
          `${where}: expected images of at least ${height}×${width}, got ${formatBatchShape(shape)}`,
        );
      }
      return [height, width, shape[2]];
    },
    emit(builder, inputs, shape) {
      const input = only(inputs, label);
      if (builder.training) {
        return emitMotion(builder, input, shape, { kind: 'crop', down: nothing, across: nothing }, exactly);
      }
      const [, inHeight = 1, inWidth = 1] = input.shape;
      const middle = [Math.floor((inHeight - height) / 2), Math.floor((inWidth - width) / 2)] as const;
      return emitInset(builder, input, shape, middle, 'crop2d');
    },
  });
}
