/** Layers that bring several values together. */

import { OptionError, ShapeError } from '../errors';
import { checkOptions, describe } from '../options';
import { type Buffer, read, write } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import { formatShape, type Shape, sizeOf } from '../shape';
import type { NameOptions } from './activation';
import { type Layer, labelOf, type Value } from './layer';
import { mergedShape, operandsOf, productOf, sumOf } from './merged';
import { unweighted } from './unweighted';

/**
 * The sum of inputs, as at the end of a residual block. Sizes of 1 are repeated.
 *
 * @throws {ShapeError} from the model when shapes differ otherwise.
 */
export function add(options: NameOptions = {}): Layer {
  const label = labelOf('add', options);
  checkOptions(label, options, ['name']);
  return unweighted({
    className: 'Add',
    label: 'add',
    name: options.name,
    config: {},
    infer: mergedShape,
    emit(builder, inputs, shape) {
      const operands = operandsOf(builder, inputs, shape);
      const y = sumOf(builder, operands, shape);
      builder.record('y', y);
      return {
        output: { buffer: y, shape },
        backward(gradient, needed) {
          // One gradient for all: nobody may change it in place.
          builder.share(gradient);
          return operands.map((operand, index) => (needed[index] ? operand.gather(gradient) : undefined));
        },
      };
    },
  });
}

/**
 * The product of inputs, value by value. Sizes of 1 are repeated: a factor for every channel `[batch,1,1,channels]` or
 * `[batch,channels]`, or for every pixel `[batch,height,width,1]`.
 *
 * @throws {ShapeError} from the model when shapes differ otherwise.
 */
export function multiply(options: NameOptions = {}): Layer {
  const label = labelOf('multiply', options);
  checkOptions(label, options, ['name']);
  return unweighted({
    className: 'Multiply',
    label: 'multiply',
    name: options.name,
    config: {},
    infer: mergedShape,
    emit(builder, inputs, shape) {
      const operands = operandsOf(builder, inputs, shape);
      const y = productOf(operands);
      builder.record('y', y);
      return {
        output: { buffer: y, shape },
        backward: (gradient, needed) =>
          operands.map((operand, index) => {
            if (!needed[index]) return undefined;
            const others = operands.filter((_, other) => other !== index);
            if (!operand.whole) return operand.gatherProduct(gradient, productOf(others));
            return others.reduce((product, other) => other.times(product), gradient);
          }),
      };
    },
  });
}

/** Options of {@link concatenate}. */
export interface ConcatenateOptions {
  /** The dimension along which inputs are put, with the batch as 0; −1 is the last. Default −1. */
  readonly axis?: number;
  /** Unique name in the model. Default `concatenate_1`, …. */
  readonly name?: string;
}

/**
 * Inputs side by side along one dimension; the others must be equal.
 *
 * @throws {OptionError} when `axis` is no integer or the batch, {@link ShapeError} from the model when shapes do not fit.
 */
export function concatenate(options: ConcatenateOptions = {}): Layer {
  const label = labelOf('concatenate', options);
  checkOptions(label, options, ['axis', 'name']);
  const axis = options.axis ?? -1;
  if (!Number.isInteger(axis) || axis === 0) {
    throw new OptionError(`${label}: expected axis to be an integer but 0, got ${describe(axis)}`);
  }
  /** Index of the dimension in shapes without batch. */
  const place = (rank: number): number => (axis < 0 ? rank + axis : axis - 1);
  return unweighted({
    className: 'Concatenate',
    label: 'concatenate',
    name: options.name,
    config: { axis },
    infer(inputShapes, where) {
      const [first] = inputShapes;
      if (first === undefined || inputShapes.length < 2) {
        throw new ShapeError(`${where}: expected at least two inputs, got ${inputShapes.length}`);
      }
      const at = place(first.length);
      const fits = (shape: Shape): boolean =>
        shape.length === first.length && shape.every((size, index) => index === at || size === first[index]);
      if (at < 0 || at >= first.length || !inputShapes.every(fits)) {
        throw new ShapeError(
          `${where}: expected inputs equal but for axis ${axis}, got ${inputShapes.map((each) => formatShape([-1, ...each])).join(' and ')}`,
        );
      }
      const total = inputShapes.reduce((sum, shape) => sum + (shape[at] as number), 0);
      return first.map((size, index) => (index === at ? total : size));
    },
    emit: (builder, inputs, shape) => emitConcatenation(builder, inputs, shape, place(shape.length - 1) + 1),
  });
}

function emitConcatenation(builder: PlanBuilder, inputs: readonly Value[], shape: Shape, axis: number) {
  const rows = sizeOf(shape.slice(0, axis));
  const total = sizeOf(shape.slice(axis));
  const y = builder.temporary('output', shape);
  let offset = 0;
  const parts = inputs.map((input) => {
    const part = { input, width: sizeOf(input.shape.slice(axis)), offset };
    offset += part.width;
    return part;
  });
  for (const { input, width, offset: start } of parts) {
    builder.call('put_columns', [rows, width, total, start, read(input.buffer), write(y)], rows * width);
  }
  builder.record('y', y);
  return {
    output: { buffer: y, shape },
    backward: (gradient: Buffer, needed: readonly boolean[]) =>
      parts.map(({ input, width, offset: start }, index) => {
        if (!needed[index]) return undefined;
        const dx = builder.temporary('input gradient', input.shape);
        builder.call('take_columns', [rows, width, total, start, read(gradient), write(dx)], rows * width);
        return dx;
      }),
  };
}
