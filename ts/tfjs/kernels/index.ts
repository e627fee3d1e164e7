/** All kernels of ours, by the names of TensorFlow.js. */

import type { HotKernel } from './kernel';

/** Kernels that replace those of the cpu backend. */
export const hotKernels: ReadonlyMap<string, HotKernel> = new Map();
