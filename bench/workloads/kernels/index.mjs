/** The kernels that are measured: shapes of networks that people train, from the seed's to those of a ResNet. */

import { dropout, gaussianNoise } from './chance.mjs';
import { convolutions } from './convolution.mjs';
import { activations, adamUpdate, batchNormalization, maxPooling, rowSums, softmax } from './elementwise.mjs';
import { denseProducts, product } from './product.mjs';

/** Every kernel workload: `{ name, group, kind, flops, bound?, load() → { inputs, check } }`. */
export function kernelWorkloads() {
  return [
    ...[256, 512, 1024].map((n) => product('matmul', `matmul ${n}`, [n, n, n])),
    ...convolutions('conv 3×3', [32, 32, 32, 32], 3, 32),
    ...convolutions('conv 3×3', [16, 28, 28, 64], 3, 64),
    ...convolutions('conv 3×3', [64, 14, 14, 128], 3, 128),
    ...convolutions('conv 5×5', [32, 14, 14, 32], 5, 64, { padding: 'same' }),
    ...convolutions('conv 1×3', [32, 1, 256, 64], [1, 3], 64, { padding: 'same' }),
    ...convolutions('conv 1×1', [16, 28, 28, 128], 1, 128),
    ...denseProducts(1600, 10, 128),
    ...denseProducts(512, 512, 128),
    ...convolutions('conv from 1 or 3 channels', [100, 22, 22, 1], 3, 8),
    ...convolutions('conv from 1 or 3 channels', [100, 22, 22, 3], 3, 16),
    ...convolutions('conv from 1 or 3 channels', [16, 64, 64, 1], 3, 8),
    ...convolutions('conv from 1 or 3 channels', [16, 64, 64, 3], 3, 16),
    ...convolutions('conv to 16 channels', [32, 32, 32, 16], 3, 16),
    ...convolutions('conv to 16 channels', [32, 32, 32, 8], 3, 16),
    ...convolutions('depthwise', [16, 28, 28, 64], 3, 64, { padding: 'same', depthwise: true }),
    ...convolutions('depthwise', [16, 28, 28, 64], 3, 64, { padding: 'same', depthwise: true, strides: 2 }),
    ...['relu', 'sigmoid', 'tanh', 'elu', 'gelu', 'silu', 'softplus'].flatMap((name) => activations(name, 40_000)),
    softmax(128, 10),
    softmax(128, 1000),
    ...maxPooling([128, 26, 26, 32]),
    ...batchNormalization(32 * 32 * 32, 32),
    ...rowSums(512, 256),
    dropout(1, 1, 40_000),
    dropout(32, 14 * 14, 64),
    gaussianNoise(40_000),
    adamUpdate(40_000),
    adamUpdate(1_000_000),
  ];
}
