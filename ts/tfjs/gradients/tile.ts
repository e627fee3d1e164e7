/** The gradient of `tile`: a sum, where TensorFlow.js adds up a slice for every repetition and refuses more than four dimensions. */

import { reshape, sum, type Tensor } from '@tensorflow/tfjs';
import type { OwnGradient } from './replace';

/** Layer normalization repeats its factors for every pixel. */
export const tileGradient: OwnGradient = (dy, saved, { reps }) => ({
  x: () => sumOfRepeats(dy, (saved[0] as Tensor).shape, reps as number[]),
});

/** The sum over all repetitions. Dimensions side by side that are summed, or not, are taken as one. */
function sumOfRepeats(dy: Tensor, shape: readonly number[], reps: readonly number[]): Tensor {
  const sizes: number[] = [];
  const axes: number[] = [];
  let isLastSummed: boolean | undefined;
  const append = (size: number, isSummed: boolean): void => {
    if (size === 1) return;
    if (isSummed === isLastSummed) {
      sizes.push((sizes.pop() as number) * size);
      return;
    }
    if (isSummed) axes.push(sizes.length);
    sizes.push(size);
    isLastSummed = isSummed;
  };
  shape.forEach((size, dimension) => {
    append(reps[dimension] as number, true);
    append(size, false);
  });
  const summed = axes.length === 0 ? dy : sum(reshape(dy, sizes), axes);
  return reshape(summed, [...shape]);
}
