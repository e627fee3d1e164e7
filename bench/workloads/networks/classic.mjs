/** Chains of convolutions, pooling and dense layers, as the first networks were. */

import { classes, layer } from '../described/layers.mjs';

const conv = (name, filters, kernelSize, options = {}) =>
  layer('conv2d', name, { filters, kernelSize, activation: 'relu', padding: 'same', ...options });
const pool = (name, poolSize = 2) => layer('maxPooling2d', name, { poolSize, strides: 2 });
const dense = (name, units) => layer('dense', name, { units, activation: 'relu' });

/** LeNet-5 (LeCun et al., 1998), with rectifiers and maxima. */
export const lenet = {
  name: 'LeNet-5',
  input: [28, 28, 1],
  layers: [
    conv('conv1', 6, 5),
    pool('pool1'),
    conv('conv2', 16, 5, { padding: 'valid' }),
    pool('pool2'),
    layer('flatten', 'flatten'),
    dense('dense1', 120),
    dense('dense2', 84),
    classes(),
  ],
};

/** Two hidden layers. */
export const perceptron = {
  name: 'perceptron',
  input: [784],
  layers: [dense('dense1', 512), dense('dense2', 512), classes()],
};

/** AlexNet (Krizhevsky et al., 2012) for images of 96×96, with dense layers of 512. */
export const alexnet = {
  name: 'AlexNet',
  input: [96, 96, 3],
  layers: [
    conv('conv1', 64, 11, { strides: 4 }),
    pool('pool1', 3),
    conv('conv2', 192, 5),
    pool('pool2', 3),
    conv('conv3', 384, 3),
    conv('conv4', 256, 3),
    conv('conv5', 256, 3),
    pool('pool5', 3),
    layer('flatten', 'flatten'),
    dense('dense1', 512),
    dense('dense2', 512),
    classes(),
  ],
};

/** Six convolutions of the form of VGG (Simonyan and Zisserman, 2014). */
export const vgg = {
  name: 'VGG',
  input: [32, 32, 3],
  layers: [
    ...[64, 128, 256].flatMap((filters, at) => [
      conv(`conv${at}a`, filters, 3),
      conv(`conv${at}b`, filters, 3),
      pool(`pool${at}`),
    ]),
    layer('flatten', 'flatten'),
    dense('dense1', 256),
    classes(),
  ],
};

/** SqueezeNet (Iandola et al., 2016) with six fire modules. */
export const squeezenet = {
  name: 'SqueezeNet',
  input: [64, 64, 3],
  layers: [
    conv('conv1', 64, 3, { strides: 2 }),
    pool('pool1', 3),
    ...fire('fire1', 16, 64),
    ...fire('fire2', 16, 64),
    pool('pool2', 3),
    ...fire('fire3', 32, 128),
    ...fire('fire4', 32, 128),
    pool('pool3', 3),
    ...fire('fire5', 48, 192),
    ...fire('fire6', 64, 256),
    conv('conv2', 10, 1, { activation: 'linear' }),
    layer('globalAveragePooling2d', 'average'),
    layer('activation', 'classes', { activation: 'softmax' }),
  ],
};

/** Few channels, from which 1×1 and 3×3 taps make many. */
function fire(name, few, many) {
  const [squeeze, one, three] = [`${name}_squeeze`, `${name}_1x1`, `${name}_3x3`];
  return [
    conv(squeeze, few, 1),
    conv(one, many, 1),
    { ...conv(three, many, 3), from: [squeeze] },
    layer('concatenate', `${name}_both`, {}, [one, three]),
  ];
}
