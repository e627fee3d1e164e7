/** Gradients of activation functions and squares: one kernel, where TensorFlow.js calls three to eight. */

import { type Tensor, type TensorInfo, engine as tfEngine } from '@tensorflow/tfjs';
import { activationCodes } from '../kernels/activations';
import { type HotKernel, type HotKernels, type KernelCall, size } from '../kernels/kernel';
import { mayCallOurs, type OwnGradient } from './replace';

const binaryKernel = 'ConvgradBinaryGrad';
const activationKernel = 'ConvgradActivationGrad';

/** A kernel of `dy` and of the function's output or input `v`, by their addresses. */
function ofValues(run: (call: KernelCall, length: number, dy: number, v: number, dx: number) => void): HotKernel {
  return (call) => {
    const { inputs, backend } = call;
    const { dy, v } = inputs as Record<'dy' | 'v', TensorInfo>;
    const dx = backend.output(v.shape);
    run(call, size(v), backend.address(dy), backend.address(v), backend.address(dx));
    return dx;
  };
}

/** The kernels that the gradients call, with codes of crate/src/kernels/broadcast.rs and activation.rs. */
export const activationKernels: HotKernels = [
  [
    binaryKernel,
    ofValues(({ attrs, backend }, length, dy, v, dx) =>
      backend.engine.call('binary', attrs.code, 1, length, dy, 0, v, 0, dx),
    ),
  ],
  [
    activationKernel,
    ofValues(({ attrs, backend }, length, dy, v, dx) =>
      backend.engine.call('activation_gradient', attrs.code, attrs.alpha, length, v, dy, dx),
    ),
  ],
];

function ownGradient(kernelName: string, code: number): OwnGradient {
  return (dy, saved, { alpha = 0 }) => {
    const v = saved[0] as Tensor;
    if (!mayCallOurs(dy, v)) return undefined;
    return { x: () => tfEngine().runKernel(kernelName, { dy, v }, { code, alpha }) as Tensor };
  };
}

/** Codes of operations: `dy · step(v)`, which is NaN where one is, as in TensorFlow.js, and `2 · dy · v`. */
const operations = { gate: 8, twiceProduct: 9 } as const;

/** The gradients, by TensorFlow.js's names of the functions. */
export const activationGradients: readonly (readonly [kernelName: string, gradient: OwnGradient])[] = [
  ['Relu', ownGradient(binaryKernel, operations.gate)],
  ['Square', ownGradient(binaryKernel, operations.twiceProduct)],
  ['Sigmoid', ownGradient(activationKernel, activationCodes.sigmoid)],
  ['Tanh', ownGradient(activationKernel, activationCodes.tanh)],
  ['LeakyRelu', ownGradient(activationKernel, activationCodes.leakyRelu)],
  ['Selu', ownGradient(activationKernel, activationCodes.selu)],
  ['Softplus', ownGradient(activationKernel, activationCodes.softplus)],
];
