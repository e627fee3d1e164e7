/** Which kernel answers a call on our backend: ours, or the one that is inherited from tfjs's cpu backend. */

import type { KernelConfig, KernelFunc } from '@tensorflow/tfjs';
import type { ConvgradBackend } from './backend';
import { hotKernels } from './kernels';

/** Our kernel where there is one and it takes the arguments, else the inherited one. */
export function dispatch({ kernelName, kernelFunc }: KernelConfig): KernelFunc {
  const ours = hotKernels.get(kernelName);
  return (call) => {
    const backend = call.backend as ConvgradBackend;
    if (ours !== undefined && !backend.inherits) {
      const result = ours({ inputs: call.inputs, attrs: call.attrs ?? {}, backend });
      if (result !== undefined) return result;
    }
    return backend.inherit(() => kernelFunc(call));
  };
}
