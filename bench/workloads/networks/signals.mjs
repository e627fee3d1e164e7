/** Networks over signals, sounds and points. */

import { classes, layer, normalized, separable, top } from '../described/layers.mjs';

/** A classifier of signals: 512 times of 8 sensors. */
export const signals = {
  name: 'conv1d signals',
  input: [512, 8],
  layers: [
    ...[32, 64, 128].map((filters, at) =>
      layer('conv1d', `conv${at}`, { filters, kernelSize: 5, strides: 2, padding: 'same', activation: 'relu' }),
    ),
    layer('conv1d', 'conv3', { filters: 128, kernelSize: 3, padding: 'same', activation: 'relu' }),
    layer('globalAveragePooling1d', 'average'),
    classes(6),
  ],
};

/** A temporal convolutional network (Bai et al., 2018): what comes next in 16 curves. */
export const temporal = {
  name: 'TCN',
  input: [256, 16],
  layers: [
    layer('conv1d', 'first', { filters: 64, kernelSize: 1 }),
    ...[1, 2, 4, 8].flatMap((dilationRate, at) => {
      const conv = (part) =>
        layer('conv1d', `block${at}_${part}`, {
          ...{ filters: 64, kernelSize: 3, padding: 'causal', dilationRate, activation: 'relu' },
        });
      const before = at === 0 ? 'first' : `block${at - 1}`;
      return [conv('a'), conv('b'), layer('add', `block${at}`, {}, [before, `block${at}_b`])];
    }),
    layer('conv1d', 'next', { filters: 16, kernelSize: 1 }),
  ],
};

/** InceptionTime (Ismail Fawaz et al., 2020): tells 256 times of 8 sensors apart by lines of ten to forty taps. */
export const inceptiontime = {
  name: 'InceptionTime',
  input: [256, 8],
  layers: [
    ...[0, 1, 2].flatMap((at) => {
      const name = `module${at}`;
      const line = (filters, kernelSize, from) =>
        layer('conv1d', `${name}_${kernelSize}`, { filters, kernelSize, padding: 'same', useBias: false }, from);
      return [
        line(32, 1),
        ...[40, 20, 10].map((kernelSize) => line(32, kernelSize, [`${name}_1`])),
        layer('concatenate', `${name}_all`, {}, [`${name}_40`, `${name}_20`, `${name}_10`]),
        layer('batchNormalization', `${name}_bn`),
        layer('activation', `${name}_relu`, { activation: 'relu' }),
      ];
    }),
    layer('globalAveragePooling1d', 'average'),
    classes(),
  ],
};

/** A residual network of twelve leads of an electrocardiogram (Ribeiro et al., 2020): lines of 17 taps, every second one of stride 4. */
export const heartbeats = {
  name: 'ECG ResNet',
  input: [1024, 12],
  layers: [
    ...normalized('conv1d', 'conv1', { filters: 32, kernelSize: 17 }, 'relu'),
    ...beats('block0', 64, 'conv1_relu'),
    ...beats('block1', 96, 'block0_relu'),
    ...beats('block2', 128, 'block1_relu'),
    layer('globalAveragePooling1d', 'average'),
    classes(6),
  ],
};

function beats(name, filters, before) {
  const shrunk = { filters, strides: 4, padding: 'same', useBias: false };
  return [
    ...normalized('conv1d', `${name}_a`, { filters, kernelSize: 17 }, 'relu', [before]),
    layer('conv1d', `${name}_b`, { ...shrunk, kernelSize: 17 }),
    layer('conv1d', `${name}_shortcut`, { ...shrunk, kernelSize: 1 }, [before]),
    layer('add', `${name}_add`, {}, [`${name}_b`, `${name}_shortcut`]),
    layer('batchNormalization', `${name}_bn`),
    layer('activation', `${name}_relu`, { activation: 'relu' }),
  ];
}

