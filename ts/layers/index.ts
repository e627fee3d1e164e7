/** The layers and their registry. */

import { activation } from './activation';
import { conv2d } from './conv2d';
import { dense } from './dense';
import { flatten } from './flatten';
import { averagePool2d, maxPool2d } from './pooling';

export * from './activation';
export type { ActivationName } from './activations';
export * from './conv2d';
export * from './dense';
export * from './flatten';
export type { Layer } from './layer';
export * from './pooling';

/** Every layer by Keras's class name. */
export const layers = {
  Activation: activation,
  AveragePooling2D: averagePool2d,
  Conv2D: conv2d,
  Dense: dense,
  Flatten: flatten,
  MaxPooling2D: maxPool2d,
} as const;
