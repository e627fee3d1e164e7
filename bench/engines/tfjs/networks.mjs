/** Described models in TensorFlow.js's layers API. */

import { buildModel } from '../described.mjs';

/** What their layers do not have, define otherwise, or, of a causal convolution, tell a wrong shape of. */
const unknown = new Set(['leakyRelu', 'hardSwish', 'hardSigmoid', 'causal']);
const isKnown = ({ layers }) =>
  !layers.some(({ options }) => unknown.has(options?.activation) || unknown.has(options?.padding));

/** A model with its weights, and the models within it that do not learn. */
export function build(tf, description, inputs) {
  const { model, frozen } = buildModel(description, {
    input: (shape) => tf.input({ shape }),
    apply: (layer, values) => layer.apply(values),
    model: (start, outputs, name) => tf.model({ inputs: start, outputs, name }),
    layers: layersOf(tf),
  });
  for (const inner of frozen) inner.trainable = false;
  tf.tidy(() => {
    for (const weight of model.weights) weight.write(tf.tensor(inputs[weight.originalName], weight.shape));
  });
  return model;
}

/** Their functions by our types; of activations they name one otherwise. */
function layersOf({ layers }) {
  const renamed = ({ activation, ...options }) => ({
    ...options,
    activation: activation === 'silu' ? 'swish' : activation,
  });
  const make = (type) => (options) => layers[type]('activation' in options ? renamed(options) : options);
  return new Proxy({}, { get: (_, type) => make(type) });
}

/** A training step; the answer are the losses of the first two. */
export async function networkStep(tf, { model: description, batch, output, rate, loss }, inputs) {
  if (!isKnown(description)) return undefined;
  const model = build(tf, description, inputs);
  model.compile({ optimizer: tf.train.adam(rate), loss });
  const x = tf.tensor(inputs.x, [batch, ...description.input]);
  const y = tf.tensor(inputs.y, [batch, ...output]);
  const step = () => model.trainOnBatch(x, y);
  const dispose = () => {
    tf.dispose([x, y]);
    model.dispose();
  };
  return { answer: [await step(), await step()], step, dispose };
}

/** A prediction, copied in and out; the answer are the outputs. */
export function networkPredict(tf, { model: description, batch }, inputs) {
  if (!isKnown(description)) return undefined;
  const model = build(tf, description, inputs);
  const step = () =>
    tf.tidy(() => model.predict(tf.tensor(inputs.x, [batch, ...description.input]), { batchSize: batch }).dataSync());
  return { answer: step(), step, dispose: () => model.dispose() };
}