/** DS-CNN (Zhang et al., 2017), which hears words in 49 times of 10 numbers. */
export const keywords = {
  name: 'DS-CNN',
  input: [49, 10, 1],
  layers: [
    ...normalized('conv2d', 'conv1', { filters: 64, kernelSize: [10, 4], strides: 2 }, 'relu'),
    ...[0, 1, 2, 3].flatMap((at) => separable(`block${at}`, 64, 1)),
    ...top(12),
  ],
};

/** Res8 (Tang and Lin, 2018), which hears words with 45 filters. */
export const res8 = {
  name: 'Res8',
  input: [101, 40, 1],
  layers: [
    heard('conv1'),
    layer('averagePooling2d', 'pool', { poolSize: [4, 3] }),
    ...[0, 1, 2].flatMap((at) => [
      ...['a', 'b'].flatMap((part) => [
        heard(`block${at}_${part}`),
        layer('batchNormalization', `block${at}_${part}_bn`),
      ]),
      layer('add', `block${at}`, {}, [at === 0 ? 'pool' : `block${at - 1}`, `block${at}_b_bn`]),
    ]),
    ...top(12),
  ],
};

function heard(name) {
  return layer('conv2d', name, { filters: 45, kernelSize: 3, padding: 'same', useBias: false, activation: 'relu' });
}

/** EEGNet (Lawhern et al., 2018): 128 times of 64 electrodes. */
export const eegnet = {
  name: 'EEGNet',
  input: [64, 128, 1],
  layers: [
    ...normalized('conv2d', 'times', { filters: 8, kernelSize: [1, 64] }),
    ...normalized('depthwiseConv2d', 'places', { kernelSize: [64, 1], depthMultiplier: 2, padding: 'valid' }, 'elu'),
    layer('averagePooling2d', 'pool1', { poolSize: [1, 4] }),
    ...normalized('separableConv2d', 'both', { filters: 16, kernelSize: [1, 16] }, 'elu'),
    layer('averagePooling2d', 'pool2', { poolSize: [1, 8] }),
    layer('flatten', 'flatten'),
    classes(4),
  ],
};

/** WaveNet (van den Oord et al., 2016) of six gates: what comes next in a sound. */
export const wavenet = {
  name: 'WaveNet',
  input: [1024, 1],
  layers: [
    layer('conv1d', 'first', { filters: 32, kernelSize: 2, padding: 'causal' }),
    ...[1, 2, 4, 8, 16, 32].flatMap((dilationRate, at) => gate(at, dilationRate)),
    layer(
      'add',
      'skips',
      {},
      [0, 1, 2, 3, 4, 5].map((at) => `skip${at}`),
    ),
    layer('activation', 'skips_relu', { activation: 'relu' }),
    layer('conv1d', 'wide', { filters: 64, kernelSize: 1, activation: 'relu' }),
    layer('conv1d', 'next', { filters: 1, kernelSize: 1 }),
  ],
};

function gate(at, dilationRate) {
  const before = at === 0 ? 'first' : `gate${at - 1}`;
  const part = (activation) =>
    layer(
      ...['conv1d', `gate${at}_${activation}`],
      { filters: 32, kernelSize: 2, padding: 'causal', dilationRate, activation },
      [before],
    );
  return [
    part('tanh'),
    part('sigmoid'),
    layer('multiply', `gate${at}_product`, {}, [`gate${at}_tanh`, `gate${at}_sigmoid`]),
    layer('conv1d', `skip${at}`, { filters: 32, kernelSize: 1 }),
    layer('add', `gate${at}`, {}, [before, `skip${at}`]),
  ];
}

/** PointNet (Qi et al., 2017) without its own transforms: ten classes of 1024 points. */
export const pointnet = {
  name: 'PointNet',
  input: [1024, 3],
  layers: [
    ...[64, 64, 64, 128, 512].flatMap((filters, at) =>
      normalized('conv1d', `conv${at}`, { filters, kernelSize: 1 }, 'relu'),
    ),
    layer('globalMaxPooling1d', 'largest'),
    layer('dense', 'dense', { units: 256, activation: 'relu' }),
    classes(10),
  ],
};
