/** Weights for tests of inference, and a count of what is made of them. */

import type { Model } from '../../ts';
import { getEngine } from '../../ts/runtime/init';
import type { KernelName } from '../../ts/runtime/kernels';
import { numbers } from './numbers';

/** Random weights; variances are positive. */
export function setWeights(model: Model, seed = 20): void {
  model.setWeights(
    model.getWeights().map(({ name, shape, data }, index) => {
      const values = numbers(seed + index, data.length);
      return { shape, data: name.endsWith('moving_variance') ? values.map((v) => Math.abs(v) + 0.2) : values };
    }),
  );
}

/** Does `work`, which is told how often plans that were linked in it have called a kernel. */
export async function countingCalls(counted: KernelName, work: (calls: () => number) => Promise<void>): Promise<void> {
  const engine = getEngine();
  const kernel = engine.kernel.bind(engine);
  let count = 0;
  engine.kernel = (name) => {
    const run = kernel(name);
    if (name !== counted) return run;
    return (...args) => {
      count++;
      return run(...args);
    };
  };
  try {
    await work(() => count);
  } finally {
    engine.kernel = kernel;
  }
}
