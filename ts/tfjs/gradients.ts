/** Gradients for which TensorFlow.js calls thousands of kernels where one is enough. */

import {
  getBackend,
  getGradient,
  registerGradient,
  reshape,
  sum,
  type Tensor,
  unregisterGradient,
} from '@tensorflow/tfjs';

/**
 * Puts our gradient of `tile` beside TensorFlow.js's own, which adds up a slice for every repetition and refuses more than four
 * dimensions: layer normalization repeats its factors for every pixel. On other backends theirs stays.
 *
 * @param backendName - Of the backend on which it is ours.
 */
export function registerGradients(backendName: string): void {
  const theirs = getGradient('Tile');
  if (theirs === undefined) return;
  unregisterGradient('Tile');
  registerGradient({
    ...theirs,
    gradFunc(dy, saved, attributes) {
      if (getBackend() !== backendName) return theirs.gradFunc(dy, saved, attributes);
      const { reps } = attributes as { readonly reps: readonly number[] };
      return { x: () => sumOfRepeats(dy as Tensor, (saved[0] as Tensor).shape, reps) };
    },
  });
}

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
