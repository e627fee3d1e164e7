/** The layers and their registry. */

import { activation } from './activation';
import { conv2d } from './conv2d';
import { dense } from './dense';
import { flatten } from './flatten';

export * from './activation';
export type { ActivationName } from './activations';
export * from './conv2d';
export * from './dense';
export * from './flatten';
export type { Layer } from './layer';

/** Every layer by Keras's class name. */
export const layers = {
  Activation: activation,
  Conv2D: conv2d,
  Dense: dense,
  Flatten: flatten,
} as const;
