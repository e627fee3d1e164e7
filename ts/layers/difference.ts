/** The mean and the difference of values. */

import { ShapeError } from '../errors';
import { checkOptions } from '../options';
import { type Buffer, read, write } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import type { NameOptions } from './activation';
import { type Layer, labelOf } from './layer';
import { mergedShape, type Operand, operandsOf, sumOf } from './merged';
import { unweighted } from './unweighted';

/** The mean of inputs, value by value. Sizes of 1 are repeated. @throws {ShapeError} from the model when shapes differ otherwise. */
export function average(options: NameOptions = {}): Layer {
  const label = labelOf('average', options);
  checkOptions(label, options, ['name']);
  return unweighted({
    className: 'Average',
    label: 'average',
    name: options.name,
    config: {},
    infer: mergedShape,
    emit(builder, inputs, shape) {
      const operands = operandsOf(builder, inputs, shape);
      const y = scaled(builder, sumOf(builder, operands, shape), 1 / inputs.length, 'output');
      builder.record('y', y);
      return {
        output: { buffer: y, shape },
        backward(gradient, needed) {
          const part = scaled(builder, gradient, 1 / inputs.length, 'input gradient');
          // One gradient for all: nobody may change it in place.
          builder.share(part);
          return operands.map((operand, index) => (needed[index] ? operand.gather(part) : undefined));
        },
      };
    },
  });
}

/**
 * The first input minus the second. Sizes of 1 are repeated.
 *
 * @throws {ShapeError} from the model when there are not two inputs, or shapes differ otherwise.
 */
export function subtract(options: NameOptions = {}): Layer {
  const label = labelOf('subtract', options);
  checkOptions(label, options, ['name']);
  return unweighted({
    className: 'Subtract',
    label: 'subtract',
    name: options.name,
    config: {},
    infer(inputShapes, where) {
      if (inputShapes.length !== 2) {
        throw new ShapeError(`${where}: expected two inputs, got ${inputShapes.length}`);
      }
      return mergedShape(inputShapes, where);
    },
    emit(builder, inputs, shape) {
      const [a, b] = operandsOf(builder, inputs, shape) as [Operand, Operand];
      const y = builder.temporary('output', shape);
      builder.call('binary', [SUBTRACT, 1, y.size, read(a.spread()), ALL, read(b.spread()), ALL, write(y)], y.size);
      builder.record('y', y);
      return {
        output: { buffer: y, shape },
        backward(gradient, [first, second]) {
          const da = first ? a.gather(gradient) : undefined;
          if (!second) return [da, undefined];
          const db = b.gather(gradient);
          return [da, scaled(builder, db, -1, 'input gradient')];
        },
      };
    },
  });
}

/** Codes of crate/src/kernels/broadcast.rs. */
const SUBTRACT = 1;
const ALL = 0;

function scaled(builder: PlanBuilder, x: Buffer, factor: number, name: string): Buffer {
  const y = builder.temporary(name, x.shape);
  builder.call('affine', [x.size, factor, 0, read(x), write(y)], x.size);
  return y;
}
