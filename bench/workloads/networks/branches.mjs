/** Networks with filters of other shapes: lines, dilated, depthwise beside the channels. */

import { inverted, layer, normalized, top } from '../described/layers.mjs';

/** Two blocks of Inception (Szegedy et al., 2015): 1×1, 1×7 and 7×1, two 3×3 and a mean, side by side. */
export const inception = {
  name: 'Inception',
  input: [32, 32, 3],
  layers: [
    ...normalized('conv2d', 'conv1', { filters: 32, kernelSize: 3 }, 'relu'),
    layer('maxPooling2d', 'pool1', { poolSize: 3, strides: 2, padding: 'same' }),
    ...mixed('mixed0', 32),
    ...mixed('mixed1', 48),
    ...top(),
  ],
};

function mixed(name, filters) {
  const before = name === 'mixed0' ? 'pool1' : 'mixed0';
  const conv = (part, kernelSize, from) =>
    normalized('conv2d', `${name}_${part}`, { filters, kernelSize }, 'relu', from && [from]);
  const parts = ['one', 'line_c', 'square_c', 'mean_b'].map((part) => `${name}_${part}_relu`);
  return [
    ...conv('one', 1, before),
    ...conv('line_a', 1, before),
    ...conv('line_b', [1, 7]),
    ...conv('line_c', [7, 1]),
    ...conv('square_a', 1, before),
    ...conv('square_b', 3),
    ...conv('square_c', 3),
    layer('averagePooling2d', `${name}_mean_a`, { poolSize: 3, strides: 1, padding: 'same' }, [before]),
    ...conv('mean_b', 1),
    layer('concatenate', name, {}, parts),
  ];
}

/** A small YOLO (Redmon and Farhadi, 2016): five numbers and ten classes for each of 8×8 places. */
export const yolo = {
  name: 'YOLO',
  input: [128, 128, 3],
  layers: [
    ...[16, 32, 64, 128].flatMap((filters, at) => [
      ...normalized('conv2d', `conv${at}`, { filters, kernelSize: 3 }, 'leakyRelu'),
      layer('maxPooling2d', `pool${at}`, { poolSize: 2 }),
    ]),
    ...normalized('conv2d', 'conv4', { filters: 256, kernelSize: 3 }, 'leakyRelu'),
    layer('conv2d', 'places', { filters: 15, kernelSize: 1 }),
  ],
};

/** Of DeepLab (Chen et al., 2017) what is its own: dilated convolutions side by side, enlarged with straight lines between pixels. */
export const deeplab = {
  name: 'DeepLab',
  input: [96, 96, 3],
  layers: [
    ...normalized('conv2d', 'conv1', { filters: 32, kernelSize: 3, strides: 2 }, 'relu'),
    ...normalized('conv2d', 'conv2', { filters: 64, kernelSize: 3, strides: 2 }, 'relu'),
    ...normalized('conv2d', 'conv3', { filters: 64, kernelSize: 3, dilationRate: 2 }, 'relu'),
    ...[1, 3, 6].flatMap((dilationRate) =>
      normalized(
        ...['conv2d', `rate${dilationRate}`],
        { filters: 32, kernelSize: dilationRate === 1 ? 1 : 3, dilationRate },
        ...['relu', ['conv3_relu']],
      ),
    ),
    layer('concatenate', 'pyramid', {}, ['rate1_relu', 'rate3_relu', 'rate6_relu']),
    ...normalized('conv2d', 'joined', { filters: 32, kernelSize: 1 }, 'relu'),
    layer('conv2d', 'logits', { filters: 4, kernelSize: 1 }),
    layer('upSampling2d', 'enlarged', { size: [4, 4], interpolation: 'bilinear' }),
  ],
};

/** Blocks of MobileNetV3 (Howard et al., 2019): as EfficientNet's, of functions that are made of straight lines. */
export const mobilenet3 = {
  name: 'MobileNetV3',
  input: [96, 96, 3],
  layers: [
    ...normalized('conv2d', 'conv1', { filters: 16, kernelSize: 3, strides: 2 }, 'hardSwish'),
    ...bottleneck('block0', [16, 24], 3, 2, 'relu'),
    ...bottleneck('block1', [88, 24], 3, 1, 'relu', 'block0_narrow_bn'),
    ...bottleneck('block2', [96, 40], 5, 2, 'hardSwish'),
    ...bottleneck('block3', [240, 40], 5, 1, 'hardSwish', 'block2_narrow_bn'),
    ...bottleneck('block4', [288, 96], 5, 2, 'hardSwish'),
    ...bottleneck('block5', [576, 96], 5, 1, 'hardSwish', 'block4_narrow_bn'),
    ...top(),
  ],
};

function bottleneck(name, [wide, filters], kernelSize, strides, activation, same) {
  const sizes = { wide, filters, squeezed: wide / 4, kernelSize, strides };
  return inverted(name, { ...sizes, functions: [activation, 'relu', 'hardSigmoid'] }, same);
}
