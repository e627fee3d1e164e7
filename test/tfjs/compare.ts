/** What tests of trainWith share: numbers, first weights, and comparisons of curves and weights. */

import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';

/** Numbers in [−1, 1) that are the same everywhere. */
export function numbers(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => (((index + seed) * 7919) % 2003) / 1001.5 - 1);
}

/** Gives every weight numbers that are the same everywhere. */
export function fill(model: tf.LayersModel): tf.LayersModel {
  tf.tidy(() =>
    model.setWeights(
      model.weights.map((weight, index) => {
        const shape = weight.shape as number[];
        const values = numbers(tf.util.sizeFromShape(shape), index * 31);
        if (weight.name.includes('variance')) return tf.tensor(values.map(Math.abs), shape);
        const shift = weight.name.includes('beta') ? 1.6 : 0.1;
        return tf.tensor(
          values.map((value) => value * 0.4 - shift),
          shape,
        );
      }),
    ),
  );
  return model;
}

/** Values within `limit`. */
export function expectClose(got: ArrayLike<number>, wanted: ArrayLike<number>, limit: number): void {
  expect(got.length).toBe(wanted.length);
  for (let index = 0; index < got.length; index++) {
    expect(Math.abs((got[index] as number) - (wanted[index] as number))).toBeLessThanOrEqual(limit);
  }
}

/** Curves: the same entries in the same order, and values within `limit`. */
export function expectHistory(got: tf.History, wanted: tf.History, limit = 1e-4): void {
  expect(Object.keys(got.history)).toEqual(Object.keys(wanted.history));
  expect(got.epoch).toEqual(wanted.epoch);
  for (const [name, values] of Object.entries(wanted.history)) {
    expectClose(got.history[name] as number[], values as number[], limit);
  }
}

/** All weights within `limit`. */
export function expectWeights(got: tf.LayersModel, wanted: tf.LayersModel, limit: number): void {
  const there = wanted.getWeights().map((weight) => weight.dataSync());
  for (const [index, weight] of got.getWeights().entries()) {
    expectClose(weight.dataSync(), there[index] as Float32Array, limit);
  }
}
