/** Initializers of matrices that keep lengths. */

import { ShapeError } from '../errors';
import { checkOptions, numberIn } from '../options';
import { formatShape, sizeOf } from '../shape';
import type { Initializer } from './initializer';

/** Options of {@link orthogonal} and {@link identity}. */
export interface GainOptions {
  /** Factor of the matrix. Default 1. */
  readonly gain?: number;
}

/**
 * A matrix with columns (or rows, whichever are fewer) at right angles, of length `gain` (Saxe et al., 2014). A weight of
 * more dimensions is seen as a matrix `[all others, last]`; one of fewer than two has no such matrix.
 *
 * @throws {OptionError} when an option is unknown or not finite.
 * @throws {ShapeError} when a model asks it for a weight of fewer than two dimensions.
 */
export function orthogonal(options: GainOptions = {}): Initializer {
  const gain = readGain(options, 'orthogonal');
  return {
    className: 'Orthogonal',
    config: { gain },
    fill(values, shape, random) {
      if (shape.length < 2) {
        throw new ShapeError(`orthogonal: expected a weight of at least two dimensions, got ${formatShape(shape)}`);
      }
      const columns = shape.at(-1) as number;
      const rows = sizeOf(shape) / columns;
      const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
      // Normal vectors point in all directions alike; made orthogonal one after the other they are spread uniformly.
      const vectors = Float64Array.from({ length: count * length }, () => random.normal());
      orthonormalize(vectors, count, length);
      for (let vector = 0; vector < count; vector++) {
        for (let place = 0; place < length; place++) {
          const index = rows >= columns ? place * columns + vector : vector * columns + place;
          values[index] = gain * (vectors[vector * length + place] as number);
        }
      }
    },
  };
}

/** Gram and Schmidt, twice for every vector: once leaves rounding errors that grow with the number of vectors. */
function orthonormalize(vectors: Float64Array, count: number, length: number): void {
  for (let current = 0; current < count; current++) {
    const own = vectors.subarray(current * length, (current + 1) * length);
    for (let before = 0; before < 2 * current; before++) {
      const start = (before % current) * length;
      const other = vectors.subarray(start, start + length);
      const product = dot(own, other);
      for (let place = 0; place < length; place++) {
        own[place] = (own[place] as number) - product * (other[place] as number);
      }
    }
    const norm = Math.sqrt(dot(own, own));
    for (let place = 0; place < length; place++) own[place] = (own[place] as number) / norm;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += (a[index] as number) * (b[index] as number);
  return sum;
}

/**
 * `gain` on the diagonal, 0 elsewhere, of a matrix of any height and width.
 *
 * @throws {OptionError} when an option is unknown or not finite.
 * @throws {ShapeError} when a model asks it for a weight that is no matrix.
 */
export function identity(options: GainOptions = {}): Initializer {
  const gain = readGain(options, 'identity');
  return {
    className: 'Identity',
    config: { gain },
    fill(values, shape) {
      const [rows, columns] = shape;
      if (rows === undefined || columns === undefined || shape.length !== 2) {
        throw new ShapeError(`identity: expected a weight of two dimensions, got ${formatShape(shape)}`);
      }
      values.fill(0);
      for (let index = 0; index < Math.min(rows, columns); index++) values[index * columns + index] = gain;
    },
  };
}

function readGain(options: GainOptions, where: string): number {
  checkOptions(where, options, ['gain']);
  return numberIn(options.gain ?? 1, -Number.MAX_VALUE, Number.MAX_VALUE, `${where}: gain`);
}
