/** Sizes beside those that kernels are made for: a cliff would show here. */

import { convolutions } from './convolution.mjs';
import { maxPooling, rowSums } from './elementwise.mjs';
import { denseProducts } from './product.mjs';

/** Last layers, of few pixels and many channels: threads share little work, and what one of them made the other reads. */
export function fewPixelWorkloads() {
  return [
    ...convolutions('few pixels', [64, 2, 2, 256], 3, 256, { padding: 'same' }),
    ...convolutions('few pixels', [32, 4, 4, 128], 3, 256, { strides: 2, padding: 'same' }),
    ...convolutions('few pixels', [4, 8, 8, 128], 4, 128, { strides: 2, padding: 'same' }),
    // SqueezeNet's.
    ...convolutions('few pixels', [8, 7, 7, 32], 3, 128, { padding: 'same' }),
    ...convolutions('few pixels', [8, 3, 3, 64], 3, 256, { padding: 'same' }),
  ];
}

/** Workloads as those of `kernelWorkloads`. */
export function oddWorkloads() {
  return [
    ...convolutions('LeNet', [32, 28, 28, 1], 5, 6, { padding: 'same' }),
    ...convolutions('LeNet', [32, 14, 14, 6], 5, 16),
    ...convolutions('LeNet', [32, 5, 5, 16], 5, 120),
    ...convolutions('first layer', [4, 64, 64, 3], 7, 64, { strides: 2, padding: 'same' }),
    ...convolutions('first layer', [32, 32, 32, 3], 3, 32, { padding: 'same' }),
    ...convolutions('last layer', [4, 64, 64, 32], 3, 3, { padding: 'same' }),
    ...convolutions('last layer', [8, 24, 24, 32], 3, 1, { padding: 'same' }),
    ...convolutions('last layer', [8, 24, 24, 8], 5, 1, { padding: 'same' }),
    ...convolutions('few channels', [8, 28, 28, 3], 3, 8, { padding: 'same' }),
    ...convolutions('few channels', [8, 28, 28, 4], 3, 8, { padding: 'same' }),
    ...convolutions('few channels', [8, 28, 28, 8], 3, 8, { padding: 'same' }),
    ...convolutions('few channels', [8, 28, 28, 16], 3, 4, { padding: 'same' }),
    ...convolutions('frames', [8, 84, 84, 4], 8, 32, { strides: 4 }),
    ...convolutions('stride 2', [8, 32, 32, 64], 3, 128, { strides: 2, padding: 'same' }),
    ...convolutions('stride 2', [16, 28, 28, 64], 3, 64, { strides: 2, padding: 'same' }),
    ...convolutions('stride 2', [16, 16, 16, 64], 4, 64, { strides: 2, padding: 'same' }),
    ...convolutions('stride 2', [16, 16, 16, 64], 5, 32, { strides: 2, padding: 'same' }),
    ...fewPixelWorkloads(),
    ...convolutions('odd channels', [16, 20, 20, 5], 3, 7, { padding: 'same' }),
    // Inception's: filters of one row or one column.
    ...[
      [1, 7],
      [7, 1],
      [3, 1],
    ].flatMap((kernel) => convolutions('lines', [16, 16, 16, 64], kernel, 64, { padding: 'same' })),
    // Lines of many taps, as of signals.
    ...convolutions('long lines', [16, 1, 128, 64], [1, 9], 64, { padding: 'same' }),
    ...convolutions('long lines', [32, 1, 256, 32], [1, 40], 32, { padding: 'same' }),
    // A large square, as of pose machines.
    ...convolutions('large square', [8, 16, 16, 32], 7, 32, { padding: 'same' }),
    // MobileNet's layers: pixels whose distance is a power of two share few sets of a cache.
    ...depthwise('MobileNet', [4, 14, 14, 256], 3),
    ...depthwise('MobileNet', [4, 14, 14, 512], 3),
    ...depthwise('MobileNet', [4, 14, 14, 512], 3, 2),
    ...depthwise('MobileNet', [4, 7, 7, 1024], 3),
    // EfficientNet's and ConvNeXt's.
    ...depthwise('depthwise', [8, 28, 28, 72], 5),
    ...depthwise('depthwise', [8, 14, 14, 480], 5),
    ...depthwise('depthwise', [8, 28, 28, 96], 7),
    ...denseProducts(784, 128, 1),
    ...denseProducts(512, 512, 1),
    ...denseProducts(512, 512, 3),
    ...rowSums(512, 10),
    ...maxPooling([32, 28, 28, 1]),
    ...maxPooling([32, 28, 28, 6]),
    ...[1, 3, 6, 32].flatMap((channels) => maxPooling([32, 28, 28, channels], 3, 2)),
    ...maxPooling([32, 28, 28, 6], 3, 1),
  ];
}

function depthwise(group, input, size, strides = 1) {
  return convolutions(group, input, size, input[3], { strides, padding: 'same', depthwise: true });
}
