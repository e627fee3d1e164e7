/** The scalar product of two vectors. */

import { OptionError, ShapeError } from '../errors';
import { boolean, checkOptions, describe } from '../options';
import { type Buffer, read, write } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import { formatShape } from '../shape';
import { type Layer, labelOf } from './layer';
import { emitUnitRows } from './unitNormalization';
import { unweighted } from './unweighted';

/** Options of {@link dot}. */
export interface DotOptions {
  /** The dimension that is summed over, of both inputs or of each: 1 or −1, which are the same for vectors. Default −1. */
  readonly axes?: number | readonly [number, number];
  /** Whether both are brought to length 1 before, so that the result is the cosine of their angle. Default false. */
  readonly normalize?: boolean;
  /** Unique name in the model. Default `dot_1`, …. */
  readonly name?: string;
}

/** Codes of crate/src/kernels/broadcast.rs. */
const MULTIPLY = 2;
const ALL = 0;
const BY_ROW = 2;

/**
 * The scalar product of two vectors. Inputs `[batch, features]`, output `[batch, 1]`.
 *
 * @throws {OptionError} when `axes` are others than 1 and −1, {@link ShapeError} from the model when the inputs are not two
 *   vectors of one length.
 */
export function dot(options: DotOptions = {}): Layer {
  const label = labelOf('dot', options);
  checkOptions(label, options, ['axes', 'normalize', 'name']);
  const axes = options.axes ?? -1;
  const each: readonly unknown[] = Array.isArray(axes) ? axes : [axes, axes];
  if (each.length !== 2 || !each.every((axis) => axis === 1 || axis === -1)) {
    throw new OptionError(`${label}: expected axes to be 1 or -1, got ${describe(axes)}`);
  }
  const normalize = boolean(options.normalize ?? false, `${label}: normalize`);
  return unweighted({
    className: 'Dot',
    label: 'dot',
    name: options.name,
    config: { axes, normalize },
    infer(inputShapes, where) {
      const [a, b] = inputShapes;
      if (inputShapes.length !== 2 || a?.length !== 1 || b?.length !== 1 || a[0] !== b[0]) {
        const got = inputShapes.map((shape) => formatShape([-1, ...shape])).join(' and ');
        throw new ShapeError(`${where}: expected two inputs [batch,features] of one length, got ${got}`);
      }
      return [1];
    },
    emit(builder, inputs, shape) {
      const sides = inputs.map((input) =>
        normalize ? emitUnitRows(builder, input) : { output: input, backward: (gradient: Buffer) => gradient },
      );
      const [a, b] = sides.map(({ output }) => output.buffer) as [Buffer, Buffer];
      const [rows = 1, width = 1] = a.shape;
      const products = builder.temporary('products', a.shape);
      builder.call('multiply', [products.size, read(a), read(b), write(products)], products.size);
      const y = builder.temporary('output', shape);
      builder.call('row_sums', [rows, width, read(products), write(y)], products.size);
      builder.record('y', y);
      return {
        output: { buffer: y, shape },
        backward: (gradient, needed) =>
          sides.map((side, index) =>
            needed[index] ? side.backward(times(builder, gradient, index === 0 ? b : a)) : undefined,
          ),
      };
    },
  });
}

/** Rows of `x`, each times its own number of `factors`. */
function times(builder: PlanBuilder, factors: Buffer, x: Buffer): Buffer {
  const [rows = 1, width = 1] = x.shape;
  const result = builder.temporary('input gradient', x.shape);
  const arrays = [read(factors), BY_ROW, read(x), ALL, write(result)];
  builder.call('binary', [MULTIPLY, rows, width, ...arrays], x.size);
  return result;
}
