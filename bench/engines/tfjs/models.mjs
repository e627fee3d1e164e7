/** The training steps in TensorFlow.js, as its users write them. */

/** The seed's step. */
export function seedStep(tf, { filters, batch, rate }, { x, y, ...initial }) {
  const images = tf.tensor(x, [batch, 22, 22, 1]);
  const targets = tf.tensor(y, [batch, 1]);
  const f = tf.variable(tf.tensor(initial.f, [3, 3, 1, filters]));
  const w = tf.variable(tf.tensor(initial.w, [400 * filters, 1]));
  const b = tf.variable(tf.tensor(initial.b, [1]));
  const optimizer = tf.train.sgd(rate);
  const step = () => {
    const loss = optimizer.minimize(
      () => {
        const h = tf.sigmoid(tf.conv2d(images, f, 1, 'valid')).reshape([batch, 400 * filters]);
        return tf.sum(tf.square(tf.sub(targets, tf.sigmoid(tf.add(tf.matMul(h, w), b))))).div(2);
      },
      true,
      [f, w, b],
    );
    const [value] = loss.dataSync();
    loss.dispose();
    return value;
  };
  const dispose = () => {
    for (const tensor of [images, targets, f, w, b]) tensor.dispose();
  };
  return { answer: [step(), step()], step, dispose };
}

/** The convolutional network: `(x) → logits` over its variables, which `dispose` gives back. */
function convnet(tf, { shapes }, inputs) {
  const variables = Object.entries(shapes).map(([name, shape]) => tf.variable(tf.tensor(inputs[name], shape)));
  const [k1, b1, k2, b2, w, b] = variables;
  const logits = (x) => {
    const first = tf.maxPool(tf.relu(tf.add(tf.conv2d(x, k1, 1, 'valid'), b1)), 2, 2, 'valid');
    const second = tf.maxPool(tf.relu(tf.add(tf.conv2d(first, k2, 1, 'valid'), b2)), 2, 2, 'valid');
    return tf.add(tf.matMul(second.reshape([x.shape[0], 1600]), w), b);
  };
  return { variables, logits };
}

/** A step of it with Adam. */
export function convnetStep(tf, workload, inputs) {
  const { variables, logits } = convnet(tf, workload, inputs);
  const x = tf.tensor(inputs.x, [workload.batch, 28, 28, 1]);
  const targets = tf.oneHot(tf.tensor1d(inputs.labels, 'int32'), 10);
  const optimizer = tf.train.adam(workload.rate);
  const step = () => {
    const loss = optimizer.minimize(() => tf.losses.softmaxCrossEntropy(targets, logits(x)), true, variables);
    const [value] = loss.dataSync();
    loss.dispose();
    return value;
  };
  const dispose = () => {
    for (const tensor of [x, targets, ...variables]) tensor.dispose();
    optimizer.dispose();
  };
  const first = step();
  const start = performance.now();
  const answer = [first, step()];
  return { answer, once: performance.now() - start, step, dispose };
}

/** It as a LayersModel, trained by `model.fit` or, in its place, by `trainWith`. */
export async function convnetFit(tf, { shapes, rate, batch, epochs, steps }, inputs, trainWith) {
  const { layers } = tf;
  const parts = [
    layers.conv2d({ inputShape: [28, 28, 1], filters: 32, kernelSize: 3, activation: 'relu' }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.conv2d({ filters: 64, kernelSize: 3, activation: 'relu' }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.flatten(),
    layers.dense({ units: 10, activation: 'softmax' }),
  ];
  const model = tf.sequential({ layers: parts });
  tf.tidy(() => model.setWeights(Object.entries(shapes).map(([name, shape]) => tf.tensor(inputs[name], shape))));
  model.compile({ optimizer: tf.train.adam(rate), loss: 'categoricalCrossentropy' });
  const x = tf.tensor(inputs.x, [batch * steps, 28, 28, 1]);
  const y = tf.oneHot(tf.tensor1d(inputs.labels, 'int32'), 10);
  const args = { batchSize: batch, epochs, shuffle: false, verbose: 0 };
  const step = trainWith === undefined ? () => model.fit(x, y, args) : () => trainWith(model, x, y, args);
  const { history } = await step();
  const dispose = () => {
    tf.dispose([x, y]);
    model.dispose();
  };
  return { answer: history.loss.slice(0, 1), step, dispose };
}

/** Its outputs for a batch. */
export function convnetInference(tf, workload, inputs) {
  const { variables, logits } = convnet(tf, workload, inputs);
  const x = tf.tensor(inputs.x, [workload.batch, 28, 28, 1]);
  const step = () => tf.tidy(() => logits(x).dataSync());
  const dispose = () => {
    for (const tensor of [x, ...variables]) tensor.dispose();
  };
  return { answer: step(), step, dispose };
}
