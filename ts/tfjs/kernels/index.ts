/** All kernels of ours, by the names of TensorFlow.js. */

import { comparisons } from './comparison';
import { convolutions } from './convolution';
import { elementwise } from './elementwise';
import { enlargements } from './image';
import type { HotKernel } from './kernel';
import { movements } from './movement';
import { normalizations } from './normalization';
import { poolings } from './pooling';
import { products } from './product';
import { reductions } from './reduction';

/** Kernels that replace those of the cpu backend. */
export const hotKernels: ReadonlyMap<string, HotKernel> = new Map([
  ...convolutions,
  ...poolings,
  ...products,
  ...elementwise,
  ...comparisons,
  ...movements,
  ...reductions,
  ...normalizations,
  ...enlargements,
]);
