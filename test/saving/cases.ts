/** Every layer with options that differ from the defaults, and models of every form. */

import * as c from '../../ts';
import { catalogueCases } from './catalogueCases';

/** A layer with the shapes that it takes. */
export interface LayerCase {
  readonly layer: c.Layer;
  readonly inputShapes: readonly (readonly number[])[];
}

const image = [[8, 9, 4]];
const weighted = {
  activation: 'geluTanh',
  kernelInitializer: 'heNormal',
  biasInitializer: c.constant({ value: 0.25 }),
  kernelRegularizer: c.l1l2({ l1: 0.001, l2: 0.01 }),
  biasRegularizer: c.l1(0.5),
  kernelConstraint: c.maxNorm(3),
  biasConstraint: c.nonNeg(),
} as const;

/** By Keras's class name; a test compares the names with the registry. */
export const layerCases: Readonly<Record<string, readonly LayerCase[]>> = {
  ...catalogueCases,
  Activation: [{ layer: c.activation({ activation: 'hardSwish' }), inputShapes: image }],
  Add: [{ layer: c.add(), inputShapes: [[3], [3], [3]] }],
  AveragePooling2D: [{ layer: c.averagePool2d({ poolSize: [3, 2], strides: 1, padding: 'same' }), inputShapes: image }],
  BatchNormalization: [
    {
      layer: c.batchNormalization({ momentum: 0.9, epsilon: 0.01, betaInitializer: 'ones', gammaInitializer: 'zeros' }),
      inputShapes: image,
    },
    { layer: c.batchNormalization({ center: false, scale: false, trainable: false }), inputShapes: [[5]] },
  ],
  Concatenate: [{ layer: c.concatenate({ axis: 1 }), inputShapes: [[3], [4]] }],
  Conv1D: [
    {
      layer: c.conv1d({ filters: 4, kernelSize: 3, padding: 'causal', dilationRate: 2, groups: 2, ...weighted }),
      inputShapes: [[9, 2]],
    },
  ],
  Conv2D: [
    {
      layer: c.conv2d({ filters: 6, kernelSize: [3, 2], strides: [2, 1], padding: 'same', groups: 2, ...weighted }),
      inputShapes: image,
    },
    {
      layer: c.conv2d({
        ...{ filters: 2, kernelSize: 3, dilationRate: 2, useBias: false, trainable: false },
        padding: [
          [1, 2],
          [3, 0],
        ],
      }),
      inputShapes: image,
    },
  ],
  Cropping2D: [
    {
      layer: c.cropping2d({
        cropping: [
          [1, 2],
          [0, 1],
        ],
      }),
      inputShapes: image,
    },
  ],
  Dense: [
    { layer: c.dense({ units: 5, ...weighted }), inputShapes: [[7]] },
    { layer: c.dense({ units: 1, useBias: false, kernelRegularizer: c.l2() }), inputShapes: [[7]] },
  ],
  Dropout: [{ layer: c.dropout({ rate: 0.25 }), inputShapes: [[3]] }],
  ELU: [{ layer: c.elu({ alpha: 0.5 }), inputShapes: [[3]] }],
  Flatten: [{ layer: c.flatten(), inputShapes: image }],
  GlobalAveragePooling2D: [{ layer: c.globalAveragePooling2d({ keepDims: true }), inputShapes: image }],
  GlobalMaxPooling2D: [{ layer: c.globalMaxPooling2d(), inputShapes: image }],
  LayerNormalization: [{ layer: c.layerNormalization({ epsilon: 1e-5, center: false }), inputShapes: image }],
  LeakyReLU: [{ layer: c.leakyRelu({ alpha: 0.1 }), inputShapes: [[3]] }],
  MaxPooling2D: [{ layer: c.maxPool2d({ poolSize: 3, strides: [1, 2], padding: 'same' }), inputShapes: image }],
  Multiply: [
    { layer: c.multiply(), inputShapes: [[3], [3]] },
    { layer: c.multiply(), inputShapes: [...image, [4]] },
  ],
  PReLU: [
    { layer: c.prelu({ sharedAxes: [1, 2], alphaInitializer: c.constant({ value: 0.25 }) }), inputShapes: image },
    { layer: c.prelu({ trainable: false }), inputShapes: [[3]] },
  ],
  RandomBrightness: [
    { layer: c.randomBrightness({ factor: [0.3, -0.1], valueRange: [0, 1] }), inputShapes: image },
    { layer: c.randomBrightness({ factor: 0.3 }), inputShapes: image },
  ],
  RandomContrast: [
    { layer: c.randomContrast({ factor: 0.25 }), inputShapes: image },
    { layer: c.randomContrast({ factor: [0.5, 0.25], valueRange: [-1, 1] }), inputShapes: image },
  ],
  RandomCrop: [{ layer: c.randomCrop({ height: 5, width: 9 }), inputShapes: image }],
  RandomFlip: [{ layer: c.randomFlip({ mode: 'vertical' }), inputShapes: image }],
  RandomRotation: [
    {
      layer: c.randomRotation({ factor: -0.25, fillMode: 'constant', fillValue: 0.5, interpolation: 'nearest' }),
      inputShapes: image,
    },
  ],
  RandomTranslation: [
    {
      layer: c.randomTranslation({ heightFactor: 0.2, widthFactor: [-0.1, 0.3], fillMode: 'wrap' }),
      inputShapes: image,
    },
  ],
  RandomZoom: [
    { layer: c.randomZoom({ heightFactor: 0.2, fillMode: 'nearest' }), inputShapes: image },
    { layer: c.randomZoom({ heightFactor: [0, 0.2], widthFactor: 0.1 }), inputShapes: image },
  ],
  Rescaling: [{ layer: c.rescaling({ scale: 1 / 255, offset: -0.5 }), inputShapes: image }],
  Reshape: [{ layer: c.reshape({ targetShape: [4, -1, 2] }), inputShapes: [[24]] }],
  Softmax: [{ layer: c.softmax(), inputShapes: [[3]] }],
  SpatialDropout2D: [{ layer: c.spatialDropout2d({ rate: 0.5 }), inputShapes: image }],
  UpSampling2D: [{ layer: c.upSampling2d({ size: [2, 3], interpolation: 'bilinear' }), inputShapes: image }],
  ZeroPadding2D: [
    {
      layer: c.zeroPadding2d({
        padding: [
          [1, 2],
          [0, 3],
        ],
      }),
      inputShapes: image,
    },
  ],
};

