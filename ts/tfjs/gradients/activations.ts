/** Gradients of activation functions and squares: one kernel, where TensorFlow.js calls three to eight. */

import { type Tensor, type TensorInfo, engine as tfEngine } from '@tensorflow/tfjs';
import type { ConvgradBackend } from '../backend';
import { areFloats, type HotKernel, type HotKernels, size } from '../kernels/kernel';
import { isRecorded, type OwnGradient } from './replace';

const binaryKernel = 'ConvgradBinaryGrad';
const activationKernel = 'ConvgradActivationGrad';

/** `dy ∘ v` with an operation of crate/src/kernels/broadcast.rs. */
const ofOperation: HotKernel = ({ inputs, attrs, backend }) => {
  const { dy, v } = inputs as Record<'dy' | 'v', TensorInfo>;
  const dx = backend.output(v.shape);
  const [gradient, from, to] = [backend.address(dy), backend.address(v), backend.address(dx)] as const;
  backend.engine.call('binary', attrs.code, 1, size(v), gradient, 0, from, 0, to);
  return dx;
};

/** `dy` times the slope of the function with a code of crate/src/kernels/activation.rs, from its output or input v. */
const ofFunction: HotKernel = ({ inputs, attrs, backend }) => {
  const { dy, v } = inputs as Record<'dy' | 'v', TensorInfo>;
  const dx = backend.output(v.shape);
  const [from, gradient, to] = [backend.address(v), backend.address(dy), backend.address(dx)] as const;
  backend.engine.call('activation_gradient', attrs.code, attrs.alpha, size(v), from, gradient, to);
  return dx;
};

/** The kernels that the gradients call. */
export const activationKernels: HotKernels = [
  [binaryKernel, ofOperation],
  [activationKernel, ofFunction],
];

function ownGradient(kernelName: string, code: number): OwnGradient {
  return (dy, saved, { alpha = 0 }) => {
    const v = saved[0] as Tensor;
    if (isRecorded() || !areFloats(tfEngine().backend as ConvgradBackend, dy, v)) return undefined;
    return { x: () => tfEngine().runKernel(kernelName, { dy, v }, { code, alpha }) as Tensor };
  };
}

/** Codes of operations: `dy · step(v)`, which is NaN where one is, as in TensorFlow.js, and `2 · dy · v`. */
const operations = { gate: 8, twiceProduct: 9 } as const;

/** The gradients, by TensorFlow.js's names of the functions. */
export const activationGradients: readonly (readonly [kernelName: string, gradient: OwnGradient])[] = [
  ['Relu', ownGradient(binaryKernel, operations.gate)],
  ['Square', ownGradient(binaryKernel, operations.twiceProduct)],
  ['Sigmoid', ownGradient(activationKernel, 1)],
  ['Tanh', ownGradient(activationKernel, 3)],
  ['LeakyRelu', ownGradient(activationKernel, 5)],
  ['Selu', ownGradient(activationKernel, 7)],
  ['Softplus', ownGradient(activationKernel, 11)],
];
