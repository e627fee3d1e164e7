/** A CNN with pooling, softmax cross-entropy and Adam, against Keras. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { adam, averagePool2d, conv2d, dense, flatten, type Model, maxPool2d, sequential } from '../../ts';
import { numbers, relativeError } from '../support/numbers';

const keras = JSON.parse(readFileSync(new URL('../reference/cnn.json', import.meta.url), 'utf8')) as {
  gradients: number[][];
  curve: number[];
};
const batch = 16;
const x = numbers(1, batch * 13 * 13 * 2);
const y = Int32Array.from(numbers(2, batch), (value) => Math.floor((value + 1) * 5));

/** The model of test/reference/cnn.py. */
function makeModel(): Model {
  const model = sequential({
    name: 'cnn',
    inputShape: [13, 13, 2],
    layers: [
      conv2d({ filters: 8, kernelSize: 3, padding: 'same', activation: 'relu' }),
      maxPool2d(),
      conv2d({ filters: 12, kernelSize: 3, strides: [1, 2], activation: 'tanh' }),
      averagePool2d({ poolSize: [3, 2], strides: 1, padding: 'same' }),
      maxPool2d({ padding: 'same' }),
      flatten(),
      dense({ units: 20, activation: 'relu' }),
      dense({ units: 10 }),
    ],
  });
  model.compile({
    optimizer: adam({ learningRate: 0.003 }),
    loss: 'sparseCategoricalCrossentropyFromLogits',
    metrics: ['accuracy'],
  });
  const weights = model.getWeights().map(({ shape, data }, index) => ({
    shape,
    data: numbers(20 + index, data.length).map((value) => value * 0.25),
  }));
  model.setWeights(weights);
  return model;
}

test('the first loss and gradients are those of Keras, within 1e-5', () => {
  const model = makeModel();
  const loss = model.trainOnBatch(x, y);
  expect(Math.abs(loss / (keras.curve[0] as number) - 1)).toBeLessThan(1e-5);
  const gradients = model.getGradients();
  expect(gradients).toHaveLength(keras.gradients.length);
  gradients.forEach(({ data }, index) => {
    expect(relativeError(data, keras.gradients[index] as number[])).toBeLessThan(1e-5);
  });
  model.dispose();
});

test('50 steps of Adam follow the losses of Keras, within 1e-3', () => {
  const model = makeModel();
  for (const expected of keras.curve) {
    expect(Math.abs(model.trainOnBatch(x, y) / expected - 1)).toBeLessThan(1e-3);
  }
  model.dispose();
});

test('accuracy counts labels as numbers, the loss of an epoch is the mean of its samples', async () => {
  const model = makeModel();
  await model.fit(x, y, { batchSize: 5, epochs: 60 });
  const { loss, accuracy } = await model.evaluate(x, y, { batchSize: 7 });
  const { data } = await model.predict(x);
  let right = 0;
  let sum = 0;
  for (let n = 0; n < batch; n++) {
    const row = Array.from(data.subarray(n * 10, n * 10 + 10));
    if (row.indexOf(Math.max(...row)) === y[n]) right++;
    sum += Math.log(row.reduce((total, value) => total + Math.exp(value), 0)) - (row[y[n] as number] as number);
  }
  expect(accuracy).toBeCloseTo(right / batch, 6);
  expect(loss).toBeCloseTo(sum / batch, 5);
  expect(accuracy).toBeGreaterThan(0.9);
  expect(model.explain(x, y).largestError).toBeLessThan(1e-4);
  model.dispose();
});

test('labels and shapes that do not fit are named', async () => {
  const model = makeModel();
  const bad = y.slice();
  bad[3] = 10;
  await expect(model.fit(x, bad)).rejects.toThrow(
    'cnn.fit: y: expected labels that are integers from 0 to 9, got 10 in sample 3',
  );
  expect(() => model.trainOnBatch(x, numbers(1, 16 * 10))).toThrow('expected as many targets as inputs');
  expect(() => maxPool2d({ poolSize: 0 })).toThrow('maxPool2d: poolSize: expected an integer ≥ 1, got 0');
  expect(() => maxPool2d({ padding: 1 as unknown as 'same' })).toThrow('expected padding "valid" or "same", got 1');
  expect(() => sequential({ inputShape: [9], layers: [averagePool2d({ name: 'p' })] })).toThrow(
    'averagePool2d "p": expected input [batch,height,width,channels], got [batch,9]',
  );
  expect(() => adam({ beta1: 1 })).toThrow('adam: beta1: expected a number in [0, ');
  const one = sequential({ name: 'm', inputShape: [3], layers: [dense({ units: 1 })] });
  expect(() => one.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropyFromLogits' })).toThrow(
    'expected outputs [batch,classes], got [batch,1]',
  );
  one.dispose();
  model.dispose();
});

test('a large logit does not overflow', () => {
  const model = sequential({ inputShape: [2], layers: [dense({ units: 2 })] });
  model.compile({ optimizer: adam(), loss: 'sparseCategoricalCrossentropyFromLogits', checkNumerics: true });
  model.setWeights([
    { data: [1000, 0, 0, 1000], shape: [2, 2] },
    { data: [0, 0], shape: [2] },
  ]);
  expect(model.trainOnBatch([[1, -1]], [0])).toBe(0);
  expect(model.trainOnBatch([[1, -1]], [1])).toBeCloseTo(2000, 0);
  model.dispose();
});
