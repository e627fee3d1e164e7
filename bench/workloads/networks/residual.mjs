/** Networks of blocks that add, multiply or append what came before. */

import { inverted, layer, normalized, residual, separable, top } from '../described/layers.mjs';

const relu = (name) => layer('activation', name, { activation: 'relu' });

/** ResNet-20 of CIFAR-10 (He et al., 2015), with 1×1 convolutions where the size changes. */
export const resnet20 = {
  name: 'ResNet-20',
  input: [32, 32, 3],
  layers: [...normalized('conv2d', 'conv1', { filters: 16, kernelSize: 3 }, 'relu'), ...stages(), ...top()],
};

function stages() {
  let before = 'conv1_relu';
  return [16, 32, 64].flatMap((filters, stage) =>
    [0, 1, 2].flatMap((block) => {
      const name = `stage${stage}_${block}`;
      const layers = residual(name, filters, stage > 0 && block === 0 ? 2 : 1, before);
      before = `${name}_relu`;
      return layers;
    }),
  );
}

/** MobileNet (Howard et al., 2017) at half its width, for images of 96×96. */
export const mobilenet = {
  name: 'MobileNet',
  input: [96, 96, 3],
  layers: [
    ...normalized('conv2d', 'conv1', { filters: 16, kernelSize: 3, strides: 2 }, 'relu6'),
    ...[
      [32, 1],
      [64, 2],
      [64, 1],
      [128, 2],
      [128, 1],
      [256, 2],
      ...Array.from({ length: 5 }, () => [256, 1]),
      [512, 2],
      [512, 1],
    ].flatMap(([filters, strides], at) => separable(`block${at}`, filters, strides)),
    ...top(),
  ],
};

/** Three blocks of DenseNet (Huang et al., 2016), each layer appending twelve channels. */
export const densenet = {
  name: 'DenseNet',
  input: [32, 32, 3],
  layers: [
    layer('conv2d', 'conv1', { filters: 24, kernelSize: 3, padding: 'same', useBias: false }),
    ...block(0, 'conv1'),
    ...shrink(0, 72),
    ...block(1, 'shrink0'),
    ...shrink(1, 120),
    ...block(2, 'shrink1'),
    layer('batchNormalization', 'last_bn'),
    relu('last_relu'),
    ...top(),
  ],
};

function block(at, first) {
  return [0, 1, 2, 3].flatMap((index) => {
    const name = `dense${at}_${index}`;
    const before = index === 0 ? first : `dense${at}_${index - 1}_all`;
    return [
      layer('batchNormalization', `${name}_bn`, {}, [before]),
      relu(`${name}_relu`),
      layer('conv2d', `${name}_new`, { filters: 12, kernelSize: 3, padding: 'same', useBias: false }),
      layer('concatenate', `${name}_all`, {}, [before, `${name}_new`]),
    ];
  });
}

function shrink(at, filters) {
  return [
    layer('batchNormalization', `shrink${at}_bn`),
    relu(`shrink${at}_relu`),
    layer('conv2d', `shrink${at}_conv`, { filters, kernelSize: 1, useBias: false }),
    layer('averagePooling2d', `shrink${at}`, { poolSize: 2 }),
  ];
}

/** Blocks of EfficientNet (Tan and Le, 2019): widened, depthwise, squeezed and excited, narrowed. */
export const efficientnet = {
  name: 'EfficientNet',
  input: [64, 64, 3],
  layers: [
    ...normalized('conv2d', 'conv1', { filters: 16, kernelSize: 3, strides: 2 }, 'silu'),
    ...widened('block0', 16, 24, 3, 2),
    ...widened('block1', 24, 24, 3, 1, 'block0_narrow_bn'),
    ...widened('block2', 24, 40, 5, 2),
    ...widened('block3', 40, 40, 5, 1, 'block2_narrow_bn'),
    ...widened('block4', 40, 80, 3, 2),
    ...widened('block5', 80, 80, 3, 1, 'block4_narrow_bn'),
    ...top(),
  ],
};

function widened(name, channels, filters, kernelSize, strides, same) {
  const sizes = { wide: 4 * channels, filters, squeezed: channels / 4, kernelSize, strides };
  return inverted(name, { ...sizes, functions: ['silu', 'silu', 'sigmoid'] }, same);
}

/** Blocks of ConvNeXt (Liu et al., 2022): depthwise 7×7, layer normalization, a perceptron of four times the width. */
export const convnext = {
  name: 'ConvNeXt',
  input: [64, 64, 3],
  layers: [
    layer('conv2d', 'patches', { filters: 48, kernelSize: 4, strides: 4 }),
    layer('layerNormalization', 'patches_ln'),
    ...next('block0', 48, 'patches_ln'),
    ...next('block1', 48, 'block0_add'),
    layer('layerNormalization', 'down_ln'),
    layer('conv2d', 'down', { filters: 96, kernelSize: 2, strides: 2 }),
    ...next('block2', 96, 'down'),
    ...next('block3', 96, 'block2_add'),
    ...top(),
  ],
};

function next(name, channels, before) {
  return [
    layer('depthwiseConv2d', `${name}_dw`, { kernelSize: 7, padding: 'same' }, [before]),
    layer('layerNormalization', `${name}_ln`),
    layer('dense', `${name}_wide`, { units: 4 * channels, activation: 'gelu' }),
    layer('dense', `${name}_narrow`, { units: channels }),
    layer('add', `${name}_add`, {}, [before, `${name}_narrow`]),
  ];
}

/** ConvMixer (Trockman and Kolter, 2022). */
export const convmixer = {
  name: 'ConvMixer',
  input: [32, 32, 3],
  layers: [
    layer('conv2d', 'patches', { filters: 128, kernelSize: 2, strides: 2, activation: 'gelu' }),
    layer('batchNormalization', 'mixed'),
    ...[0, 1, 2, 3].flatMap((at) => [
      layer('depthwiseConv2d', `dw${at}`, { kernelSize: 5, padding: 'same', activation: 'gelu' }),
      layer('batchNormalization', `dw${at}_bn`),
      layer('add', `add${at}`, {}, [at === 0 ? 'mixed' : `pw${at - 1}_bn`, `dw${at}_bn`]),
      layer('conv2d', `pw${at}`, { filters: 128, kernelSize: 1, activation: 'gelu' }),
      layer('batchNormalization', `pw${at}_bn`),
    ]),
    ...top(),
  ],
};
