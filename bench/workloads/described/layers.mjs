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
  return [
    ...normalized('conv2d', `${name}_a`, { filters, kernelSize: 3, strides }, 'relu', [before]),
    ...normalized('conv2d', `${name}_b`, { filters, kernelSize: 3 }),
    ...joined(name, `${name}_b_bn`, before, strides > 1 ? { filters, strides } : undefined),
  ];
}

/**
 * The end of a residual block: what it has made and what came before it, added up and rectified.
 *
 * @param changes Filters and strides of the convolution 1×1 of what came before; none where it has the shape.
 */
export function joined(name, made, before, changes) {
  const shortcut = changes
    ? normalized('conv2d', `${name}_shortcut`, { kernelSize: 1, ...changes }, undefined, [before])
    : [];
  return [
    ...shortcut,
    layer('add', `${name}_add`, {}, [made, changes ? `${name}_shortcut_bn` : before]),
    layer('activation', `${name}_relu`, { activation: 'relu' }),
  ];
}

/**
 * A block that widens its channels, filters each by itself, weighs them by what all pixels have of them, and narrows them (MobileNetV3,
 * EfficientNet).
 *
 * @param functions Activations of the first two convolutions, of the layer that squeezes, and of the one that excites.
 * @param before A layer of the same shape, to which the block is added; none where the shape changes.
 */
export function inverted(name, { wide, filters, squeezed, kernelSize, strides, functions }, before) {
  const [activation, ofSqueezed, ofFactors] = functions;
  const one = (part, units, activation) => layer('dense', `${name}_${part}`, { units, activation });
  return [
    ...normalized('conv2d', `${name}_wide`, { filters: wide, kernelSize: 1 }, activation),
    ...normalized('depthwiseConv2d', `${name}_dw`, { kernelSize, strides }, activation),
    layer('globalAveragePooling2d', `${name}_average`),
    one('squeeze', squeezed, ofSqueezed),
    one('excite', wide, ofFactors),
    layer('reshape', `${name}_factors`, { targetShape: [1, 1, wide] }),
    layer('multiply', `${name}_scaled`, {}, [`${name}_dw_${activation}`, `${name}_factors`]),
    ...normalized('conv2d', `${name}_narrow`, { filters, kernelSize: 1 }),
    ...(before === undefined ? [] : [layer('add', `${name}_add`, {}, [before, `${name}_narrow_bn`])]),
  ];
}

/** Probabilities of so many classes. */
export const classes = (units = 10) => layer('dense', 'classes', { units, activation: 'softmax' });

/** What tells classes from the means of all pixels. */
export const top = (units) => [layer('globalAveragePooling2d', 'average'), classes(units)];
