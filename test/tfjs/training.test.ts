/** The same model, weights and batches on tfjs's cpu backend and on ours: the same curves. */

import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { backendName, registerBackend } from '../../ts/tfjs';
import { curve, expectSameCurve, numbers, optimizers } from './curves';

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
