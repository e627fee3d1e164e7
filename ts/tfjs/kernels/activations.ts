/** Activations by TensorFlow.js's names, as codes of crate/src/kernels/activation.rs. */

import type { KernelCall } from './kernel';

/** The codes. */
export const activationCodes = {
  linear: 0,
  sigmoid: 1,
  relu: 2,
  tanh: 3,
  relu6: 4,
  leakyRelu: 5,
  elu: 6,
  selu: 7,
  softplus: 11,
} as const;

/** A code of the crate, with the slope or limit that it needs. */
export interface ActivationCode {
  /** The code. */
  readonly code: number;
  /** Slope of a leaky relu, limit of an elu. */
  readonly alpha: number;
}

/** Reads the activation of a fused kernel; nothing for those that need a tensor of their own (prelu). */
export function fusedActivation(attrs: KernelCall['attrs']): ActivationCode | undefined {
  switch (attrs.activation ?? 'linear') {
    case 'linear':
      return { code: activationCodes.linear, alpha: 0 };
    case 'sigmoid':
      return { code: activationCodes.sigmoid, alpha: 0 };
    case 'relu':
      return { code: activationCodes.relu, alpha: 0 };
    case 'relu6':
      return { code: activationCodes.relu6, alpha: 0 };
    case 'leakyrelu':
      return { code: activationCodes.leakyRelu, alpha: attrs.leakyreluAlpha };
    case 'elu':
      return { code: activationCodes.elu, alpha: 1 };
    default:
      return undefined;
  }
}
