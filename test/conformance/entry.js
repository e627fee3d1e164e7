/**
 * The specs that @tensorflow/tfjs-core ships, on one backend. Chained ops and gradients are registered as the set-up of
 * its cpu backend does; no spec is left out.
 */

import { runSpecs } from './boot';
import '@tensorflow/tfjs';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util';
import { registerBackend } from '../../ts/tfjs';

/** @param wasm - The kernels, compiled by whoever knows where the file lies. */
globalThis.runConformance = async (backendName, simd, wasm) => {
  if (backendName === 'convgrad') await registerBackend({ simd, wasm });
  setTestEnvs([{ name: backendName, backendName, isDataSync: true }]);
  require('@tensorflow/tfjs-core/dist/tests');
  return runSpecs();
};
