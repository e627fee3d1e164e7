/** Gradients that are ours while our backend is set: the numbers of TensorFlow.js's own, with fewer kernels. */

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { backendName, registerBackend } from '../../ts/tfjs';
import { numbers } from './curves';
import { type Case, expectSameAsCpu, special, values } from './sameAsCpu';

beforeAll(() => registerBackend());

/** Gradients by all arguments, of outputs weighed by numbers of their own. */
function gradientsOf(work: (...x: tf.Tensor[]) => tf.Tensor, ...inputs: tf.Tensor[]): tf.Tensor[] {
  return tf.grads((...x) => weighed(work(...(x as tf.Tensor[]))))(inputs);
}

function weighed(y: tf.Tensor): tf.Tensor {
  return y.mul(tf.tensor(numbers(y.size, 11), y.shape)).sum();
}

type BatchNorm = Parameters<typeof tf.batchNorm>;

const batchNorm = (x: tf.Tensor, mean: tf.Tensor, variance: tf.Tensor, offset: tf.Tensor, scale: tf.Tensor) =>
  tf.batchNorm(x, mean as BatchNorm[1], variance as BatchNorm[2], offset as tf.Tensor1D, scale as tf.Tensor1D, 0.01);

/** As a layer has it in training. */
function normalized(x: tf.Tensor, offset: tf.Tensor, scale: tf.Tensor): tf.Tensor {
  const axes = x.shape.map((_, axis) => axis).slice(0, -1);
  const { mean, variance } = tf.moments(x, axes);
  return batchNorm(x, mean, variance, offset, scale);
}

describe('batch normalization', () => {
  const cases: Case[] = [];
  for (const shape of [
    [7, 5],
    [2, 3, 5],
    [2, 3, 4, 5],
    [4, 6, 6, 16],
    [1, 1, 1, 3],
  ]) {
    const channels = shape.at(-1) as number;
    const factors = () => [values(channels)(), values(channels)().abs(), values(channels)(), values(channels)()];
    const x = values(...shape);
    const name = shape.join('×');
    cases.push([name, () => gradientsOf(batchNorm, x(), ...factors())]);
    const fixed = (x: tf.Tensor) => batchNorm(x, ...(factors() as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]));
    cases.push([`${name} of fixed statistics`, () => gradientsOf(fixed, x())]);
    cases.push([`${name} by its own moments`, () => gradientsOf(normalized, x(), ...factors().slice(2))]);
    const whole = () => [x(), x().abs(), x(), x()];
    cases.push([`${name} by statistics of each element`, () => gradientsOf(batchNorm, x(), ...whole())]);
  }
  expectSameAsCpu(cases);

  test('takes two kernels', async () => {
    await tf.setBackend(backendName);
    const inputs = [values(2, 4, 4, 3)(), ...[1, 2, 3, 4].map((seed) => tf.tensor1d(numbers(3, seed)).abs())];
    const { kernels } = await tf.profile(() => tf.tidy(() => gradientsOf(batchNorm, ...inputs)));
    const names = kernels.map(({ name }) => name);
    expect(names.filter((name) => name === 'ConvgradBatchNormSums')).toHaveLength(1);
    expect(names.filter((name) => ['Rsqrt', 'Tile'].includes(name))).toHaveLength(1); // of the sum that is derived
    expect(names.filter((name) => name === 'Multiply').length).toBeLessThanOrEqual(4);
    tf.dispose(inputs);
  });
});

describe('sums, means and squares', () => {
  const shape = [3, 1, 4, 5];
  const x = values(...shape);
  const axes = [undefined, 0, -1, [1], [1, 3], [0, 2], [0, 1, 2, 3]];
  const reductions = { sum: tf.sum, mean: tf.mean };
  const cases: Case[] = Object.entries(reductions).flatMap(([name, reduce]) =>
    axes.flatMap((axis) =>
      [false, true].map(
        (keepDims): Case => [
          `${name} over ${axis ?? 'all'}${keepDims ? ', kept' : ''}`,
          () => gradientsOf((x) => reduce(x, axis, keepDims), x()),
        ],
      ),
    ),
  );
  cases.push(
    ['sum of one number', () => gradientsOf((x) => tf.sum(x), tf.scalar(3))],
    ['mean in six dimensions', () => gradientsOf((x) => tf.mean(x, [1, 4]), values(2, 2, 1, 3, 2, 2)())],
    ['square', () => gradientsOf(tf.square, x())],
    ['square of special numbers', () => gradientsOf(tf.square, special())],
  );
  expectSameAsCpu(cases);
});

const activations: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  relu: tf.relu,
  sigmoid: tf.sigmoid,
  tanh: tf.tanh,
  leakyRelu: (x) => tf.leakyRelu(x, 0.3),
  selu: tf.selu,
  softplus: tf.softplus,
};

describe('activations', () => {
  const x = values(3, 50);
  expectSameAsCpu(
    Object.entries(activations).flatMap(([name, activation]): Case[] => [
      [name, () => gradientsOf(activation, x())],
      [`${name} of large numbers`, () => gradientsOf(activation, x().mul(30))],
      [`${name} of special numbers`, () => gradientsOf(activation, special())],
      [`${name} of NaN from above`, () => tf.grad((x) => activation(x).mul(Number.NaN).sum())(x())],
    ]),
  );
});

describe('gradients of gradients', () => {
  /** The gradient of the norm of a gradient, as a critic's penalty has it. */
  const penalty = (work: (x: tf.Tensor) => tf.Tensor) => (x: tf.Tensor) =>
    tf.grad((x) =>
      tf
        .grad((x) => weighed(work(x)))(x)
        .square()
        .sum(),
    )(x);
  const x = values(2, 3, 3, 4);
  const row = (seed: number) => tf.tensor1d(numbers(4, seed)).abs();
  expectSameAsCpu([
    // TensorFlow.js cannot derive the gradients of leakyRelu and selu.
    ...['relu', 'sigmoid', 'tanh', 'softplus'].map((name): Case => {
      const activation = activations[name] as (x: tf.Tensor) => tf.Tensor;
      return [name, () => penalty((x) => activation(x).square())(x())];
    }),
    ['square', () => penalty((x) => x.square().square())(x())],
    ['sum', () => penalty((x) => tf.sum(x, [1, 2]).square())(x())],
    ['mean', () => penalty((x) => tf.mean(x, [0, 3]).square())(x())],
    ['batch normalization', () => penalty((x) => normalized(x, row(1), row(2)).square())(x())],
  ]);
});

test('on other backends the gradients are TensorFlow.js’s own', async () => {
  await tf.setBackend('cpu');
  const { kernels } = await tf.profile(() => tf.tidy(() => gradientsOf((x) => tf.mean(x, 0), values(3, 4)())));
  expect(kernels.map(({ name }) => name)).not.toContain('Tile');
  await tf.setBackend(backendName);
});
