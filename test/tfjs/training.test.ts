/** The same model, weights and batches on tfjs's cpu backend and on ours: the same curves. */

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { backendName, registerBackend } from '../../ts/tfjs';
import { curve, expectSameCurve, numbers, optimizers } from './curves';
import { expectSameAsCpu } from './sameAsCpu';

beforeAll(() => registerBackend());

test.each(optimizers)('%s: losses of three epochs and the weights after them', async (_name, optimizer) => {
  expectSameCurve(await curve(backendName, optimizer), await curve('cpu', optimizer));
});

test('gradients keep no memory', async () => {
  await tf.setBackend(backendName);
  const before = tf.memory();
  const gradients = tf.tidy(() => {
    const x = tf.tensor4d(numbers(2 * 6 * 6 * 3, 1), [2, 6, 6, 3]);
    const filter = tf.tensor4d(numbers(9 * 3 * 4, 2), [3, 3, 3, 4]);
    return tf.grads((image, kernel) =>
      tf
        .relu(tf.conv2d(image as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'same'))
        .mul(2)
        .sum(),
    )([x, filter]);
  });
  tf.dispose(gradients);
  expect(tf.memory().numBytes).toBe(before.numBytes);
  expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
});

describe('the gradient of tile', () => {
  const cases: [number[], number[]][] = [
    [[5], [7]],
    [[1], [4]],
    [[3], [1]],
    [
      [2, 3],
      [4, 1],
    ],
    [
      [1, 3],
      [2, 5],
    ],
    [
      [2, 1, 3],
      [1, 6, 2],
    ],
    [
      [1, 1, 1, 6],
      [2, 4, 4, 1],
    ],
    [
      [2, 3, 1, 2],
      [3, 1, 2, 2],
    ],
  ];
  const gradientOf = (shape: number[], reps: number[]): tf.Tensor => {
    const size = tf.util.sizeFromShape(shape);
    const factors = tf.tensor(
      numbers(size * reps.reduce((a, b) => a * b), 4),
      shape.map((side, dimension) => side * (reps[dimension] as number)),
    );
    return tf.grad((x) => tf.tile(x, reps).mul(factors).sum())(tf.tensor(numbers(size, 3), shape));
  };

  expectSameAsCpu(
    cases.map(([shape, reps]) => [`${shape.join('×')} times ${reps.join('×')}`, () => gradientOf(shape, reps)]),
  );

  test('takes one sum, and five dimensions', async () => {
    await tf.setBackend(backendName);
    const { kernels } = await tf.profile(() => tf.tidy(() => gradientOf([1, 1, 1, 6], [8, 16, 16, 1])));
    expect(kernels.filter(({ name }) => name === 'Slice')).toEqual([]);
    const gradient = tf.tidy(() => gradientOf([1, 2, 1, 2, 1], [2, 1, 3, 2, 2]));
    expect(gradient.shape).toEqual([1, 2, 1, 2, 1]);
    gradient.dispose();
  });
});
