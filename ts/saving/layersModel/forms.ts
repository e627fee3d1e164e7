/** How the layers of TensorFlow.js and Keras 2 say their options, beside how those of this library do. */

/** How a value is written on the other side; without `kind` it is the same there. */
export type Kind =
  | 'same'
  | 'activation'
  | 'initializer'
  | 'regularizer'
  | 'constraint'
  | 'padding'
  | 'single'
  | 'shape';

/** An option that both sides have. */
export interface Field {
  /** Its name here. */
  readonly ours: string;
  /** Its name there. */
  readonly theirs: string;
  /** How its value is written. */
  readonly kind: Kind;
  /** Number of dimensions of the weight that a constraint here takes together: all but the last. */
  readonly axes: number;
}

/** The options of a class of layers. */
export interface Form {
  /** Options that both sides have. */
  readonly fields: readonly Field[];
  /** Options that only they have, and the values that mean what this library does. */
  readonly theirsOnly: Readonly<Record<string, readonly unknown[]>>;
  /** Options that only this library, or Keras, has, and the value that means what TensorFlow.js does. */
  readonly oursOnly: Readonly<Record<string, unknown>>;
  /** Options of theirs that say how first weights or chances come about, which a file with weights does not need. */
  readonly dropped: readonly string[];
  /** Whether they have an axis, which here is the last one. */
  readonly hasAxis: boolean;
}

const same = (...names: readonly string[]): Field[] => names.map((name) => fieldOf(name, 'same'));
const fieldOf = (ours: string, kind: Kind, theirs = snake(ours), axes = 1): Field => ({ ours, theirs, kind, axes });

/** `kernel_size` for `kernelSize`. */
function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Initializer, penalty and rule of a weight. @param axes - Number of its dimensions but the last. */
const weight = (name: string, axes: number): Field[] => [
  fieldOf(`${name}Initializer`, 'initializer'),
  fieldOf(`${name}Regularizer`, 'regularizer'),
  fieldOf(`${name}Constraint`, 'constraint', snake(`${name}Constraint`), axes),
];
const activated = [fieldOf('activation', 'activation')];
const channelsLast = { data_format: ['channels_last'] };

function form(fields: readonly Field[], rest: Partial<Omit<Form, 'fields'>> = {}): Form {
  return { fields, theirsOnly: {}, oursOnly: {}, dropped: [], hasAxis: false, ...rest };
}

const biased = [...same('useBias', 'trainable'), ...weight('bias', 1), ...activated];
const strided = [...same('kernelSize', 'strides', 'dilationRate'), fieldOf('padding', 'padding')];
const pooling = form([...same('poolSize', 'strides'), fieldOf('padding', 'padding')], { theirsOnly: channelsLast });
const globalPooling = form([fieldOf('keepDims', 'same', 'keepdims')], {
  theirsOnly: channelsLast,
  oursOnly: { keepDims: false },
});
const normalization = [...same('epsilon', 'center', 'scale', 'trainable'), ...weight('beta', 1), ...weight('gamma', 1)];
const depthwise = [...strided, ...same('depthMultiplier'), ...biased, ...weight('depthwise', 3)];
const depthwise1d = [...same('padding', 'depthMultiplier'), ...biased, ...weight('depthwise', 2)];
const transposed = [...same('outputPadding'), ...biased];
const convolution = [...same('filters', 'groups'), ...strided, ...biased, ...weight('kernel', 3)];
const ungrouped = { ...channelsLast, groups: [1] };
const pooling1d = form(
  [...['poolSize', 'strides'].map((name) => fieldOf(name, 'single')), fieldOf('padding', 'padding')],
  {
    theirsOnly: channelsLast,
  },
);
const noise = { theirsOnly: { noise_shape: [null] }, dropped: ['seed'] };
const single = ['kernelSize', 'strides', 'dilationRate'].map((name) => fieldOf(name, 'single'));

