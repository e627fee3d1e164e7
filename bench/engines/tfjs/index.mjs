/** TensorFlow.js on one of its CPU backends. */

import { createRequire } from 'node:module';
import { prepareKernel } from './kernels.mjs';
import { convnetInference, convnetStep, seedStep } from './models.mjs';

const require = createRequire(import.meta.url);
const models = { 'seed step': seedStep, 'convnet step': convnetStep, 'convnet inference': convnetInference };

/** GFLOP/s as measured once: what would take minutes is left out before it begins. */
const speeds = { cpu: { forward: 0.5, back: 0.01, model: 0.03 }, wasm: { forward: 10, back: 0.5, model: 10 } };

/** @param backend 'cpu' or 'wasm'; the latter cannot train: it has no gradient of a filter. */
export const tfjs = (backend) => async () => {
  // Its ESM build does not load in Node; the CommonJS build does.
  const tf = require('@tensorflow/tfjs');
  // Without checks of its own, which also advise to install another package.
  tf.enableProdMode();
  if (backend === 'wasm') {
    const peers = createRequire(new URL('../../peers/package.json', import.meta.url));
    const path = peers.resolve('@tensorflow/tfjs-backend-wasm');
    require(path).setWasmPaths(path.replace(/[^/]*$/, ''));
  }
  if (!(await tf.setBackend(backend))) throw new Error(`the backend ${backend} does not start`);
  return {
    name: `tfjs ${backend}`,
    variant: backend === 'cpu' ? 'js' : 'wasm',
    threads: 1,
    secondsOf({ kind, pass, flops }) {
      const speed = speeds[backend];
      if (kind === 'seed step') return 0;
      if (kind === 'convnet inference') return flops / speed.forward / 1e9;
      if (kind === 'convnet step') return flops / speed.model / 1e9;
      return pass?.endsWith('Gradient') ? flops / speed.back / 1e9 : flops / speed.forward / 1e9;
    },
    async prepare(workload, inputs) {
      await tf.setBackend(backend);
      if (backend === 'wasm' && workload.kind.endsWith('step')) return undefined;
      const model = models[workload.kind];
      const prepared = model === undefined ? prepareKernel(tf, workload, inputs) : model(tf, workload, inputs);
      if (prepared === undefined) return undefined;
      // The backend is a global of theirs, and engines take turns.
      const use = (step) => () => {
        if (tf.getBackend() !== backend) tf.setBackend(backend);
        return step();
      };
      return { ...prepared, step: use(prepared.step) };
    },
  };
};
