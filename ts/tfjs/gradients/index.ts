/** Gradients for which TensorFlow.js calls dozens or thousands of kernels where one or two are enough. */

import { registerKernel } from '@tensorflow/tfjs';
import type { ConvgradBackend } from '../backend';
import { activationGradients, activationKernels } from './activations';
import { batchNormGradient, batchNormKernels } from './batchNorm';
import { meanGradient, sumGradient } from './reductions';
import { type OwnGradient, replaceGradient } from './replace';
import { tileGradient } from './tile';

const gradients: readonly (readonly [kernelName: string, gradient: OwnGradient])[] = [
  ...activationGradients,
  ['FusedBatchNorm', batchNormGradient],
  ['Mean', meanGradient],
  ['Sum', sumGradient],
  ['Tile', tileGradient],
];

/** Puts our gradients beside TensorFlow.js's own, which stay on other backends, and registers the kernels that they call. */
export function registerGradients(backendName: string): void {
  for (const [kernelName, kernel] of [...batchNormKernels, ...activationKernels]) {
    registerKernel({
      kernelName,
      backendName,
      // Their gradients call them with what they take only.
      kernelFunc: ({ inputs, attrs = {}, backend }) =>
        kernel({ inputs, attrs, backend: backend as ConvgradBackend }) as ReturnType<typeof kernel> & object,
    });
  }
  for (const [kernelName, gradient] of gradients) replaceGradient(kernelName, backendName, gradient);
}
