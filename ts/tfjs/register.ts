/** Makes the backend known to TensorFlow.js: all kernels of its cpu backend, and ours where we have one. */

import {
  findBackendFactory,
  getKernelsForBackend,
  registerKernel,
  registerBackend as tfRegisterBackend,
} from '@tensorflow/tfjs';
import { getEngine, type InitOptions, init } from '../runtime/init';
import { ConvgradBackend } from './backend';
import { dispatch } from './dispatch';
import { registerGradients } from './gradients';
import { registerOptimizers } from './optimizers';

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
    registerKernel({ ...config, backendName, kernelFunc: dispatch(config) });
  }
  registerGradients(backendName);
  registerOptimizers(backendName);
}
