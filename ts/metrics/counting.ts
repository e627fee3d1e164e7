/** What metrics of classes share: where the targets are, how values rank, and counting right answers. */

import { ShapeError } from '../errors';
import { formatShape, type Shape, sameShape, sizeOf } from '../shape';
import type { MetricCounter } from './metric';

/** Whether sample `item` is right. */
export type IsRight = (
  outputs: Float32Array,
  outputStart: number,
  targets: Float32Array,
  targetStart: number,
  item: number,
) => boolean;

/** Where the outputs and targets of a sample are: rows with a value for each class. */
export interface Layout {
  /** Rows of a sample. */
  readonly rows: number;
  /** Values of a row: the last dimension of the outputs. */
  readonly width: number;
  /** Whether a row's target is the number of its class instead of a value for each. */
  readonly isSparse: boolean;
}

/** @throws {ShapeError} when the targets have not the expected shape. */
export function expectTargets(name: string, expected: Shape, targetShape: Shape, where: string): void {
  if (!sameShape(expected, targetShape)) {
    throw new ShapeError(
      `${where}: ${name} expected targets of ${formatShape(expected)}, got ${formatShape(targetShape)}`,
    );
  }
}

/** The layout of outputs and of targets that are like them or numbers of classes. @throws {ShapeError} when they are neither. */
export function layoutOf(name: string, outputShape: Shape, targetShape: Shape, where: string): Layout {
  const isSparse = outputShape.length > 0 && sameShape(outputShape.slice(0, -1), targetShape);
  if (!isSparse) expectTargets(name, outputShape, targetShape, where);
  const width = outputShape.at(-1) ?? 1;
  return { rows: sizeOf(outputShape) / width, width, isSparse };
}

/** Whether the row's target says that it belongs to class `column`. */
export function belongs(layout: Layout, targets: Float32Array, start: number, row: number, column: number): boolean {
  return layout.isSparse
    ? targets[start + row] === column
    : (targets[start + row * layout.width + column] as number) !== 0;
}

/** Counts the share of `items` of each sample that are right. */
export function shareOf(items: number, isRight: IsRight): MetricCounter {
  let right = 0;
  let seen = 0;
  return {
    reset() {
      right = 0;
      seen = 0;
    },
    update(outputs, outputStart, targets, targetStart, batch) {
      for (let item = 0; item < batch * items; item++) {
        if (isRight(outputs, outputStart, targets, targetStart, item)) right++;
      }
      seen += batch * items;
    },
    result: () => right / seen,
    state: () => [right, seen],
    restore([counted = 0, of = 0]) {
      right = counted;
      seen = of;
    },
  };
}

/** What a counter of plain counts has in common with others: they are all that it knows. */
export function keptIn(counts: Float64Array): Required<Pick<MetricCounter, 'reset' | 'state' | 'restore'>> {
  return {
    reset: () => void counts.fill(0),
    state: () => [...counts],
    restore: (state) => counts.set(state.slice(0, counts.length)),
  };
}

/** Index of the first largest value. */
export function largest(values: Float32Array, start: number, width: number): number {
  let best = 0;
  for (let index = 1; index < width; index++) {
    if ((values[start + index] as number) > (values[start + best] as number)) best = index;
  }
  return best;
}

/** `a / b`, and 0 where b is 0. */
export function ratio(a: number, b: number): number {
  return b === 0 ? 0 : a / b;
}
