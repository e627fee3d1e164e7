/** Models of TensorFlow.js's official examples in this library's own API. */

import * as convgrad from '../../../dist/index.js';
import { buildExample } from '../examples.mjs';

const { adam, apply, functional, input, sgd } = convgrad;
const optimizers = {
  adam: (learningRate) => adam({ learningRate }),
  momentum: (learningRate) => sgd({ learningRate, momentum: 0.9 }),
};

/** Prepares one; the answer is the first epoch's loss. */
export async function exampleFit({ model: description, optimizer, batch, epochs }, inputs) {
  const { model, frozen } = buildExample(description, {
    input: (shape) => input({ shape }),
    apply,
    model: (start, outputs, name) => functional({ inputs: start, outputs, name }),
    layers: convgrad,
  });
  for (const { name } of frozen) model.getLayer(name).trainable = false;
  // Weights within a model within the model have its name before theirs.
  const own = (name) => inputs[name.split('/').slice(-2).join('/')];
  model.setWeights(model.getWeights().map(({ name, shape }) => ({ data: own(name), shape })));
  model.compile({ optimizer: optimizers[optimizer.name](optimizer.rate), loss: 'categoricalCrossentropy' });
  const step = () => model.fit(inputs.x, inputs.y, { batchSize: batch, epochs, shuffle: false });
  const { history } = await step();
  return { answer: history.loss.slice(0, 1), step, dispose: () => model.dispose() };
}
