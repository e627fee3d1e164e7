/** A model, weights and batches that are the same on every backend of TensorFlow.js, and how its training goes. */

import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';

/** Numbers in [−1, 1) that are the same everywhere. */
export function numbers(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => (((index + seed) * 7919) % 2003) / 1001.5 - 1);
}

/** Batch normalization, pooling of values that are mostly negative, depthwise, strides and padding. */
function network(): tf.LayersModel {
  const model = tf.sequential();
  const { layers } = tf;
  // Without bias: batch normalization takes its gradient away, and Adam would divide rounding by rounding.
  model.add(layers.conv2d({ inputShape: [10, 10, 2], filters: 5, kernelSize: 3, padding: 'same', useBias: false }));
  model.add(layers.batchNormalization());
  model.add(layers.maxPooling2d({ poolSize: 2 }));
  model.add(layers.leakyReLU({ alpha: 0.3 }));
  model.add(layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, activation: 'tanh' }));
  model.add(layers.conv2d({ filters: 6, kernelSize: 2, strides: 1, activation: 'elu' }));
  model.add(layers.averagePooling2d({ poolSize: 2 }));
  model.add(layers.flatten());
  model.add(layers.dense({ units: 3, activation: 'softmax' }));
  model.setWeights(
    model.weights.map((weight, index) => {
      const shape = weight.shape as number[];
      const values = numbers(tf.util.sizeFromShape(shape), index * 31);
      // Variances are positive; batch normalization's offset makes most values negative before they are pooled.
      const moved = weight.name.includes('variance') ? values.map(Math.abs) : values.map((value) => value * 0.4 - 0.1);
      return tf.tensor(weight.name.includes('beta') ? moved.map((value) => value - 1.5) : moved, shape);
    }),
  );
  return model;
}

/** Losses of three epochs, and the weights after them. */
export interface Curve {
  /** A loss for each epoch. */
  readonly loss: readonly number[];
  /** Values of each weight. */
  readonly weights: readonly (readonly number[])[];
}

/** Trains for three epochs on a backend. */
export async function curve(name: string, optimizer: () => tf.Optimizer): Promise<Curve> {
  await tf.setBackend(name);
  tf.engine().startScope();
  const model = network();
  model.compile({ optimizer: optimizer(), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  const x = tf.tensor(numbers(24 * 200, 5), [24, 10, 10, 2]);
  const y = tf.oneHot(
    tf.tensor1d(
      Array.from({ length: 24 }, (_, index) => (index * 5) % 3),
      'int32',
    ),
    3,
  );
  const { history } = await model.fit(x, y, { epochs: 3, batchSize: 7, shuffle: false, verbose: 0 });
  const weights = model.getWeights().map((weight) => Array.from(weight.dataSync()));
  tf.engine().endScope();
  return { loss: history.loss as number[], weights };
}

/** The optimizers that are compared. */
export const optimizers: readonly (readonly [string, () => tf.Optimizer])[] = [
  ['sgd', () => tf.train.sgd(0.05)],
  ['momentum', () => tf.train.momentum(0.02, 0.9)],
  ['adam', () => tf.train.adam(0.01)],
];

/** Losses equal to 1e-4, weights to 1e-3. */
export function expectSameCurve(here: Curve, there: Curve): void {
  expect(here.loss).toHaveLength(3);
  for (const [epoch, loss] of here.loss.entries()) {
    expect(Math.abs(loss - (there.loss[epoch] ?? Number.NaN))).toBeLessThanOrEqual(1e-4);
  }
  for (const [index, weights] of here.weights.entries()) {
    const worst = Math.max(...weights.map((value, at) => Math.abs(value - (there.weights[index]?.[at] ?? Number.NaN))));
    expect(worst).toBeLessThanOrEqual(1e-3);
  }
  // It must have learned something for the curves to say anything.
  expect(here.loss[2]).toBeLessThan(here.loss[0] as number);
}
