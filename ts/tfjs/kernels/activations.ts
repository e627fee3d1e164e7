/** Activations by TensorFlow.js's names, as codes of crate/src/kernels/activation.rs. */

import type { KernelCall } from './kernel';

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
      return { code: 0, alpha: 0 };
    case 'sigmoid':
      return { code: 1, alpha: 0 };
    case 'relu':
      return { code: 2, alpha: 0 };
    case 'relu6':
      return { code: 4, alpha: 0 };
    case 'leakyrelu':
      return { code: 5, alpha: attrs.leakyreluAlpha };
    case 'elu':
      return { code: 6, alpha: 1 };
    default:
      return undefined;
  }
}
