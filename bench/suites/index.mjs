/** The benchmarks of one table each: which workloads, which engines. */

import { availableParallelism } from 'node:os';
import { startEngines } from '../engines/index.mjs';
import { convnetFit, convnetInference, convnetStep } from '../workloads/convnet.mjs';
import { exampleFits } from '../workloads/examples/index.mjs';
import { growingWorkloads } from '../workloads/growing.mjs';
import { aloneWorkloads } from '../workloads/kernels/alone.mjs';
import { farWorkloads } from '../workloads/kernels/far.mjs';
import { kernelWorkloads } from '../workloads/kernels/index.mjs';
import { fewPixelWorkloads, oddWorkloads } from '../workloads/kernels/odd.mjs';
import { networkWorkloads } from '../workloads/networks/index.mjs';
import { seedStep } from '../workloads/seed.mjs';
import { measureWorkloads } from './workloads.mjs';

const seed = () => [seedStep(1), seedStep(3)];
const step = () => [convnetStep(128)];
const inference = () => [convnetInference(128)];

/** A benchmark of workloads: `run(options)` answers rows. */
const suite = (name, text, workloads, change = (options) => options) => ({
  name,
  text,
  async run(options) {
    const { json, ...settings } = change({ threads: [1], ...options });
    const engines = await startEngines(settings);
    try {
      return { json, quiet: settings.quiet, rows: await measureWorkloads(workloads(), engines, settings) };
    } finally {
      for (const engine of engines) await engine.stop?.();
    }
  },
});

/** TensorFlow.js alone, also where a step takes minutes. */
const underTfjs = (options) => ({
  ...options,
  engines: options.engines ?? '^(tfjs|trainWith)',
  patience: Math.max(options.patience, 300),
});

/** No peers but some, native ones unless said otherwise, at one thread and at as many as there are cores. */
const onCores =
  (engines = 'tensorflow|^jax$') =>
  (options) => ({
    ...options,
    threads: options.threads.length > 1 ? options.threads : [1, availableParallelism()],
    engines: options.engines ?? engines,
  });

/** This library alone. */
const alone = (options) => ({ ...options, engines: options.engines ?? '^$' });

export const suites = [
  suite('seed', "a training step of the seed's network", seed),
  suite('kernels', 'single kernels, forward and gradients', kernelWorkloads),
  suite('step', 'a training step of a convolutional network', step),
  suite('inference', 'its inference', inference),
  suite(
    'tfjs',
    'under TensorFlow.js: a step, fit, trainWith, inference and models of its examples, beside its own backends',
    () => [...step(), convnetFit(128), ...inference(), ...exampleFits()],
    underTfjs,
  ),
  suite(
    'threads',
    'kernels and steps on one and on all cores',
    () => [...kernelWorkloads(), ...fewPixelWorkloads(), ...seed(), ...step()],
    onCores(),
  ),
  suite('scale', 'time for the work, as batch, image and channels grow', growingWorkloads, alone),
  suite('odd', 'kernels of sizes beside the usual ones', oddWorkloads, alone),
  suite('far', 'layers over large batches, on one and on all cores', farWorkloads, onCores()),
  suite('alone', 'layers for one image, on one and on all cores', aloneWorkloads, onCores()),
  suite(
    'networks',
    'well-known networks, small: a training step and one image, on one and on all cores',
    networkWorkloads,
    onCores('tensorflow|tfjs wasm'),
  ),
  suite('all', 'all of these but threads, scale, odd, far, alone and networks', () => [
    ...seed(),
    ...step(),
    ...inference(),
    ...kernelWorkloads(),
  ]),
];
