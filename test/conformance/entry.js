/**
 * The specs that @tensorflow/tfjs-core ships, on one backend. Chained ops and gradients are registered as the set-up of
 * its cpu backend does; no spec is left out.
 */

import { runSpecs } from './boot';
import '@tensorflow/tfjs';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import * as tf from '@tensorflow/tfjs';
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util';
import { backendName, ConvgradBackend, registerBackend } from '../../ts/tfjs';

/**
 * Some specs exist for a backend of the name "cpu" alone (data that moves between two of them), so ours runs under that
 * name: its factory and all its kernels take the place of those of the cpu backend.
 */
function takeTheNameOfCpu() {
  const factory = tf.findBackendFactory(backendName);
  tf.removeBackend('cpu');
  for (const { kernelName } of tf.getKernelsForBackend('cpu')) tf.unregisterKernel(kernelName, 'cpu');
  for (const config of tf.getKernelsForBackend(backendName)) tf.registerKernel({ ...config, backendName: 'cpu' });
  tf.registerBackend('cpu', factory);
}

/**
 * Runs all specs.
 *
 * @param which - `'cpu'` or `'convgrad'`.
 * @param wasm - The kernels, compiled by whoever knows where the file lies.
 */
globalThis.runConformance = async (which, simd, wasm) => {
  if (which === backendName) {
    await registerBackend({ simd, wasm });
    takeTheNameOfCpu();
  }
  await tf.setBackend('cpu');
  if (tf.backend() instanceof ConvgradBackend !== (which === backendName)) throw new Error(`expected ${which}`);
  setTestEnvs([{ name: 'cpu', backendName: 'cpu', isDataSync: true }]);
  require('@tensorflow/tfjs-core/dist/tests');
  return runSpecs();
};
