/** The gradient of `square`, which variances have, in two kernels of three and without a constant that is copied in. */

import { add, mul, type Tensor } from '@tensorflow/tfjs';
import type { OwnGradient } from './replace';

/** `2·x·dy`. */
export const squareGradient: OwnGradient = (dy, saved) => {
  const x = saved[0] as Tensor;
  return x.dtype === 'float32' ? { x: () => mul(dy, add(x, x)) } : undefined;
};
