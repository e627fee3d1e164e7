/** The layers and their registry. */

import { activation, elu, leakyRelu, softmax } from './activation';
import { activityRegularization } from './activityRegularization';
import {
  randomBrightness,
  randomContrast,
  randomCrop,
  randomFlip,
  randomRotation,
  randomTranslation,
  randomZoom,
} from './augmentation';
import { conv1d } from './conv1d';
import { conv1dTranspose } from './conv1dTranspose';
import { conv2d } from './conv2d';
import { conv2dTranspose } from './conv2dTranspose';
import { dense } from './dense';
import { depthwiseConv1d, separableConv1d } from './depthwiseConv1d';
import { depthwiseConv2d, separableConv2d } from './depthwiseConv2d';
import { average, subtract } from './difference';
import { dot } from './dot';
import { dropout, spatialDropout1d, spatialDropout2d } from './dropout';
import { maximum, minimum } from './extremes';
import { flatten } from './flatten';
import {
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalMaxPooling1d,
  globalMaxPooling2d,
} from './globalPooling';
import { groupNormalization } from './groupNormalization';
import { add, concatenate, multiply } from './merge';
import { alphaDropout, gaussianDropout, gaussianNoise } from './noise';
import { batchNormalization, layerNormalization } from './normalization';
import { permute } from './permute';
import { averagePool2d, maxPool2d } from './pooling';
import { averagePooling1d, maxPooling1d } from './pooling1d';
import { prelu } from './prelu';
import { relu, thresholdedRelu } from './relu';
import { rescaling } from './rescaling';
import { cropping2d, reshape, zeroPadding2d } from './reshape';
import { cropping1d, repeatVector, upSampling1d, zeroPadding1d } from './sequences';
import { unitNormalization } from './unitNormalization';
import { upSampling2d } from './upSampling2d';

export {
  type ActivationOptions,
  activation,
  elu,
  leakyRelu,
  type NameOptions,
  type SlopeOptions,
  softmax,
} from './activation';
export type { ActivationName } from './activations';
export * from './activityRegularization';
export type { NormalizationOptions } from './affine';
export * from './augmentation';
export * from './conv1d';
export * from './conv1dTranspose';
export { type Conv2dOptions, conv2d } from './conv2d';
export * from './conv2dTranspose';
export * from './dense';
export * from './depthwiseConv1d';
export * from './depthwiseConv2d';
export * from './difference';
export * from './dot';
export * from './dropout';
export * from './extremes';
export * from './flatten';
export * from './globalPooling';
export * from './groupNormalization';
export type { Layer } from './layer';
export * from './merge';
export * from './noise';
export {
  type BatchNormalizationOptions,
  batchNormalization,
  type LayerNormalizationOptions,
  layerNormalization,
} from './normalization';
export * from './permute';
export {
  averagePool2d,
  averagePool2d as averagePooling2d,
  maxPool2d,
  maxPool2d as maxPooling2d,
  type Pooling2dOptions,
} from './pooling';
export * from './pooling1d';
export * from './prelu';
export * from './relu';
export * from './rescaling';
export * from './reshape';
export * from './sequences';
export { type UnitNormalizationOptions, unitNormalization } from './unitNormalization';
export { type UpSampling2dOptions, upSampling2d } from './upSampling2d';

/** Every layer by Keras's class name. */
export const layers = {
  Activation: activation,
  ActivityRegularization: activityRegularization,
  Add: add,
  AlphaDropout: alphaDropout,
  Average: average,
  AveragePooling1D: averagePooling1d,
  AveragePooling2D: averagePool2d,
  BatchNormalization: batchNormalization,
  Concatenate: concatenate,
  Conv1D: conv1d,
  Conv1DTranspose: conv1dTranspose,
  Conv2D: conv2d,
  Conv2DTranspose: conv2dTranspose,
  Cropping1D: cropping1d,
  Cropping2D: cropping2d,
  Dense: dense,
  DepthwiseConv1D: depthwiseConv1d,
  DepthwiseConv2D: depthwiseConv2d,
  Dot: dot,
  Dropout: dropout,
  ELU: elu,
  Flatten: flatten,
  GaussianDropout: gaussianDropout,
  GaussianNoise: gaussianNoise,
  GlobalAveragePooling1D: globalAveragePooling1d,
  GlobalAveragePooling2D: globalAveragePooling2d,
  GlobalMaxPooling1D: globalMaxPooling1d,
  GlobalMaxPooling2D: globalMaxPooling2d,
  GroupNormalization: groupNormalization,
  LayerNormalization: layerNormalization,
  LeakyReLU: leakyRelu,
  MaxPooling1D: maxPooling1d,
  MaxPooling2D: maxPool2d,
  Maximum: maximum,
  Minimum: minimum,
  Multiply: multiply,
  PReLU: prelu,
  Permute: permute,
  RandomBrightness: randomBrightness,
  RandomContrast: randomContrast,
  RandomCrop: randomCrop,
  RandomFlip: randomFlip,
  RandomRotation: randomRotation,
  RandomTranslation: randomTranslation,
  RandomZoom: randomZoom,
  ReLU: relu,
  RepeatVector: repeatVector,
  Rescaling: rescaling,
  Reshape: reshape,
  SeparableConv1D: separableConv1d,
  SeparableConv2D: separableConv2d,
  Softmax: softmax,
  SpatialDropout1D: spatialDropout1d,
  SpatialDropout2D: spatialDropout2d,
  Subtract: subtract,
  ThresholdedReLU: thresholdedRelu,
  UnitNormalization: unitNormalization,
  UpSampling1D: upSampling1d,
  UpSampling2D: upSampling2d,
  ZeroPadding1D: zeroPadding1d,
  ZeroPadding2D: zeroPadding2d,
} as const;
