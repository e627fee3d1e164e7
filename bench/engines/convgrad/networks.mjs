/** Described models in this library's own API. */

import * as convgrad from '../../../dist/index.js';
import { buildModel } from '../described.mjs';
import { prediction, training } from './runs.mjs';

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

/** A training step of a network. */
export function networkStep({ model: description, rate, loss }, inputs) {
  const model = build(description, inputs);
  model.compile({ optimizer: adam({ learningRate: rate }), loss });
  return training(model, inputs.x, inputs.y);
}

/** A prediction of a network. */
export function networkPredict({ model: description, batch }, inputs) {
  return prediction(build(description, inputs), inputs.x, batch);
}
