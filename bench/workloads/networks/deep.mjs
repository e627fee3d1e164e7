/** Blocks of deep networks, whose products of matrices take most of the time. */

import { classes, joined, layer, normalized, top } from '../described/layers.mjs';

/** Five blocks of ResNet-50 (He et al., 2015) for images of 64×64. */
export const resnet50 = {
  name: 'ResNet-50',
  input: [64, 64, 3],
  layers: [
    ...normalized('conv2d', 'conv1', { filters: 64, kernelSize: 7, strides: 2 }, 'relu'),
    layer('maxPooling2d', 'pool1', { poolSize: 3, strides: 2, padding: 'same' }),
    ...bottleneck('block0', 64, 1, 'pool1', true),
    ...bottleneck('block1', 64, 1, 'block0_relu', false),
    ...bottleneck('block2', 128, 2, 'block1_relu', true),
    ...bottleneck('block3', 128, 1, 'block2_relu', false),
    ...bottleneck('block4', 256, 2, 'block3_relu', true),
    ...top(),
  ],
};

function bottleneck(name, filters, strides, before, changes) {
  const wide = 4 * filters;
  return [
    ...normalized('conv2d', `${name}_a`, { filters, kernelSize: 1, strides }, 'relu', [before]),
    ...normalized('conv2d', `${name}_b`, { filters, kernelSize: 3 }, 'relu'),
    ...normalized('conv2d', `${name}_c`, { filters: wide, kernelSize: 1 }),
    ...joined(name, `${name}_c_bn`, before, changes ? { filters: wide, strides } : undefined),
  ];
}

const relu = (name, before) => layer('activation', name, { activation: 'relu' }, before && [before]);
const pair = (name, filters, activation) => normalized('separableConv2d', name, { filters, kernelSize: 3 }, activation);

/** Blocks of Xception (Chollet, 2017): two that shrink images, two that keep them. */
export const xception = {
  name: 'Xception',
  input: [64, 64, 3],
  layers: [
    ...normalized('conv2d', 'conv1', { filters: 32, kernelSize: 3, strides: 2 }, 'relu'),
    ...normalized('conv2d', 'conv2', { filters: 64, kernelSize: 3 }, 'relu'),
    ...shrinking('block0', 128, 'conv2_relu'),
    ...shrinking('block1', 256, 'block0_add'),
    ...keeping('block2', 256, 'block1_add'),
    ...keeping('block3', 256, 'block2_add'),
    ...top(),
  ],
};

function shrinking(name, filters, before) {
  return [
    ...normalized('conv2d', `${name}_shortcut`, { filters, kernelSize: 1, strides: 2 }, undefined, [before]),
    relu(`${name}_before`, before),
    ...pair(`${name}_a`, filters, 'relu'),
    ...pair(`${name}_b`, filters),
    layer('maxPooling2d', `${name}_pool`, { poolSize: 3, strides: 2, padding: 'same' }),
    layer('add', `${name}_add`, {}, [`${name}_pool`, `${name}_shortcut_bn`]),
  ];
}

function keeping(name, filters, before) {
  return [
    ...[0, 1, 2].flatMap((at) => [
      relu(`${name}_before${at}`, at === 0 ? before : undefined),
      ...pair(`${name}_${at}`, filters),
    ]),
    layer('add', `${name}_add`, {}, [before, `${name}_2_bn`]),
  ];
}

/** MLP-Mixer (Tolstikhin et al., 2021): perceptrons over patches, then over channels. */
export const mixer = {
  name: 'MLP-Mixer',
  input: [32, 32, 3],
  layers: [
    layer('conv2d', 'patches', { filters: 128, kernelSize: 4, strides: 4 }),
    layer('reshape', 'rows', { targetShape: [64, 128] }),
    ...[0, 1, 2, 3].flatMap((at) => mixing(`block${at}`, at === 0 ? 'rows' : `block${at - 1}`)),
    layer('globalAveragePooling1d', 'average'),
    classes(),
  ],
};

function mixing(name, before) {
  const perceptron = (part, wide, narrow) => [
    layer('dense', `${name}_${part}_wide`, { units: wide, activation: 'gelu' }),
    layer('dense', `${name}_${part}_narrow`, { units: narrow }),
  ];
  return [
    layer('layerNormalization', `${name}_patches_ln`, {}, [before]),
    layer('permute', `${name}_columns`, { dims: [2, 1] }),
    ...perceptron('patches', 64, 64),
    layer('permute', `${name}_rows`, { dims: [2, 1] }),
    layer('add', `${name}_patches`, {}, [before, `${name}_rows`]),
    layer('layerNormalization', `${name}_channels_ln`),
    ...perceptron('channels', 512, 128),
    layer('add', name, {}, [`${name}_patches`, `${name}_channels_narrow`]),
  ];
}
