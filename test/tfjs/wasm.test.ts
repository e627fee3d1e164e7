/** Our kernels in tfjs's own wasm backend: what it computes is what the cpu backend computes, and it trains the same way. */

import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { getEngine } from '../../ts/runtime/init';
import { registerWasmTrainingKernels } from '../../ts/tfjs';
import { curve, expectSameCurve, numbers, optimizers } from './curves';

beforeAll(async () => {
  await expect(registerWasmTrainingKernels()).rejects.toThrow('import "@tensorflow/tfjs-backend-wasm"');
  await import('@tensorflow/tfjs-backend-wasm');
  await registerWasmTrainingKernels();
  // While the backend is in use, and a second time.
  await tf.setBackend('wasm');
  await registerWasmTrainingKernels();
});

/** All negative, as what maxima of the wasm backend itself do not survive. */
function negative(...shape: number[]): tf.Tensor {
  return tf.tensor(
    numbers(tf.util.sizeFromShape(shape), shape.length).map((value) => value - 1.5),
    shape,
  );
}

function integers(...shape: number[]): tf.Tensor {
  return tf.tensor(
    numbers(tf.util.sizeFromShape(shape), 3).map((value) => Math.round(value * 9)),
    shape,
    'int32',
  );
}

const images = () => negative(2, 6, 6, 3) as tf.Tensor4D;
const volumes = () => negative(2, 4, 4, 4, 3) as tf.Tensor5D;
const taps = (...shape: number[]) => tf.tensor(numbers(tf.util.sizeFromShape(shape), 2), shape);

/** Gradient of the sum of squares of what `work` makes of `x`. */
function gradient(work: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): tf.Tensor {
  return tf.grad((given) => work(given).square().sum())(x);
}

const cases: [string, () => tf.Tensor | tf.Tensor[]][] = [];
for (const pad of ['valid', 'same'] as const) {
  for (const [size, strides] of [
    [2, 2],
    [3, 2],
    [3, 1],
  ] as const) {
    const add = (name: string, work: () => tf.Tensor | tf.Tensor[]) =>
      cases.push([`${name}, ${pad}, window ${size}, stride ${strides}`, work]);
    const filter = () => taps(size, size, 3, 4) as tf.Tensor4D;
    const convolved = (x: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, filter(), strides, pad);
    const deep = (x: tf.Tensor) =>
      tf.depthwiseConv2d(x as tf.Tensor4D, taps(size, size, 3, 2) as tf.Tensor4D, strides, pad);
    add('max pooling’s gradient', () => gradient((x) => tf.maxPool(x as tf.Tensor4D, size, strides, pad), images()));
    add('average pooling’s gradient', () =>
      gradient((x) => tf.avgPool(x as tf.Tensor4D, size, strides, pad), images()),
    );
    add('max pooling with arguments', () => Object.values(tf.maxPoolWithArgmax(images(), size, strides, pad)));
    add('max pooling of volumes', () => tf.maxPool3d(volumes(), size, strides, pad));
    add('its gradient', () => gradient((x) => tf.maxPool3d(x as tf.Tensor5D, size, strides, pad), volumes()));
    add('convolution by its input', () => gradient(convolved, images()));
    add('convolution by its filter', () =>
      gradient((f) => tf.conv2d(images(), f as tf.Tensor4D, strides, pad), filter()),
    );
    add('depthwise convolution by its input', () => gradient(deep, images()));
    add('depthwise convolution by its filter', () =>
      gradient((f) => tf.depthwiseConv2d(images(), f as tf.Tensor4D, strides, pad), taps(size, size, 3, 2)),
    );
    add('convolution of volumes by its input', () =>
      gradient(
        (x) => tf.conv3d(x as tf.Tensor5D, taps(size, size, size, 3, 2) as tf.Tensor5D, strides, pad),
        volumes(),
      ),
    );
    add('dilation', () => tf.dilation2d(images(), taps(size, size, 3) as tf.Tensor3D, strides, pad));
    add('dilation by its input', () =>
      gradient((x) => tf.dilation2d(x as tf.Tensor4D, taps(size, size, 3) as tf.Tensor3D, strides, pad), images()),
    );
    add('dilation by its filter', () =>
      gradient((f) => tf.dilation2d(images(), f as tf.Tensor3D, strides, pad), taps(size, size, 3)),
    );
  }
}
cases.push(
  ['Einsum', () => tf.einsum('ijk,kl->jil', negative(2, 3, 4), taps(4, 5))],
  ['Einsum of integers', () => tf.einsum('ij,jk->ik', integers(3, 4), integers(4, 2))],
  ['Einsum of one tensor, unchanged', () => tf.einsum('ij->ij', negative(2, 3))],
  ['sums of segments', () => tf.unsortedSegmentSum(negative(4, 3), tf.tensor1d([1, 0, 1, 2], 'int32'), 4)],
  ['sums of segments of integers', () => tf.unsortedSegmentSum(integers(4), tf.tensor1d([1, 0, 1, 2], 'int32'), 3)],
  ['gather', () => gradient((x) => tf.gather(x, tf.tensor1d([2, 0, 2], 'int32')), negative(3, 4))],
  ['no image at all', () => tf.maxPool3d(tf.zeros([0, 4, 4, 4, 3]) as tf.Tensor5D, 2, 2, 'valid')],
);

async function run(name: string, work: () => tf.Tensor | tf.Tensor[]) {
  await tf.setBackend(name);
  return tf.tidy(() =>
    [work()].flat().map((tensor) => ({ shape: tensor.shape, dtype: tensor.dtype, values: tensor.dataSync() })),
  );
}

test.each(cases)('%s', async (_name, work) => {
  const there = await run('cpu', work);
  const here = await run('wasm', work);
  expect(here.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(
    there.map(({ shape, dtype }) => ({ shape, dtype })),
  );
  for (const [index, { values }] of here.entries()) {
    const expected = there[index]?.values as Float32Array;
    expect(values.constructor).toBe(here[index]?.dtype === 'int32' ? Int32Array : Float32Array);
    for (const [at, value] of values.entries()) {
      const right = expected[at] as number;
      expect(Math.abs(value - right)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(right)));
    }
  }
});

test.each(optimizers)('%s: losses of three epochs and the weights after them', async (_name, optimizer) => {
  expectSameCurve(await curve('wasm', optimizer), await curve('cpu', optimizer));
});

test('a call leaves nothing in either memory, also when it fails', async () => {
  await tf.setBackend('wasm');
  const before = [tf.backend().numDataIds(), getEngine().liveAllocations];
  for (const [, work] of cases) {
    tf.tidy(() => {
      work();
    });
  }
  tf.tidy(() => {
    expect(() => tf.einsum('ij,jk->ik', taps(2, 3), taps(4, 5))).toThrow('dimension');
  });
  expect([tf.backend().numDataIds(), getEngine().liveAllocations]).toEqual(before);
});
