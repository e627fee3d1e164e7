/** The mean and the difference of values. */

import { ShapeError } from '../errors';
import { checkOptions } from '../options';
import { type Buffer, read, write } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import type { NameOptions } from './activation';
import { type Layer, labelOf } from './layer';
import { equalShapes, fold } from './merge';
import { unweighted } from './unweighted';

/** The mean of inputs of equal shapes, value by value. @throws {ShapeError} from the model when shapes differ. */
export function average(options: NameOptions = {}): Layer {
  const label = labelOf('average', options);
  checkOptions(label, options, ['name']);
  return unweighted({
    className: 'Average',
    label: 'average',
    name: options.name,
    config: {},
    infer: equalShapes,
    emit(builder, inputs, shape) {
      const buffers = inputs.map(({ buffer }) => buffer);
      const y = scaled(builder, fold(builder, 'add', buffers, shape), 1 / inputs.length, 'output');
      builder.record('y', y);
      return {
        output: { buffer: y, shape },
        backward(gradient, needed) {
          const part = scaled(builder, gradient, 1 / inputs.length, 'input gradient');
          // One gradient for all: nobody may change it in place.
          builder.share(part);
          return needed.map((wanted) => (wanted ? part : undefined));
        },
      };
    },
  });
}

/** The first input minus the second. @throws {ShapeError} from the model when there are not two inputs of equal shapes. */
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
      return equalShapes(inputShapes, where);
    },
    emit(builder, inputs, shape) {
      const [a, b] = inputs.map(({ buffer }) => buffer) as [Buffer, Buffer];
      const y = builder.temporary('output', shape);
      builder.call('binary', [SUBTRACT, 1, y.size, read(a), ALL, read(b), ALL, write(y)], y.size);
      builder.record('y', y);
      return {
        output: { buffer: y, shape },
        backward(gradient, [first, second]) {
          const negative = second ? scaled(builder, gradient, -1, 'input gradient') : undefined;
          return [first ? gradient : undefined, negative];
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
