/** Work whose arrays no second-level cache keeps, and few last-level ones, as a step over large batches or large weights meets it. */

import { convolutions } from './convolution.mjs';
import { batchNormalization, maxPooling, rowSums } from './elementwise.mjs';
import { denseProducts } from './product.mjs';

/** Workloads as those of `kernelWorkloads`. */
export function farWorkloads() {
  const same = { padding: 'same' };
  return [
    ...convolutions('large batch', [128, 32, 32, 16], 3, 16, same),
    ...convolutions('large batch', [128, 32, 32, 32], 3, 32, same),
    ...convolutions('large batch', [64, 28, 28, 64], 3, 64, same),
    ...convolutions('large batch', [128, 14, 14, 128], 3, 128, same),
    ...convolutions('large batch', [64, 16, 16, 64], 5, 64, same),
    ...convolutions('large batch', [32, 56, 56, 64], 1, 64),
    ...convolutions('large batch', [16, 112, 112, 64], 3, 64, { ...same, depthwise: true }),
    ...batchNormalization(32 * 56 * 56, 128),
    ...batchNormalization(64 * 28 * 28, 256),
    ...rowSums(16 * 112 * 112, 64),
    ...rowSums(64 * 28 * 28, 256),
    ...maxPooling([16, 112, 112, 64], 112, 112),
    ...denseProducts(9216, 4096, 1).slice(0, 1),
    ...denseProducts(4096, 1000, 6).slice(0, 1),
  ];
}
