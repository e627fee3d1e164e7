/** Layers that change images by chance while a model is trained. */

export * from './geometric';
export type { FillMode, Interpolation, ResamplingOptions } from './motion';
export type { Factor } from './ranges';
export * from './tone';