/** A chain with chance, penalties and moving averages. */
export function chainModel(): c.Model {
  return c.sequential({
    ...{ inputShape: [9, 9, 2], seed: 11, name: 'chain' },
    layers: [
      c.conv2d({ filters: 4, kernelSize: 3, padding: 'same', kernelRegularizer: c.l2(1e-3) }),
      c.batchNormalization({ momentum: 0.8 }),
      c.activation({ activation: 'silu' }),
      c.maxPool2d(),
      c.spatialDropout2d({ rate: 0.2 }),
      c.separableConv2d({ filters: 5, kernelSize: 3, activation: 'relu', name: 'named' }),
      c.flatten(),
      c.dropout({ rate: 0.3 }),
      c.dense({ units: 3, activation: 'softmax', kernelConstraint: c.maxNorm(2) }),
    ],
  });
}

/** Two inputs, a residual, a layer that is used twice, one of them named as an input would be. */
export function branchedModel(): c.Model {
  const picture = c.input({ shape: [6, 6, 3] });
  const extra = c.input({ shape: [4] });
  const shared = c.dense({ units: 5, activation: 'tanh', name: 'input_2' });
  const stem = c.apply(c.conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'silu' }), picture);
  const inner = c.apply(c.conv2d({ filters: 4, kernelSize: 3, padding: 'same' }), stem);
  const residual = c.apply(c.add(), [inner, stem, stem]);
  const gate = c.apply(c.conv2d({ filters: 4, kernelSize: 1, activation: 'sigmoid' }), stem);
  const pooled = c.apply(c.globalAveragePooling2d(), c.apply(c.multiply(), [residual, gate]));
  const joined = c.apply(c.concatenate(), [c.apply(shared, pooled), c.apply(shared, extra), pooled]);
  const outputs = c.apply(c.dense({ units: 3 }), c.apply(c.dropout({ rate: 0.25 }), joined));
  return c.functional({ inputs: [picture, extra], outputs, seed: 3, name: 'branched' });
}
