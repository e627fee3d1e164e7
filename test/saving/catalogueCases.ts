/** Layers of sequences and vectors, merges, noise, groups, with options that differ from the defaults. */

import * as c from '../../ts';
import type { LayerCase } from './cases';

const steps = [[9, 4]];
const vector = [[6]];
const of = (inputShapes: LayerCase['inputShapes'], ...layers: c.Layer[]): LayerCase[] =>
  layers.map((layer) => ({ layer, inputShapes }));

const image = [[8, 9, 4]];
const biased = {
  activation: 'relu6',
  biasInitializer: 'ones',
  biasRegularizer: c.l1(0.5),
  biasConstraint: c.nonNeg(),
} as const;
const rules = {
  depthwise: {
    depthwiseInitializer: 'lecunNormal',
    depthwiseRegularizer: c.l1l2({ l1: 0.001, l2: 0.01 }),
    depthwiseConstraint: c.maxNorm(3),
  },
  pointwise: {
    pointwiseInitializer: 'heUniform',
    pointwiseRegularizer: c.l2(0.02),
    pointwiseConstraint: c.nonNeg(),
  },
} as const;

/** By Keras's class name. */
export const catalogueCases: Readonly<Record<string, readonly LayerCase[]>> = {
  ActivityRegularization: of(vector, c.activityRegularization({ l1: 0.1, l2: 0.2 })),
  AlphaDropout: of(vector, c.alphaDropout({ rate: 0.25 })),
  Average: of([[3], [3], [3]], c.average()),
  AveragePooling1D: of(steps, c.averagePooling1d({ poolSize: 3, strides: 1, padding: 'same' })),
  Conv1DTranspose: of(
    steps,
    c.conv1dTranspose({ filters: 3, kernelSize: 4, strides: 2, dilationRate: 2, outputPadding: 1, ...biased }),
    c.conv1dTranspose({ filters: 3, kernelSize: 4, padding: 'same', kernelRegularizer: c.l1(), useBias: false }),
  ),
  Conv2DTranspose: of(
    image,
    c.conv2dTranspose({
      filters: 3,
      kernelSize: 4,
      strides: 2,
      padding: 'same',
      ...biased,
      kernelInitializer: 'heNormal',
    }),
    c.conv2dTranspose({ filters: 3, kernelSize: 4, strides: [2, 3], dilationRate: [2, 1], outputPadding: [1, 2] }),
  ),
  Cropping1D: of(steps, c.cropping1d({ cropping: [1, 2] })),
  DepthwiseConv1D: of(
    steps,
    c.depthwiseConv1d({
      kernelSize: 3,
      depthMultiplier: 2,
      padding: 'causal',
      dilationRate: 2,
      ...biased,
      ...rules.depthwise,
    }),
  ),
  DepthwiseConv2D: of(
    image,
    c.depthwiseConv2d({
      kernelSize: 3,
      depthMultiplier: 2,
      strides: 2,
      padding: 'same',
      ...biased,
      ...rules.depthwise,
    }),
    c.depthwiseConv2d({ kernelSize: [1, 2], useBias: false, trainable: false }),
  ),
  Dot: of([[6], [6]], c.dot({ axes: [1, -1], normalize: true }), c.dot()),
  GaussianDropout: of(vector, c.gaussianDropout({ rate: 0.25 })),
  GaussianNoise: of(vector, c.gaussianNoise({ stddev: 0.5 })),
  GlobalAveragePooling1D: of(steps, c.globalAveragePooling1d({ keepDims: true })),
  GlobalMaxPooling1D: of(steps, c.globalMaxPooling1d()),
  GroupNormalization: of(
    steps,
    c.groupNormalization({
      ...{ groups: 2, epsilon: 0.01, betaInitializer: 'ones', gammaInitializer: 'zeros' },
      ...{ betaRegularizer: c.l2(0.1), gammaConstraint: c.nonNeg(), betaConstraint: c.maxNorm(2) },
    }),
    c.groupNormalization({ groups: -1, center: false, trainable: false }),
  ),
  Maximum: of([[3], [3]], c.maximum()),
  MaxPooling1D: of(steps, c.maxPooling1d({ poolSize: 3, strides: 2 })),
  Minimum: of([[3], [3]], c.minimum()),
  Permute: of(steps, c.permute({ dims: [2, 1] })),
  ReLU: of(vector, c.relu(), c.relu({ maxValue: 6, negativeSlope: 0.1, threshold: 0.5 })),
  RepeatVector: of(vector, c.repeatVector({ n: 3 })),
  SeparableConv1D: of(
    steps,
    c.separableConv1d({ filters: 5, kernelSize: 3, strides: 2, ...biased, ...rules.depthwise, ...rules.pointwise }),
  ),
  SeparableConv2D: of(
    image,
    c.separableConv2d({
      ...{ filters: 5, kernelSize: 3, dilationRate: 2, depthMultiplier: 2 },
      ...{ ...biased, ...rules.depthwise, ...rules.pointwise },
    }),
  ),
  SpatialDropout1D: of(steps, c.spatialDropout1d({ rate: 0.5 })),
  Subtract: of([[3], [3]], c.subtract()),
  ThresholdedReLU: of(vector, c.thresholdedRelu({ theta: 0.5 })),
  UnitNormalization: of(steps, c.unitNormalization()),
  UpSampling1D: of(steps, c.upSampling1d({ size: 3 })),
  ZeroPadding1D: of(steps, c.zeroPadding1d({ padding: [0, 2] })),
};
