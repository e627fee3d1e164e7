/** TensorFlow.js on one of its CPU backends, or on ours. */

import { createRequire } from 'node:module';
import { exampleFit } from './examples.mjs';
import { prepareKernel } from './kernels.mjs';
import { convnetFit, convnetInference, convnetStep, seedStep } from './models.mjs';
import { networkPredict, networkStep } from './networks.mjs';

const require = createRequire(import.meta.url);
const models = {
  'seed step': seedStep,
  'convnet step': convnetStep,
  'convnet fit': convnetFit,
  'convnet inference': convnetInference,
  'example fit': exampleFit,
  'network step': networkStep,
  'network predict': networkPredict,
};

/** GFLOP/s as measured once: what would take minutes is left out before it begins. */
const speeds = {
  cpu: { forward: 0.5, back: 0.01, model: 0.03 },
  wasm: { forward: 10, back: 0.5, model: 10 },
  convgrad: { forward: 10, back: 10, model: 10 },
};

/**
 * @param backend 'cpu', 'wasm' or 'convgrad'; wasm cannot train: it has no gradient of a filter.
 * @param training 'trainWith' for an engine that only trains, by our function of that name on the backend 'convgrad'.
 */
export const tfjs = (backend, training) => async (threads) => {
  // Its ESM build does not load in Node; the CommonJS build does.
  const tf = require('@tensorflow/tfjs');
  // Without checks of its own, which also advise to install another package.
  tf.enableProdMode();
  if (backend === 'wasm') {
    const peers = createRequire(new URL('../../peers/package.json', import.meta.url));
    const path = peers.resolve('@tensorflow/tfjs-backend-wasm');
    require(path).setWasmPaths(path.replace(/[^/]*$/, ''));
  }
  const ours = backend === 'convgrad' ? require('../../../dist/tfjs.cjs') : undefined;
  if (ours !== undefined) await ours.registerBackend({ simd: 'relaxed', threads });
  if (!(await tf.setBackend(backend))) throw new Error(`the backend ${backend} does not start`);
  return {
    name: training ?? `tfjs ${backend}`,
    variant: { cpu: 'js', wasm: 'wasm', convgrad: 'relaxed' }[backend],
    threads: ours === undefined ? 1 : threads,
    secondsOf({ kind, pass, flops }) {
      const speed = speeds[backend];
      if (kind === 'seed step') return 0;
      if (/inference|predict/.test(kind)) return flops / speed.forward / 1e9;
      if (/step|fit/.test(kind)) return flops / speed.model / 1e9;
      return pass?.endsWith('Gradient') ? flops / speed.back / 1e9 : flops / speed.forward / 1e9;
    },
    async prepare(workload, inputs) {
      await tf.setBackend(backend);
      const trains = /step|fit/.test(workload.kind);
      if (training !== undefined && !workload.kind.endsWith('fit')) return undefined;
      if (backend === 'wasm' && trains) return undefined;
      const model = models[workload.kind];
      const prepared = await (model === undefined
        ? prepareKernel(tf, workload, inputs)
        : model(tf, workload, inputs, training && ours[training]));
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
