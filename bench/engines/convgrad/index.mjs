/** This library: a build of the kernels at a number of threads. */

import { init } from '../../../dist/index.js';
import { startEngine } from '../../library.mjs';
import { prepareKernel } from './kernels.mjs';
import { models } from './models.mjs';

/** @param options.simd 'relaxed' or 'strict'; `threads` is the number of threads. */
export async function convgrad(options) {
  const engine = await startEngine(options);
  return {
    name: 'convgrad',
    variant: engine.variant,
    threads: engine.threads,
    own: true,
    async prepare(workload, inputs) {
      const model = models[workload.kind];
      if (model === undefined) return prepareKernel(engine, workload, inputs);
      // Models live on the engine that was started last.
      await init(options);
      return model(workload, inputs);
    },
  };
}
