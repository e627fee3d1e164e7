/** The same numbers in other shapes, and the axes of images that are framed and cut. */

import { OptionError, ShapeError } from '../errors';
import { checkOptions, describe } from '../options';
import { type Shape, sizeOf } from '../shape';
import { emitInset } from './inset';
import { formatBatchShape, type Layer, labelOf, only } from './layer';
import { image, single, unweighted } from './unweighted';

/** Options of {@link reshape}. */
export interface ReshapeOptions {
  /** Shape of one output without batch; one dimension may be −1 and follows from the others. */
  readonly targetShape: Shape;
  /** Unique name in the model. Default `reshape_1`, …. */
  readonly name?: string;
}

/**
 * The same numbers in another shape. Costs nothing: no kernel runs.
 *
 * @throws {OptionError} when the shape is no shape, {@link ShapeError} from the model when it does not fit the input.
 */
export function reshape(options: ReshapeOptions): Layer {
  const label = labelOf('reshape', options);
  checkOptions(label, options, ['targetShape', 'name']);
  const { targetShape } = options;
  const isShape =
    Array.isArray(targetShape) &&
    targetShape.every((size) => Number.isInteger(size) && (size > 0 || size === -1)) &&
    targetShape.filter((size) => size === -1).length <= 1;
  if (!isShape) {
    throw new OptionError(
      `${label}: expected targetShape of integers ≥ 1 with at most one -1, got ${describe(targetShape)}`,
    );
  }
  return unweighted({
    className: 'Reshape',
    label: 'reshape',
    name: options.name,
    config: { targetShape },
    infer(inputShapes, where) {
      const shape = single(inputShapes, where);
      const size = sizeOf(shape);
      const known = sizeOf(targetShape.filter((dimension) => dimension !== -1));
      const result = targetShape.map((dimension) => (dimension === -1 ? size / known : dimension));
      if (!result.every(Number.isInteger) || sizeOf(result) !== size) {
        throw new ShapeError(
          `${where}: expected targetShape with the ${size} values of ${formatBatchShape(shape)}, got ${describe(targetShape)}`,
        );
      }
      return result;
    },
    emit: (_builder, inputs, shape) => ({
      output: { buffer: only(inputs, 'reshape').buffer, shape },
      backward: (gradient) => [gradient],
    }),
  });
}

/** `[[top, bottom], [left, right]]`, `[vertical, horizontal]` or one number for all four sides. */
export type Sides =
  | number
  | readonly [number, number]
  | readonly [readonly [number, number], readonly [number, number]];

type FourSides = readonly [readonly [number, number], readonly [number, number]];

function fourSides(value: Sides, what: string): FourSides {
  const side = (size: unknown): number => {
    if (typeof size !== 'number' || !Number.isInteger(size) || size < 0) {
      throw new OptionError(`${what}: expected integers ≥ 0, got ${describe(value)}`);
    }
    return size;
  };
  const two = (sizes: unknown): readonly [number, number] => {
    if (!Array.isArray(sizes)) return [side(sizes), side(sizes)];
    if (sizes.length !== 2) throw new OptionError(`${what}: expected two numbers a pair, got ${describe(value)}`);
    return [side(sizes[0]), side(sizes[1])];
  };
  if (!Array.isArray(value)) return [two(value), two(value)];
  if (value.length !== 2) throw new OptionError(`${what}: expected two pairs, got ${describe(value)}`);
  return [two(value[0]), two(value[1])];
}

/** Options of {@link zeroPadding2d}. */
export interface ZeroPadding2dOptions {
  /** Rows and columns of zeros around the image. Default 1. */
  readonly padding?: Sides;
  /** Unique name in the model. Default `zero_padding2d_1`, …. */
  readonly name?: string;
}

/**
 * Images in a frame of zeros. Input `[batch, height, width, channels]`.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function zeroPadding2d(options: ZeroPadding2dOptions = {}): Layer {
  const label = labelOf('zeroPadding2d', options);
  checkOptions(label, options, ['padding', 'name']);
  const padding = fourSides(options.padding ?? 1, `${label}: padding`);
  const [[top, bottom], [left, right]] = padding;
  return unweighted({
    className: 'ZeroPadding2D',
    label: 'zeroPadding2d',
    name: options.name,
    config: { padding },
    infer(inputShapes, where) {
      const [height, width, channels] = image(inputShapes, where);
      return [top + height + bottom, left + width + right, channels];
    },
    emit: (builder, inputs, shape) => emitInset(builder, only(inputs, 'zeroPadding2d'), shape, [top, left], 'pad2d'),
  });
}

/** Options of {@link cropping2d}. */
export interface Cropping2dOptions {
  /** Rows and columns that are cut off. Default 0. */
  readonly cropping?: Sides;
  /** Unique name in the model. Default `cropping2d_1`, …. */
  readonly name?: string;
}

/**
 * Images without their outer rows and columns. Input `[batch, height, width, channels]`.
 *
 * @throws {OptionError} when an option is unknown or out of range, {@link ShapeError} from the model when nothing is left.
 */
export function cropping2d(options: Cropping2dOptions = {}): Layer {
  const label = labelOf('cropping2d', options);
  checkOptions(label, options, ['cropping', 'name']);
  const cropping = fourSides(options.cropping ?? 0, `${label}: cropping`);
  const [[top, bottom], [left, right]] = cropping;
  return unweighted({
    className: 'Cropping2D',
    label: 'cropping2d',
    name: options.name,
    config: { cropping },
    infer(inputShapes, where) {
      const [height, width, channels] = image(inputShapes, where);
      const result = [height - top - bottom, width - left - right, channels];
      if (result.some((size) => size < 1)) {
        throw new ShapeError(
          `${where}: expected input larger than cropping ${describe(cropping)}, got ${formatBatchShape([height, width, channels])}`,
        );
      }
      return result;
    },
    emit: (builder, inputs, shape) => emitInset(builder, only(inputs, 'cropping2d'), shape, [top, left], 'crop2d'),
  });
}
