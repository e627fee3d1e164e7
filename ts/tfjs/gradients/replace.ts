/** How a gradient of TensorFlow.js is replaced on one backend. */

import {
  type GradFunc,
  getBackend,
  getGradient,
  type NamedAttrMap,
  registerGradient,
  type Tensor,
  engine as tfEngine,
  unregisterGradient,
} from '@tensorflow/tfjs';
import type { ConvgradBackend } from '../backend';
import { areFloats } from '../kernels/kernel';

/** A gradient: functions by the names of the kernel's inputs. Answers nothing when it leaves a call to TensorFlow.js's own. */
export type OwnGradient = (
  dy: Tensor,
  saved: readonly Tensor[],
  attributes: NamedAttrMap,
) => Record<string, () => Tensor> | undefined;

/** Puts `ours` in place of TensorFlow.js's gradient of a kernel while the backend is set. On other backends theirs stays. */
export function replaceGradient(kernelName: string, backendName: string, ours: OwnGradient): void {
  const theirs = getGradient(kernelName);
  if (theirs === undefined) return;
  unregisterGradient(kernelName);
  const gradFunc: GradFunc = (dy, saved, attributes) => {
    const own = getBackend() === backendName ? ours(dy as Tensor, saved as Tensor[], attributes ?? {}) : undefined;
    return own ?? theirs.gradFunc(dy, saved, attributes);
  };
  registerGradient({ ...theirs, gradFunc });
}

/**
 * Whether a gradient may call kernels of ours with these tensors. They take float32, and have no gradients themselves, which they must
 * where kernels are recorded for a gradient of the gradient.
 */
export function mayCallOurs(...tensors: Tensor[]): boolean {
  const { state, backend } = tfEngine();
  return state.gradientDepth === 0 && areFloats(backend as ConvgradBackend, ...tensors);
}
