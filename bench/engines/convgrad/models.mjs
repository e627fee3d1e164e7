/** Models of this library, through its public API: `trainOnBatch` copies its arguments in, as a user's code would. */

import { adam, conv2d, dense, flatten, maxPool2d, sequential, sgd } from '../../../dist/index.js';
import { exampleFit } from './examples.mjs';
import { networkPredict, networkStep } from './networks.mjs';
import { prediction, training } from './runs.mjs';

function seedNetwork({ filters, rate }, { f, w, b }) {
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
    { data: f, shape: [3, 3, 1, filters] },
    { data: w, shape: [400 * filters, 1] },
    { data: b, shape: [1] },
  ]);
  return model;
}

function convnet({ shapes, rate }, inputs) {
  const model = sequential({
    inputShape: [28, 28, 1],
    layers: [
      conv2d({ filters: 32, kernelSize: 3, activation: 'relu' }),
      maxPool2d(),
      conv2d({ filters: 64, kernelSize: 3, activation: 'relu' }),
      maxPool2d(),
      flatten(),
      dense({ units: 10 }),
    ],
  });
  model.compile({ optimizer: adam({ learningRate: rate }), loss: 'sparseCategoricalCrossentropyFromLogits' });
  model.setWeights(Object.entries(shapes).map(([name, shape]) => ({ data: inputs[name], shape })));
  return model;
}

/** How each kind of model is prepared: `(workload, inputs) → { answer, step, dispose }`. */
export const models = {
  'seed step': (workload, inputs) => training(seedNetwork(workload, inputs), inputs.x, inputs.y),

  'convnet step': (workload, inputs) => training(convnet(workload, inputs), inputs.x, inputs.labels),

  async 'convnet fit'(workload, inputs) {
    const model = convnet(workload, inputs);
    const { batch, epochs } = workload;
    const step = () => model.fit(inputs.x, inputs.labels, { batchSize: batch, epochs, shuffle: false });
    const { history } = await step();
    return { answer: history.loss.slice(0, 1), step, dispose: () => model.dispose() };
  },

  'example fit': exampleFit,
  'network step': networkStep,
  'network predict': networkPredict,

  'convnet inference': (workload, inputs) => prediction(convnet(workload, inputs), inputs.x, workload.batch),
};
