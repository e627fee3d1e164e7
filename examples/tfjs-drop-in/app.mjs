/** An application of TensorFlow.js: learns in which quarter of a noisy picture the bright square is. Knows no convgrad. */

import * as tf from '@tensorflow/tfjs';

const side = 16;

/** Pictures [count, 16, 16, 1] and their quarters, one-hot [count, 4]. */
function makePictures(count) {
  let state = 1;
  const chance = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const pixels = new Float32Array(count * side * side);
  const quarters = new Int32Array(count);
  for (let n = 0; n < count; n++) {
    quarters[n] = Math.floor(chance() * 4);
    const top = (quarters[n] >> 1) * 8 + Math.floor(chance() * 4);
    const left = (quarters[n] & 1) * 8 + Math.floor(chance() * 4);
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        const bright = row >= top && row < top + 5 && column >= left && column < left + 5;
        pixels[(n * side + row) * side + column] = chance() * 0.7 + (bright ? 0.3 : 0);
      }
    }
  }
  return { x: tf.tensor4d(pixels, [count, side, side, 1]), y: tf.oneHot(tf.tensor1d(quarters, 'int32'), 4) };
}

function makeModel() {
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 7 });
  const model = tf.sequential();
  model.add(
    tf.layers.conv2d({
      inputShape: [side, side, 1],
      filters: 8,
      kernelSize: 3,
      activation: 'relu',
      kernelInitializer,
    }),
  );
  model.add(tf.layers.maxPooling2d({ poolSize: 2 }));
  model.add(tf.layers.conv2d({ filters: 16, kernelSize: 3, activation: 'relu', kernelInitializer }));
  model.add(tf.layers.batchNormalization());
  model.add(tf.layers.maxPooling2d({ poolSize: 2 }));
  model.add(tf.layers.flatten());
  model.add(tf.layers.dense({ units: 4, activation: 'softmax', kernelInitializer }));
  model.compile({ optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  return model;
}

/**
 * Trains for three epochs.
 *
 * @param count - Number of pictures.
 * @param trainer - `(model, x, y, args)`, what trains: by default `model.fit`.
 * @returns the last loss and accuracy, and the milliseconds that it took.
 */
export async function train(count, trainer = (model, ...rest) => model.fit(...rest)) {
  const { x, y } = makePictures(count);
  const model = makeModel();
  const start = performance.now();
  const { history } = await trainer(model, x, y, { epochs: 3, batchSize: 32, shuffle: false, verbose: 0 });
  const milliseconds = performance.now() - start;
  const [loss, accuracy] = [history.loss.at(-1), history.acc.at(-1)];
  tf.dispose([x, y, ...model.getWeights()]);
  return { loss, accuracy, milliseconds };
}

/** One line for a terminal. */
export function line(name, { loss, accuracy, milliseconds }) {
  return `${name.padEnd(22)} loss ${loss.toFixed(4)}  accuracy ${accuracy.toFixed(4)}  ${milliseconds.toFixed(0).padStart(7)} ms`;
}
