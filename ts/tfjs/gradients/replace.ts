/** How a gradient of TensorFlow.js is replaced on one backend. */

import {
  engine,
  type GradFunc,
  getBackend,
  getGradient,
  type NamedAttrMap,
  registerGradient,
  type Tensor,
  unregisterGradient,
} from '@tensorflow/tfjs';

/** A gradient: functions by the names of the kernel's inputs. Answers nothing when it leaves a call to TensorFlow.js's own. */
export type OwnGradient = (
  dy: Tensor,
  saved: readonly (Tensor | undefined)[],
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

/** Whether a gradient's kernels are recorded, for a gradient of the gradient: then they must have gradients themselves. */
export function isRecorded(): boolean {
  return engine().state.gradientDepth > 0;
}
