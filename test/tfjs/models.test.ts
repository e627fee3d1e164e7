/** Models across: what TensorFlow.js predicts we predict, and a model that we trained goes back with its weights. */

import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { adam, type NestedLayer, type Tensor } from '../../ts';
import { fromTfjs, toTfjs } from '../../ts/tfjs';

beforeAll(() => tf.setBackend('cpu'));

function network(): tf.LayersModel {
  const model = tf.sequential();
  model.add(tf.layers.conv2d({ inputShape: [12, 12, 1], filters: 4, kernelSize: 3, activation: 'relu' }));
  model.add(tf.layers.batchNormalization());
  model.add(tf.layers.maxPooling2d({ poolSize: 2 }));
  model.add(tf.layers.flatten());
  model.add(tf.layers.dense({ units: 3, activation: 'softmax' }));
  return model;
}

const count = 30;
const x = Float32Array.from({ length: count * 144 }, (_, index) => ((index * 7919) % 1009) / 1009);
const labels = Int32Array.from({ length: count }, (_, index) => index % 3);

test('a LayersModel is trained by our engine and goes back', async () => {
  const theirs = network();
  const input = tf.tensor4d(x, [count, 12, 12, 1]);
  const before = (theirs.predict(input) as tf.Tensor).dataSync();
  const ours = await fromTfjs(theirs);
  const { data } = await ours.predict(x);
  expect(Math.max(...data.map((value, index) => Math.abs(value - (before[index] as number))))).toBeLessThan(1e-5);

  ours.compile({ optimizer: adam(), loss: 'sparseCategoricalCrossentropy' });
  const { history } = await ours.fit(x, labels, { batchSize: 10, epochs: 10 });
  expect(history.loss?.at(-1)).toBeLessThan(history.loss?.[0] as number);
  const trained = (await ours.predict(x)).data;
  const back = await toTfjs(ours);
  const after = (back.predict(input) as tf.Tensor).dataSync();
  expect(Math.max(...trained.map((value, index) => Math.abs(value - (after[index] as number))))).toBeLessThan(1e-5);
  expect(Math.max(...trained.map((value, index) => Math.abs(value - (before[index] as number))))).toBeGreaterThan(1e-3);
  ours.dispose();
});

test('a layer that only TensorFlow.js has is named', async () => {
  const model = tf.sequential({ layers: [tf.layers.simpleRNN({ units: 2, inputShape: [3, 4], name: 'memory' })] });
  await expect(fromTfjs(model)).rejects.toThrow('memory');
});

test('a model with two outputs goes across and back', async () => {
  const picture = tf.input({ shape: [12, 12, 1] });
  const flat = tf.layers.flatten().apply(picture) as tf.SymbolicTensor;
  const hidden = tf.layers.dense({ units: 4, activation: 'tanh', name: 'hidden' }).apply(flat) as tf.SymbolicTensor;
  const size = tf.layers.dense({ units: 2, name: 'size' }).apply(hidden) as tf.SymbolicTensor;
  const theirs = tf.model({ inputs: picture, outputs: [size, hidden] });
  const expected = theirs.predict(tf.tensor4d(x, [count, 12, 12, 1])) as tf.Tensor[];
  const ours = await fromTfjs<Tensor[]>(theirs);
  expect(ours.outputNames).toEqual(['size', 'hidden']);
  const predicted = await ours.predict(x);
  const again = (await toTfjs(ours)).predict(tf.tensor4d(x, [count, 12, 12, 1])) as tf.Tensor[];
  expected.forEach((tensor, output) => {
    const { data, shape } = predicted[output] as Tensor;
    expect(shape).toEqual(tensor.shape);
    expect(again[output]?.shape).toEqual(tensor.shape);
    const [a, b] = [tensor.dataSync(), again[output]?.dataSync() ?? []];
    expect(Math.max(...data.map((v, i) => Math.abs(v - (a[i] as number))))).toBeLessThan(1e-5);
    expect(Math.max(...data.map((v, i) => Math.abs(v - (b[i] as number))))).toBeLessThan(1e-5);
  });
  ours.dispose();
});

test('a head on a frozen, nested extractor of TensorFlow.js', async () => {
  const extractor = tf.sequential({ name: 'extractor' });
  extractor.add(
    tf.layers.conv2d({ inputShape: [12, 12, 1], filters: 4, kernelSize: 3, activation: 'relu', name: 'c' }),
  );
  extractor.add(tf.layers.flatten({ name: 'f' }));
  extractor.add(tf.layers.dense({ units: 5, activation: 'tanh', name: 'features' }));
  const picture = tf.input({ shape: [12, 12, 1] });
  const inner = tf.model({ inputs: picture, outputs: extractor.apply(picture) as tf.SymbolicTensor, name: 'wrapped' });
  const head = tf.layers.dense({ units: 3, activation: 'softmax', name: 'head' });
  const asChain = tf.sequential({ layers: [extractor, head] });
  const asGraph = tf.model({
    inputs: picture,
    outputs: tf.layers.dense({ units: 3, name: 'f' }).apply(inner.apply(picture)) as tf.SymbolicTensor,
  });
  const input = tf.tensor4d(x, [count, 12, 12, 1]);
  for (const theirs of [asChain, asGraph]) {
    const expected = (theirs.predict(input) as tf.Tensor).dataSync();
    const ours = await fromTfjs(theirs);
    const { data } = await ours.predict(x);
    expect(Math.max(...data.map((v, i) => Math.abs(v - (expected[i] as number))))).toBeLessThan(1e-5);
    (ours.layers[0] as NestedLayer).trainable = false;
    ours.compile({ optimizer: adam(), loss: 'sparseCategoricalCrossentropyFromLogits' });
    const before = ours.getWeights();
    ours.trainOnBatch(x, labels);
    const changed = ours.getWeights().filter(({ data: after }, i) => after.some((v, j) => v !== before[i]?.data[j]));
    expect(changed.map(({ name }) => name.split('/')[0])).toEqual([
      theirs === asChain ? 'head' : 'f',
      theirs === asChain ? 'head' : 'f',
    ]);
    const trained = (await ours.predict(x)).data;
    const back = ((await toTfjs(ours)).predict(input) as tf.Tensor).dataSync();
    expect(Math.max(...trained.map((v, i) => Math.abs(v - (back[i] as number))))).toBeLessThan(1e-5);
    ours.dispose();
  }
});
