/** Copies of boxes from one tensor to another, by crate/src/kernels/tensors/strided.rs. */

import type { TensorInfo } from '@tensorflow/tfjs';
import type { ConvgradBackend } from '../backend';
import { size, withWords } from './kernel';

/** Most dimensions of a box, and the words of a plan. */
const DIMENSIONS = 12;
const WORDS = 3 + 3 * DIMENSIONS;

/** Where a box lies in a tensor. */
export interface Place {
  /** The tensor. */
  readonly tensor: TensorInfo;
  /** Element that the box begins with. Default 0. */
  readonly start?: number;
  /** Elements from one index to the next, for each dimension of the box. */
  readonly steps: readonly number[];
}

/** Elements from one index to the next, for each dimension of a tensor of this shape. */
export function stepsOf(shape: readonly number[]): number[] {
  const steps = Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    steps[axis] = (steps[axis + 1] as number) * (shape[axis + 1] as number);
  }
  return steps;
}

/** Copies a box of the given sizes between tensors of one type; its dimensions run from the slowest to the fastest. */
export function copyBox(backend: ConvgradBackend, sizes: readonly number[], from: Place, to: Place): void {
  const dimensions: [size: number, from: number, to: number][] = [];
  for (const [axis, length] of sizes.entries()) {
    if (length === 1) continue;
    const [source, target] = [from.steps[axis] as number, to.steps[axis] as number];
    const last = dimensions.at(-1);
    // Dimensions that lie together on both sides are one.
    if (last !== undefined && last[1] === source * length && last[2] === target * length) {
      dimensions[dimensions.length - 1] = [last[0] * length, source, target];
    } else dimensions.push([length, source, target]);
  }
  const plan = [dimensions.length, from.start ?? 0, to.start ?? 0, ...dimensions.flat()];
  const words = plan.concat(Array(WORDS - plan.length).fill(0));
  const kernel = from.tensor.dtype === 'bool' ? 'copy_bytes' : 'copy_words';
  withWords(backend, words, (address) => {
    const [x, y] = [backend.address(from.tensor), backend.address(to.tensor)];
    backend.engine.call(kernel, address, size(from.tensor), x, size(to.tensor), y);
  });
}
