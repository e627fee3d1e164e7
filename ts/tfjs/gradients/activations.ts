/** Gradients of activation functions: one kernel, where TensorFlow.js calls three to eight. */

import { type Tensor, type TensorInfo, engine as tfEngine } from '@tensorflow/tfjs';
import type { ConvgradBackend } from '../backend';
import { areFloats, type HotKernel, type HotKernels, size, withScratch } from '../kernels/kernel';
import { isRecorded, type OwnGradient } from './replace';

const reluKernel = 'ConvgradReluGrad';
const activationKernel = 'ConvgradActivationGrad';

/** `dy · step(x)`, as TensorFlow.js has it: NaN where x or dy is. */
const ofRelu: HotKernel = ({ inputs, backend }) => {
  const { dy, v } = inputs as Record<'dy' | 'v', TensorInfo>;
  const length = size(v);
  const dx = backend.output(v.shape);
  withScratch(backend, length, (step) => {
    backend.engine.call('unary', 0, 0, length, backend.address(v), step);
    backend.engine.call('multiply', length, backend.address(dy), step, backend.address(dx));
  });
  return dx;
};

/** `dy` times the slope of the function with a code of crate/src/kernels/activation.rs, from its output or input v. */
const ofCode: HotKernel = ({ inputs, attrs, backend }) => {
  const { dy, v } = inputs as Record<'dy' | 'v', TensorInfo>;
  const dx = backend.output(v.shape);
  const [from, gradient, to] = [backend.address(v), backend.address(dy), backend.address(dx)] as const;
  backend.engine.call('activation_gradient', attrs.code, attrs.alpha, size(v), from, gradient, to);
  return dx;
};

/** The kernels that the gradients call. */
export const activationKernels: HotKernels = [
  [reluKernel, ofRelu],
  [activationKernel, ofCode],
];

function ownGradient(kernelName: string, code: number): OwnGradient {
  return (dy, saved, { alpha = 0 }) => {
    const v = saved[0] as Tensor;
    if (isRecorded() || !areFloats(tfEngine().backend as ConvgradBackend, dy, v)) return undefined;
    return { x: () => tfEngine().runKernel(kernelName, { dy, v }, { code, alpha }) as Tensor };
  };
}

/** The gradients, by TensorFlow.js's names of the functions. */
export const activationGradients: readonly (readonly [kernelName: string, gradient: OwnGradient])[] = [
  ['Relu', ownGradient(reluKernel, 2)],
  ['Sigmoid', ownGradient(activationKernel, 1)],
  ['Tanh', ownGradient(activationKernel, 3)],
  ['LeakyRelu', ownGradient(activationKernel, 5)],
  ['Selu', ownGradient(activationKernel, 7)],
  ['Softplus', ownGradient(activationKernel, 11)],
];
