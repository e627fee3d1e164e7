/** Makes the backend known to TensorFlow.js: all kernels of its cpu backend, and ours where we have one. */

import {
  findBackendFactory,
  getKernelsForBackend,
  type KernelConfig,
  type KernelFunc,
  registerKernel,
  registerBackend as tfRegisterBackend,
} from '@tensorflow/tfjs';
import { getEngine, type InitOptions, init } from '../runtime/init';
import { ConvgradBackend } from './backend';
import { hotKernels } from './kernels';

/** The name for `tf.setBackend`. */
export const backendName = 'convgrad';

/**
 * Registers the backend `'convgrad'` with TensorFlow.js: all 172 kernels of its cpu backend, those of training in
 * SIMD, tensors in WebAssembly memory. Calling it again changes nothing.
 *
 * @param options - Which build of the kernels, as in `init`.
 * @throws {OptionError} when an option is not known.
 * @throws {LoadError} when the engine lacks SIMD or the file cannot be loaded.
 *
 * @example
 * await registerBackend();
 * await tf.setBackend('convgrad');
 */
export async function registerBackend(options?: InitOptions): Promise<void> {
  await init(options);
  if (findBackendFactory(backendName)) return;
  tfRegisterBackend(backendName, () => new ConvgradBackend(getEngine()));
  for (const config of getKernelsForBackend('cpu')) {
    registerKernel({ ...config, backendName, kernelFunc: choose(config) });
  }
}

/** Our kernel where there is one and it takes the arguments, else the inherited one. */
function choose({ kernelName, kernelFunc }: KernelConfig): KernelFunc {
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
