/** The specs that @tensorflow/tfjs-core ships, on tfjs's own wasm backend: as it is, and with our kernels plugged in. */

import { setBackend } from '@tensorflow/tfjs';
import { runSpecs } from './boot';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util';
import { registerWasmTrainingKernels } from '../../ts/tfjs';

/**
 * @param name - `'wasm'`, or `'wasm+plug'` with our kernels.
 * @param wasm - Our kernels, compiled by whoever knows where the file lies.
 * @param folder - Where tfjs's own files of the backend lie.
 */
globalThis.runConformance = async (name, simd, wasm, folder) => {
  setWasmPaths(folder);
  if (name === 'wasm+plug') await registerWasmTrainingKernels({ simd, wasm });
  await setBackend('wasm');
  setTestEnvs([{ name: 'wasm', backendName: 'wasm', isDataSync: true }]);
  require('@tensorflow/tfjs-core/dist/tests');
  return runSpecs();
};
