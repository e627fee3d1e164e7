/** The bare kernels, for code that has its own idea of a model. */

export * from './conv2d';
export * from './matmul';
