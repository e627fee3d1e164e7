/** All kernels of ours, by the names of TensorFlow.js. */

import { convolutions } from './convolution';
import { elementwise } from './elementwise';
import type { HotKernel } from './kernel';
import { poolings } from './pooling';
import { products } from './product';
import { reductions } from './reduction';

/** Kernels that replace those of the cpu backend. */
export const hotKernels: ReadonlyMap<string, HotKernel> = new Map([
  ...convolutions,
  ...poolings,
  ...products,
  ...elementwise,
  ...reductions,
]);
