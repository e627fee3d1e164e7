/** The TensorFlow.js backend: where its data lies, and when its memory goes back. */

import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { type BackendMemory, backendName, type ConvgradBackend, registerBackend } from '../../ts/tfjs';

beforeAll(async () => {
  await registerBackend();
  await registerBackend();
  await tf.setBackend(backendName);
});

function backend(): ConvgradBackend {
  return tf.backend() as ConvgradBackend;
}

function memory(): tf.MemoryInfo & BackendMemory {
  return tf.memory() as tf.MemoryInfo & BackendMemory;
}

test('has every kernel of the cpu backend', () => {
  // Those with our name are what gradients call.
  const names = (name: string) =>
    tf
      .getKernelsForBackend(name)
      .map(({ kernelName }) => kernelName)
      .filter((kernelName) => !kernelName.startsWith('Convgrad'));
  expect(names(backendName).sort()).toEqual(names('cpu').sort());
  expect(names(backendName)).toHaveLength(172);
});

test('counts bytes as they are, and gives them back at once', () => {
  const { numBytesInWasm, unreliable } = memory();
  const live = backend().engine.liveAllocations;
  expect(unreliable).toBe(false);
  const floats = tf.tensor1d([1, 2, 3]);
  const bools = tf.tensor1d([true, false], 'bool');
  expect(memory().numBytesInWasm - numBytesInWasm).toBe(3 * 4 + 2);
  const shared = floats.reshape([3, 1]);
  expect(memory().numBytesInWasm - numBytesInWasm).toBe(3 * 4 + 2);
  const sum = tf.tidy(() => floats.add(1).mul(2).sum());
  expect(sum.dataSync()[0]).toBe(18);
  expect(memory().numBytesInWasm - numBytesInWasm).toBe(4 * 4 + 2);
  tf.dispose([floats, bools, sum]);
  expect(shared.dataSync()).toEqual(new Float32Array([1, 2, 3]));
  shared.dispose();
  expect(memory().numBytesInWasm).toBe(numBytesInWasm);
  expect(backend().engine.liveAllocations).toBe(live);
});

test('growth of the memory leaves tensors as they are, in kernels of both kinds', () => {
  const x = tf.tensor1d([1, 2, 3, 4]);
  const before = memory().numBytesInWasmAllocated;
  const held: tf.Tensor[] = [];
  while (memory().numBytesInWasmAllocated < before + (64 << 20)) {
    const big = tf.fill([1 << 20], 2);
    held.push(big, big.mul(tf.scalar(3)), tf.reverse(big), tf.relu(big));
    for (const tensor of held.slice(-4)) {
      const last = tensor.slice([(1 << 20) - 1], [1]);
      expect([2, 6]).toContain(last.dataSync()[0]);
      last.dispose();
    }
  }
  expect(x.dataSync()).toEqual(new Float32Array([1, 2, 3, 4]));
  tf.dispose([x, ...held]);
});

test('what is read is a copy, and what is written is one', () => {
  const values = new Float32Array([1, 2]);
  const x = tf.tensor1d(values);
  values[0] = 9;
  const read = x.dataSync();
  read[1] = 9;
  expect(x.dataSync()).toEqual(new Float32Array([1, 2]));
  x.dispose();
});

test('data moves between backends, with strings, integers, booleans and complex numbers', async () => {
  const make = () => [tf.tensor(['a', 'bc']), tf.tensor1d([1, -2], 'int32'), tf.tensor1d([true, false])];
  const here = make();
  await tf.setBackend('cpu');
  const there = make();
  const read = here.map((tensor) => tf.clone(tensor).dataSync());
  expect(read).toEqual(there.map((tensor) => tensor.dataSync()));
  await tf.setBackend(backendName);
  expect(there.map((tensor) => tf.clone(tensor).dataSync())).toEqual(read);
  // The cpu backend takes no complex numbers of others.
  await tf.setBackend('cpu');
  const complex = tf.complex([1, 3], [2, 4]);
  await tf.setBackend(backendName);
  expect(tf.add(complex, complex).dataSync()).toEqual(new Float32Array([2, 4, 6, 8]));
  complex.dispose();
  tf.dispose([...here, ...there]);
});

test('data that went to another backend comes back', async () => {
  const { numDataBuffers } = tf.memory();
  const x = tf.tensor1d([1, 2, 3]);
  const ids = backend().numDataIds();
  await tf.setBackend('cpu');
  const there = x.add(1);
  expect(Array.from(there.dataSync())).toEqual([2, 3, 4]);
  await tf.setBackend(backendName);
  expect(backend().numDataIds()).toBe(ids - 1);
  const here = x.add(there);
  expect(Array.from(here.dataSync())).toEqual([3, 5, 7]);
  expect(backend().numDataIds()).toBe(ids + 2);
  tf.dispose([x, there, here]);
  expect(backend().numDataIds()).toBe(ids - 1);
  expect(tf.memory().numDataBuffers).toBe(numDataBuffers);
});

test('options that are not known are errors', async () => {
  await expect(registerBackend({ simd: 'none' as never })).rejects.toThrow('expected simd');
});
