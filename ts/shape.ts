/** Shapes: lists of dimensions, row-major. The batch is the first dimension where there is one. */

import { ShapeError } from './errors';
import { describe } from './options';

/** Dimensions of an array, outermost first. */
export type Shape = readonly number[];

/** Number of elements of an array of this shape; 1 for a scalar `[]`. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const dimension of shape) size *= dimension;
  return size;
}

/** `[100,22,22,1]`; a negative dimension prints as `batch`, the one that is not fixed. */
export function formatShape(shape: Shape): string {
  return `[${shape.map((dimension) => (typeof dimension === 'number' && dimension < 0 ? 'batch' : describe(dimension))).join(',')}]`;
}

/** A shape with so many dimensions: those that it does not have come first and are 1. */
export function withRank(shape: Shape, rank: number): Shape {
  return [...Array<number>(rank - shape.length).fill(1), ...shape];
}

/** Whether two shapes have the same dimensions. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dimension, index) => dimension === b[index]);
}

/**
 * Checks that every dimension is an integer ≥ 1 and the size stays within 2³¹−1 elements.
 *
 * @throws {ShapeError} naming `what` when not.
 */
export function checkShape(shape: Shape, what: string): void {
  if (!Array.isArray(shape)) throw new ShapeError(`${what}: expected a shape, got ${typeof shape}`);
  for (const dimension of shape) {
    if (!Number.isInteger(dimension) || dimension < 1) {
      throw new ShapeError(`${what}: expected dimensions that are integers ≥ 1, got ${formatShape(shape)}`);
    }
  }
  if (sizeOf(shape) > 0x7fffffff) {
    throw new ShapeError(`${what}: expected at most 2147483647 elements, got ${formatShape(shape)}`);
  }
}
