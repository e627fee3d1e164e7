/**
 * Models as data: `{ name, input, layers }`. A layer is `{ type, name, options, from? }`: a type that TensorFlow.js and
 * convgrad name alike, its options, and the names of the layers that it takes, the one before it by default. A layer of
 * the type `model` is a model within the model.
 */

const layer = (type, name, options = {}, from = undefined) => ({ type, name, options, from });

/** A convolution without bias, its normalization and, where one is named, an activation. */
function normalized(type, name, options, activation, from) {
  const convolution = layer(type, name, { padding: 'same', useBias: false, ...options }, from);
  const rest = activation === undefined ? [] : [layer('activation', `${name}_${activation}`, { activation })];
  return [convolution, layer('batchNormalization', `${name}_bn`), ...rest];
}

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

/** A depthwise-separable block of MobileNet. */
const separable = (name, filters, strides) => [
  ...normalized('depthwiseConv2d', `${name}_dw`, { kernelSize: 3, strides }, 'relu6'),
  ...normalized('conv2d', `${name}_pw`, { filters, kernelSize: 1 }, 'relu6'),
];

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

/** A residual block: two convolutions beside the identity or, where the size changes, a convolution 1×1. */
function residual(name, filters, strides, before) {
  const changes = strides > 1;
  const shortcut = changes
    ? normalized('conv2d', `${name}_shortcut`, { filters, kernelSize: 1, strides }, undefined, [before])
    : [];
  return [
    ...normalized('conv2d', `${name}_a`, { filters, kernelSize: 3, strides }, 'relu', [before]),
    ...normalized('conv2d', `${name}_b`, { filters, kernelSize: 3 }),
    ...shortcut,
    layer('add', `${name}_add`, {}, [`${name}_b_bn`, changes ? `${name}_shortcut_bn` : before]),
    layer('activation', `${name}_relu`, { activation: 'relu' }),
  ];
}

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
