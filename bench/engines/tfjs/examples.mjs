/** Models of the official examples, trained by `model.fit` or, in its place, by `trainWith`. */

import { build } from './networks.mjs';

/** Prepares one; the answer is the first epoch's loss. */
export async function exampleFit(
  tf,
  { model: description, optimizer, batch, classes, epochs, steps },
  inputs,
  trainWith,
) {
  const model = build(tf, description, inputs);
  const optimizers = { adam: (rate) => tf.train.adam(rate), momentum: (rate) => tf.train.momentum(rate, 0.9) };
  model.compile({ optimizer: optimizers[optimizer.name](optimizer.rate), loss: 'categoricalCrossentropy' });
  const x = tf.tensor(inputs.x, [batch * steps, ...description.input]);
  const y = tf.tensor(inputs.y, [batch * steps, classes]);
  const args = { batchSize: batch, epochs, shuffle: false, verbose: 0 };
  const step = trainWith === undefined ? () => model.fit(x, y, args) : () => trainWith(model, x, y, args);
  const start = performance.now();
  const { history } = await step();
  const once = performance.now() - start;
  const dispose = () => {
    tf.dispose([x, y]);
    model.dispose();
  };
  return { answer: history.loss.slice(0, 1), once, step, dispose };
}
