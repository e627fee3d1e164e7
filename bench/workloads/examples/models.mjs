/** Models of TensorFlow.js's official examples, and of their kind. */

import { layer, normalized, residual, separable } from '../described/layers.mjs';

/** The convolutional network of the example `mnist`. */
export const mnistConvnet = {
  name: 'mnist',
  input: [28, 28, 1],
  layers: [
    layer('conv2d', 'conv1', { filters: 8, kernelSize: 5, activation: 'relu' }),
    layer('maxPooling2d', 'pool1', { poolSize: 2, strides: 2 }),
    layer('conv2d', 'conv2', { filters: 16, kernelSize: 5, activation: 'relu' }),
    layer('maxPooling2d', 'pool2', { poolSize: 2, strides: 2 }),
    layer('flatten', 'flatten'),
    layer('dense', 'logits', { units: 10, activation: 'softmax' }),
  ],
};

/** The head of the example `webcam-transfer-learning` on frozen blocks like those of a MobileNet. */
export const transferHead = {
  name: 'transfer',
  input: [32, 32, 3],
  layers: [
    {
      type: 'model',
      name: 'features',
      input: [32, 32, 3],
      trainable: false,
      layers: [
        ...normalized('conv2d', 'conv1', { filters: 16, kernelSize: 3, strides: 2 }, 'relu6'),
        ...separable('block1', 32, 1),
        ...separable('block2', 64, 2),
        ...separable('block3', 64, 1),
      ],
    },
    layer('flatten', 'flatten'),
    layer('dense', 'hidden', { units: 100, activation: 'relu' }),
    layer('dense', 'classes', { units: 4, activation: 'softmax', useBias: false }),
  ],
};

/** A residual network of two blocks. */
export const smallResnet = {
  name: 'resnet',
  input: [32, 32, 3],
  layers: [
    ...normalized('conv2d', 'conv1', { filters: 16, kernelSize: 3 }, 'relu'),
    ...residual('block1', 16, 1, 'conv1_relu'),
    ...residual('block2', 32, 2, 'block1_relu'),
    layer('globalAveragePooling2d', 'average'),
    layer('dense', 'logits', { units: 10, activation: 'softmax' }),
  ],
};
