/** The layers and their registry. */

import { activation, elu, leakyRelu, relu, softmax } from './activation';
import { conv1d } from './conv1d';
import { conv2d } from './conv2d';
import { conv2dTranspose } from './conv2dTranspose';
import { dense } from './dense';
import { depthwiseConv2d, separableConv2d } from './depthwiseConv2d';
import { dropout, spatialDropout2d } from './dropout';
import { flatten } from './flatten';
import { globalAveragePooling2d, globalMaxPooling2d } from './globalPooling';
import { add, concatenate, multiply } from './merge';
import { batchNormalization, layerNormalization } from './normalization';
import { averagePool2d, maxPool2d } from './pooling';
import { prelu } from './prelu';
import { rescaling } from './rescaling';
import { cropping2d, reshape, zeroPadding2d } from './reshape';
import { upSampling2d } from './upSampling2d';

export * from './activation';
export type { ActivationName } from './activations';
export * from './conv1d';
export * from './conv2d';
export * from './conv2dTranspose';
export * from './dense';
export * from './depthwiseConv2d';
export * from './dropout';
export * from './flatten';
export * from './globalPooling';
export type { Layer } from './layer';
export * from './merge';
export * from './normalization';
export { averagePool2d, maxPool2d, type Pooling2dOptions } from './pooling';
export * from './prelu';
export * from './rescaling';
export * from './reshape';
export * from './upSampling2d';

/** Every layer by Keras's class name. */
export const layers = {
  Activation: activation,
  Add: add,
  AveragePooling2D: averagePool2d,
  BatchNormalization: batchNormalization,
  Concatenate: concatenate,
  Conv1D: conv1d,
  Conv2D: conv2d,
  Conv2DTranspose: conv2dTranspose,
  Cropping2D: cropping2d,
  Dense: dense,
  DepthwiseConv2D: depthwiseConv2d,
  Dropout: dropout,
  ELU: elu,
  Flatten: flatten,
  GlobalAveragePooling2D: globalAveragePooling2d,
  GlobalMaxPooling2D: globalMaxPooling2d,
  LayerNormalization: layerNormalization,
  LeakyReLU: leakyRelu,
  MaxPooling2D: maxPool2d,
  Multiply: multiply,
  PReLU: prelu,
  ReLU: relu,
  Rescaling: rescaling,
  Reshape: reshape,
  SeparableConv2D: separableConv2d,
  Softmax: softmax,
  SpatialDropout2D: spatialDropout2d,
  UpSampling2D: upSampling2d,
  ZeroPadding2D: zeroPadding2d,
} as const;