/** By class name, which is the same on both sides. */
export const forms: Readonly<Record<string, Form>> = {
  Activation: form(activated),
  ActivityRegularization: form(same('l1', 'l2')),
  Add: form([]),
  AlphaDropout: form(same('rate'), noise),
  Average: form([]),
  AveragePooling1D: pooling1d,
  AveragePooling2D: pooling,
  BatchNormalization: form([...same('momentum'), ...normalization], {
    dropped: ['moving_mean_initializer', 'moving_variance_initializer'],
    hasAxis: true,
  }),
  Concatenate: form(same('axis')),
  Conv1D: form([...same('filters', 'groups', 'padding'), ...single, ...biased, ...weight('kernel', 2)], {
    theirsOnly: channelsLast,
    oursOnly: { groups: 1 },
  }),
  Conv2D: form(convolution, { theirsOnly: channelsLast, oursOnly: { groups: 1 } }),
  Conv1DTranspose: form([...same('filters', 'padding'), ...single, ...transposed, ...weight('kernel', 2)], {
    theirsOnly: ungrouped,
  }),
  Conv2DTranspose: form([...same('filters'), ...strided, ...transposed, ...weight('kernel', 3)], {
    theirsOnly: ungrouped,
    oursOnly: { dilationRate: [1, 1], outputPadding: null },
  }),
  Cropping1D: form(same('cropping')),
  Cropping2D: form(same('cropping'), { theirsOnly: channelsLast }),
  Dense: form([...same('units'), ...biased, ...weight('kernel', 1)]),
  DepthwiseConv1D: form([...single, ...depthwise1d], { theirsOnly: ungrouped }),
  DepthwiseConv2D: form(depthwise, { theirsOnly: ungrouped }),
  Dot: form(same('axes', 'normalize')),
  Dropout: form(same('rate'), noise),
  ELU: form(same('alpha'), { oursOnly: { alpha: 1 } }),
  Flatten: form([], { theirsOnly: channelsLast }),
  GaussianDropout: form(same('rate'), noise),
  GaussianNoise: form(same('stddev'), { dropped: ['seed'] }),
  GlobalAveragePooling1D: globalPooling,
  GlobalAveragePooling2D: globalPooling,
  GlobalMaxPooling1D: globalPooling,
  GlobalMaxPooling2D: globalPooling,
  GroupNormalization: form([...same('groups'), ...normalization], { oursOnly: { axis: -1 }, hasAxis: true }),
  LayerNormalization: form(normalization, { oursOnly: { axis: -1 }, hasAxis: true }),
  LeakyReLU: form(same('alpha')),
  Maximum: form([]),
  MaxPooling1D: pooling1d,
  MaxPooling2D: pooling,
  Minimum: form([]),
  Multiply: form([]),
  Permute: form(same('dims')),
  PReLU: form([...same('sharedAxes', 'trainable'), ...weight('alpha', 1)]),
  ReLU: form(same('maxValue', 'negativeSlope', 'threshold'), { oursOnly: { negativeSlope: 0, threshold: 0 } }),
  RepeatVector: form(same('n')),
  Rescaling: form(same('scale', 'offset')),
  Reshape: form([fieldOf('targetShape', 'shape')]),
  SeparableConv1D: form([...same('filters'), ...single, ...depthwise1d, ...weight('pointwise', 2)], {
    theirsOnly: ungrouped,
  }),
  SeparableConv2D: form([...same('filters'), ...depthwise, ...weight('pointwise', 3)], { theirsOnly: ungrouped }),
  Softmax: form([], { hasAxis: true }),
  SpatialDropout1D: form(same('rate'), { dropped: ['seed'] }),
  SpatialDropout2D: form(same('rate'), { theirsOnly: channelsLast, dropped: ['seed'] }),
  Subtract: form([]),
  ThresholdedReLU: form(same('theta')),
  UnitNormalization: form([], { oursOnly: { axis: -1 }, hasAxis: true }),
  UpSampling1D: form(same('size')),
  UpSampling2D: form(same('size', 'interpolation'), { theirsOnly: channelsLast }),
  ZeroPadding1D: form(same('padding')),
  ZeroPadding2D: form(same('padding'), { theirsOnly: channelsLast }),
};

/**
 * Names of activation functions here, by theirs; of two for one function the last is written. `hard_sigmoid` is not among them:
 * theirs is another function.
 */
export const activationNames: Readonly<Record<string, string>> = {
  linear: 'linear',
  sigmoid: 'sigmoid',
  relu: 'relu',
  tanh: 'tanh',
  relu6: 'relu6',
  elu: 'elu',
  selu: 'selu',
  gelu: 'gelu',
  gelu_new: 'geluTanh',
  silu: 'silu',
  swish: 'silu',
  softplus: 'softplus',
  softmax: 'softmax',
  log_softmax: 'logSoftmax',
  mish: 'mish',
  softsign: 'softsign',
};

/** Scale, mode and distribution of `VarianceScaling` by the names that some of its settings have. */
export const scalings: Readonly<Record<string, readonly [number, string, string]>> = {
  GlorotUniform: [1, 'fan_avg', 'uniform'],
  GlorotNormal: [1, 'fan_avg', 'normal'],
  HeUniform: [2, 'fan_in', 'uniform'],
  HeNormal: [2, 'fan_in', 'normal'],
  LecunUniform: [1, 'fan_in', 'uniform'],
  LecunNormal: [1, 'fan_in', 'normal'],
};
