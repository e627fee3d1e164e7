/** All kernels of ours, by the names of TensorFlow.js. */

import { blocks } from './blocks';
import { comparisons } from './comparison';
import { convolutions } from './convolution';
import { equations } from './einsum';
import { elementwise } from './elementwise';
import { gathers } from './gathers';
import { imageKernels } from './image';
import type { HotKernel } from './kernel';
import { mathematics } from './mathematics';
import { movements } from './movement';
import { normalizations } from './normalization';
import { poolings } from './pooling';
import { products } from './product';
import { reductions } from './reduction';
import { slices } from './slices';

/** Kernels that replace those of the cpu backend. */
export const hotKernels: ReadonlyMap<string, HotKernel> = new Map([
  ...convolutions,
  ...poolings,
  ...products,
  ...equations,
  ...elementwise,
  ...mathematics,
  ...comparisons,
  ...movements,
  ...slices,
  ...gathers,
  ...blocks,
  ...reductions,
  ...normalizations,
  ...imageKernels,
]);
