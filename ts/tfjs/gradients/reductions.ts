/** Gradients of sums and means: the small gradient repeated, where TensorFlow.js multiplies it by an array of ones. */

import { broadcastTo, div, reshape, type Tensor, util } from '@tensorflow/tfjs';
import type { OwnGradient } from './replace';

/** Every element has the gradient of its sum. */
export const sumGradient: OwnGradient = (dy, saved, { axis }) => repeated(dy, saved[0] as Tensor, axis as number[]);

/** Every element has the gradient of its mean, over the number of elements. */
export const meanGradient: OwnGradient = (dy, saved, { axis }) => {
  const x = saved[0] as Tensor;
  return repeated(dy, x, axis as number[], x.size / dy.size);
};

function repeated(dy: Tensor, x: Tensor, axis: number | number[], divisor = 1): ReturnType<OwnGradient> {
  if (x.size === 0) return undefined;
  const axes = util.parseAxisParam(axis, x.shape);
  const kept = x.shape.map((size, dimension) => (axes.includes(dimension) ? 1 : size));
  return { x: () => broadcastTo(reshape(divisor === 1 ? dy : div(dy, divisor), kept), x.shape) };
}
