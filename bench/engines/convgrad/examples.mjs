/** Models of TensorFlow.js's official examples in this library's own API. */

import { adam, sgd } from '../../../dist/index.js';
import { build } from './networks.mjs';

const optimizers = {
  adam: (learningRate) => adam({ learningRate }),
  momentum: (learningRate) => sgd({ learningRate, momentum: 0.9 }),
};

/** Prepares one; the answer is the first epoch's loss. */
export async function exampleFit({ model: description, optimizer, batch, epochs }, inputs) {
  const model = build(description, inputs);
  model.compile({ optimizer: optimizers[optimizer.name](optimizer.rate), loss: 'categoricalCrossentropy' });
  const step = () => model.fit(inputs.x, inputs.y, { batchSize: batch, epochs, shuffle: false });
  const { history } = await step();
  return { answer: history.loss.slice(0, 1), step, dispose: () => model.dispose() };
}
