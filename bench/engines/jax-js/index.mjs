/** jax-js on its WebAssembly backend. */

import { prepareKernel } from './kernels.mjs';
import { convnetStep, seedStep } from './models.mjs';

const models = { 'seed step': seedStep, 'convnet step': convnetStep };

/** Its engine. */
export async function jaxJs() {
  const jax = await import('@jax-js/jax');
  await jax.init('wasm');
  jax.defaultDevice('wasm');
  return {
    name: 'jax-js',
    variant: 'wasm',
    threads: 1,
    // GFLOP/s as measured once.
    secondsOf: ({ flops }) => flops / 0.2 / 1e9,
    prepare(workload, inputs) {
      if (workload.kind === 'convnet inference') return undefined;
      return models[workload.kind]?.(jax, workload, inputs) ?? prepareKernel(jax, workload, inputs);
    },
  };
}
