/**
 * Models as data: `{ name, input, layers }`. A layer is `{ type, name, options, from? }`: a type that TensorFlow.js and
 * convgrad name alike, its options, and the names of the layers that it takes, the one before it by default. A layer of
 * the type `model` is a model within the model.
 */

/** A layer. */
export const layer = (type, name, options = {}, from = undefined) => ({ type, name, options, from });

/** A convolution without bias, its normalization and, where one is named, an activation. */
export function normalized(type, name, options, activation, from) {
  const convolution = layer(type, name, { padding: 'same', useBias: false, ...options }, from);
  const rest = activation === undefined ? [] : [layer('activation', `${name}_${activation}`, { activation })];
  return [convolution, layer('batchNormalization', `${name}_bn`), ...rest];
}

/** A depthwise-separable block of MobileNet. */
export const separable = (name, filters, strides) => [
  ...normalized('depthwiseConv2d', `${name}_dw`, { kernelSize: 3, strides }, 'relu6'),
  ...normalized('conv2d', `${name}_pw`, { filters, kernelSize: 1 }, 'relu6'),
];

/** A residual block: two convolutions beside the identity or, where the size changes, a convolution 1×1. */
export function residual(name, filters, strides, before) {
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
