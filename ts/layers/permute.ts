/** The dimensions of an array in another order. */

import { OptionError, ShapeError } from '../errors';
import { checkOptions, describe } from '../options';
import { type Buffer, read, write } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import type { Shape } from '../shape';
import { formatBatchShape, type Layer, labelOf, only } from './layer';
import { single, unweighted } from './unweighted';

/** Options of {@link permute}. */
export interface PermuteOptions {
  /** For each dimension of the output which one of the input it is, from 1; the batch, 0, stays first. */
  readonly dims: readonly number[];
  /** Unique name in the model. Default `permute_1`, …. */
  readonly name?: string;
}

/** The kernels' arrays have at most this many dimensions, the batch among them. */
const MOST_DIMENSIONS = 8;

/**
 * The same values with the dimensions in another order: `permute({ dims: [2, 1] })` makes `[batch, b, a]` of `[batch, a,
 * b]`.
 *
 * @throws {OptionError} when `dims` is no order of 1, 2, …, at most 7; {@link ShapeError} from the model when the input has
 *   another number of dimensions.
 */
export function permute(options: PermuteOptions): Layer {
  const label = labelOf('permute', options);
  checkOptions(label, options, ['dims', 'name']);
  const { dims } = options;
  const isOrder =
    Array.isArray(dims) &&
    dims.length > 0 &&
    dims.length < MOST_DIMENSIONS &&
    dims.every((_, index) => dims.includes(index + 1));
  if (!isOrder) {
    throw new OptionError(`${label}: expected dims to be 1, 2, … in some order, at most 7, got ${describe(dims)}`);
  }
  const order = [0, ...dims];
  return unweighted({
    className: 'Permute',
    label: 'permute',
    name: options.name,
    config: { dims },
    infer(inputShapes, where) {
      const shape = single(inputShapes, where);
      if (shape.length !== dims.length) {
        throw new ShapeError(
          `${where}: expected input of ${dims.length} dimensions beside the batch, got ${formatBatchShape(shape)}`,
        );
      }
      return dims.map((from) => shape[from - 1] as number);
    },
    emit(builder, inputs, shape) {
      const input = only(inputs, label);
      const y = move(builder, input.buffer, { sizes: input.shape, order, result: shape }, 'output');
      builder.record('y', y);
      return {
        output: { buffer: y, shape },
        backward(gradient, [needed]) {
          if (!needed) return [undefined];
          const back = order.map((_, index) => order.indexOf(index));
          return [move(builder, gradient, { sizes: shape, order: back, result: input.shape }, 'input gradient')];
        },
      };
    },
  });
}

function move(
  builder: PlanBuilder,
  x: Buffer,
  { sizes, order, result }: { sizes: Shape; order: readonly number[]; result: Shape },
  name: string,
): Buffer {
  const words = builder.constant('order', [...sizes, ...order]);
  const y = builder.temporary(name, result);
  builder.call('permute', [sizes.length, read(words), read(x), write(y)], y.size);
  return y;
}
