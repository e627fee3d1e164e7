/** This library, through its public API: `trainOnBatch` copies its arguments in, as a user's code would. */

import { conv2d, dense, flatten, init, sequential, sgd } from '../../dist/index.js';

/** @param {'relaxed' | 'strict'} simd which build of the kernels. */
export const convgrad = (simd) => async (workload) => {
  const { variant } = await init({ simd });
  const { filters, rate, data } = workload;
  const model = sequential({
    inputShape: [22, 22, 1],
    layers: [
      conv2d({ filters, kernelSize: 3, activation: 'sigmoid', useBias: false }),
      flatten(),
      dense({ units: 1, activation: 'sigmoid' }),
    ],
  });
  model.compile({ optimizer: sgd({ learningRate: rate }), loss: 'halfSquaredError' });
  model.setWeights([
    { data: data.f, shape: [3, 3, 1, filters] },
    { data: data.w, shape: [400 * filters, 1] },
    { data: data.b, shape: [1] },
  ]);
  const step = () => model.trainOnBatch(data.x, data.y);
  return { name: 'convgrad', variant, answer: [step(), step()], step, dispose: () => model.dispose() };
};
