/** The networks of bench/workloads/networks in this library's own API. */

import * as convgrad from '../../../dist/index.js';
import { buildModel } from '../described.mjs';

const { adam, apply, functional, input } = convgrad;

/** A model with its weights. */
export function build(description, inputs) {
  const { model, frozen } = buildModel(description, {
    input: (shape) => input({ shape }),
    apply,
    model: (start, outputs, name) => functional({ inputs: start, outputs, name }),
    layers: convgrad,
  });
  for (const { name } of frozen) model.getLayer(name).trainable = false;
  // Weights within a model within the model have its name before theirs.
  const own = (name) => inputs[name.split('/').slice(-2).join('/')];
  model.setWeights(model.getWeights().map(({ name, shape }) => ({ data: own(name), shape })));
  return model;
}

/** A training step; the answer are the losses of the first two. */
export function networkStep({ model: description, rate, loss }, inputs) {
  const model = build(description, inputs);
  model.compile({ optimizer: adam({ learningRate: rate }), loss });
  const step = () => model.trainOnBatch(inputs.x, inputs.y);
  return { answer: [step(), step()], step, dispose: () => model.dispose() };
}

/** A prediction, whose answer are the outputs. */
export async function networkPredict({ model: description, batch }, inputs) {
  const model = build(description, inputs);
  const step = () => model.predict(inputs.x, { batchSize: batch });
  return { answer: (await step()).data, step, dispose: () => model.dispose() };
}
