/** Inputs of layers that bring values together: what has size 1 in some dimensions is repeated along them. */

import { ShapeError } from '../errors';
import { type Buffer, read, write } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import { formatShape, type Shape, sizeOf, withRank } from '../shape';
import type { Value } from './layer';

/**
 * The shape that at least two inputs have when they are repeated along dimensions of size 1. Where one has fewer dimensions than
 * another, those behind the batch are taken for 1, as Keras does.
 *
 * @throws {ShapeError} when there are fewer inputs, or sizes that are neither equal nor 1.
 */
export function mergedShape(inputShapes: readonly Shape[], where: string): Shape {
  if (inputShapes.length < 2) {
    throw new ShapeError(`${where}: expected at least two inputs, got ${inputShapes.length}`);
  }
  const rank = Math.max(...inputShapes.map(({ length }) => length));
  const shapes = inputShapes.map((shape) => withRank(shape, rank));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = new Set(shapes.map((shape) => shape[axis] as number));
    sizes.delete(1);
    if (sizes.size > 1) {
      const got = inputShapes.map((shape) => formatShape([-1, ...shape])).join(' and ');
      throw new ShapeError(`${where}: expected inputs of equal shapes, or with 1 where they differ, got ${got}`);
    }
    return [...sizes][0] ?? 1;
  });
}

/** An array `[outer, inner]` seen as `[outer, times, inner]`. */
type Repeat = readonly [outer: number, times: number, inner: number];

/** What is repeated, innermost dimensions first; neighbours are one. Shapes have the batch. */
function repeatsOf(own: Shape, merged: Shape): Repeat[] {
  const [batch = 1, ...inner] = own;
  const from = [batch, ...withRank(inner, merged.length - 1)];
  const repeats: Repeat[] = [];
  for (let axis = merged.length - 1; axis > 0; axis--) {
    if (from[axis] === merged[axis]) continue;
    const end = axis + 1;
    while (axis > 1 && from[axis - 1] === 1) axis--;
    const times = sizeOf(merged.slice(axis, end));
    repeats.push([sizeOf(from.slice(0, axis)), times, sizeOf(merged.slice(end))]);
  }
  return repeats;
}

/** An input of a merging layer. */
export class Operand {
  readonly #builder: PlanBuilder;
  readonly #value: Value;
  readonly #merged: Shape;
  readonly #repeats: readonly Repeat[];

  /** @param merged - The output's shape, with the batch. */
  constructor(builder: PlanBuilder, value: Value, merged: Shape) {
    this.#builder = builder;
    this.#value = value;
    this.#merged = merged;
    this.#repeats = repeatsOf(value.shape, merged);
  }

  /** Whether nothing is repeated. */
  get whole(): boolean {
    return this.#repeats.length === 0;
  }

  /** The values as often as the output has them. */
  spread(): Buffer {
    return this.#repeated(this.#repeats);
  }

  /** The product of this and an array of the output's shape. */
  times(x: Buffer): Buffer {
    const y = this.#builder.temporary('product', this.#merged);
    const outermost = this.#repeats.at(-1);
    const factors = read(this.#repeated(this.#repeats.slice(0, -1)));
    if (outermost === undefined) this.#builder.call('multiply', [y.size, read(x), factors, write(y)], y.size);
    else this.#builder.call('multiply_repeated', [...outermost, read(x), factors, write(y)], y.size);
    return y;
  }

  /** The gradient by the input, from that by what {@link spread} answers. */
  gather(gradient: Buffer): Buffer {
    return this.#sums(gradient, [...this.#repeats].reverse());
  }

  /** {@link gather} for the product of two arrays; something must be repeated. */
  gatherProduct(a: Buffer, b: Buffer): Buffer {
    const [outermost, ...others] = [...this.#repeats].reverse() as [Repeat, ...Repeat[]];
    const sums = this.#sum(outermost, others.length === 0);
    this.#builder.call('sum_repeated_products', [...outermost, read(a), read(b), write(sums)], 2 * a.size);
    return this.#sums(sums, others);
  }

  #repeated(repeats: readonly Repeat[]): Buffer {
    return repeats.reduce((x, repeat) => {
      const y = this.#builder.temporary('repeated', repeat);
      this.#builder.call('repeat', [...repeat, read(x), write(y)], y.size);
      return y;
    }, this.#value.buffer);
  }

  #sums(gradient: Buffer, repeats: readonly Repeat[]): Buffer {
    return repeats.reduce((dy, repeat, index) => {
      const dx = this.#sum(repeat, index === repeats.length - 1);
      this.#builder.call('sum_repeated', [...repeat, read(dy), write(dx)], dy.size);
      return dx;
    }, gradient);
  }

  /** Memory for sums over a dimension, the last ones or not. */
  #sum([outer, , inner]: Repeat, isLast: boolean): Buffer {
    return this.#builder.temporary('input gradient', isLast ? this.#value.shape : [outer, inner]);
  }
}

/** The inputs of a merging layer. @param merged - The output's shape, with the batch. */
export function operandsOf(builder: PlanBuilder, inputs: readonly Value[], merged: Shape): Operand[] {
  return inputs.map((input) => new Operand(builder, input, merged));
}

/** The sum of operands, from the left. */
export function sumOf(builder: PlanBuilder, operands: readonly Operand[], shape: Shape): Buffer {
  const [first, ...others] = operands.map((operand) => operand.spread()) as [Buffer, ...Buffer[]];
  return others.reduce((left, right) => {
    const result = builder.temporary('output', shape);
    builder.call('add', [result.size, read(left), read(right), write(result)], result.size);
    return result;
  }, first);
}

/** The product of operands: the whole ones first, so that the others need not be written out. */
export function productOf(operands: readonly Operand[]): Buffer {
  const whole = operands.filter((operand) => operand.whole);
  const [first, ...others] = [...whole, ...operands.filter((operand) => !operand.whole)] as [Operand, ...Operand[]];
  return others.reduce((product, operand) => operand.times(product), first.spread());
}
