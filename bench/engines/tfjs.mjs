/** TensorFlow.js on its cpu backend. */

import { createRequire } from 'node:module';

export async function tfjsCpu({ filters, batch, rate, data }) {
  // Its ESM build does not load in Node; the CommonJS build does.
  const tf = createRequire(import.meta.url)('@tensorflow/tfjs');
  await tf.setBackend('cpu');
  const x = tf.tensor(data.x, [batch, 22, 22, 1]);
  const y = tf.tensor(data.y, [batch, 1]);
  const f = tf.variable(tf.tensor(data.f, [3, 3, 1, filters]));
  const w = tf.variable(tf.tensor(data.w, [400 * filters, 1]));
  const b = tf.variable(tf.tensor(data.b, [1]));
  const optimizer = tf.train.sgd(rate);
  const step = () => {
    const loss = optimizer.minimize(
      () => {
        const h = tf.sigmoid(tf.conv2d(x, f, 1, 'valid')).reshape([batch, 400 * filters]);
        return tf.sum(tf.square(tf.sub(y, tf.sigmoid(tf.add(tf.matMul(h, w), b))))).div(2);
      },
      true,
      [f, w, b],
    );
    const [value] = loss.dataSync();
    loss.dispose();
    return value;
  };
  const dispose = () => {
    for (const tensor of [x, y, f, w, b]) tensor.dispose();
  };
  return { name: 'tfjs cpu', variant: 'js', answer: [step(), step()], step, dispose };
}
