/** Layers that bring values together: what has size 1, or no such dimension, is repeated. */

import fc from 'fast-check';
import type { Nodes, Tape } from '../../support/tape';
import { anyShape, type Definition, integer } from './definition';

/** Of the output's shape: sizes that are 1 instead, and how many of the first ones are left out where they are. */
const few = fc.tuple(fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }), integer(0, 2));

/** Shapes of inputs, some of which have fewer sizes than others. */
const shapes = (most: number): fc.Arbitrary<number[][]> =>
  fc.tuple(anyShape, fc.array(fc.option(few), { minLength: 2, maxLength: most })).map(([merged, inputs]) =>
    inputs.map((input) => {
      if (input === null) return merged;
      const [ones, most] = input;
      const shape = merged.map((size, axis) => (ones[axis] ? 1 : size));
      const dropped = Math.min(most, shape.length - 1, shape.findIndex((size) => size > 1) >>> 0);
      return shape.slice(dropped);
    }),
  );

/** A shape with as many sizes as another one, 1 behind the batch. */
function aligned([batch = 1, ...sizes]: readonly number[], rank: number): number[] {
  return [batch, ...new Array<number>(rank - 1 - sizes.length).fill(1), ...sizes];
}

/** The nodes of an input as often as the output has them. */
function repeated({ shape, nodes }: Nodes, merged: readonly number[]): number[] {
  const own = aligned(shape, merged.length);
  let result = [...nodes];
  let inner = 1;
  for (let axis = merged.length - 1; axis > 0; axis--) {
    const times = (merged[axis] as number) / (own[axis] as number);
    const groups = Array.from({ length: result.length / inner }, (_, g) => result.slice(g * inner, (g + 1) * inner));
    if (times > 1) result = groups.flatMap((group) => new Array<number[]>(times).fill(group).flat());
    inner *= merged[axis] as number;
  }
  return result;
}

/** A layer of two to `most` inputs. */
export function merge(most: 2 | 3, operation: (tape: Tape, a: number, b: number) => number): Definition {
  return {
    settings: shapes(most).map((inputShapes) => ({ inputShapes, options: {} })),
    compute({ tape, inputs }) {
      const rank = Math.max(...inputs.map(({ shape }) => shape.length));
      const sizes = inputs.map((input) => aligned(input.shape, rank));
      const shape = Array.from({ length: rank }, (_, axis) => Math.max(...sizes.map((own) => own[axis] as number)));
      const each = inputs.map((input) => repeated(input, shape));
      const nodes = each.reduce((left, right) =>
        left.map((node, index) => operation(tape, node, right[index] as number)),
      );
      return { shape, nodes };
    },
  };
}
