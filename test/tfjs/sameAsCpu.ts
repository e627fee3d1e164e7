/** Calls on our backend and on the cpu backend, which must give the same. */

import * as tf from '@tensorflow/tfjs';
import { expect, test, vi } from 'vitest';
import { backendName, ConvgradBackend } from '../../ts/tfjs';
import { numbers } from './curves';

/** Makes a tensor on the backend that is set. */
export type Maker = () => tf.Tensor;

/** Numbers in [−1, 1). */
export function values(...shape: number[]): Maker {
  return () => tf.tensor(numbers(tf.util.sizeFromShape(shape), shape.length), shape);
}

/** Integers from −3 to 3. */
export function integers(...shape: number[]): Maker {
  const of = (value: number) => Math.round(value * 3);
  return () => tf.tensor(numbers(tf.util.sizeFromShape(shape), 3).map(of), shape, 'int32');
}

/** Truth values. */
export function truths(...shape: number[]): Maker {
  const of = (value: number) => Number(value > 0.3);
  return () => tf.tensor(numbers(tf.util.sizeFromShape(shape), 1).map(of), shape, 'bool');
}

/** With NaN, infinities, zeros of both signs. */
export const special: Maker = () =>
  tf.tensor1d([1, -0, 0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -2.5, 0.5]);

/** Tensors of every type. */
export const all = (...shape: number[]): [string, Maker][] => [
  ['float32', values(...shape)],
  ['int32', integers(...shape)],
  ['bool', truths(...shape)],
];

/** What is done, and its name. */
export type Case = readonly [name: string, work: () => tf.Tensor | tf.Tensor[]];

async function run(name: string, work: () => tf.Tensor | tf.Tensor[]) {
  await tf.setBackend(name);
  return tf.tidy(() =>
    [work()]
      .flat()
      .map((tensor) => ({ shape: tensor.shape, dtype: tensor.dtype, values: Array.from(tensor.dataSync()) })),
  );
}

/** A test for each case: shapes, types and numbers are those of the cpu backend, whose kernels are not asked. */
export function expectSameAsCpu(cases: readonly Case[]): void {
  test.each(cases)('%s', async (_name, work) => {
    const there = await run('cpu', work);
    const inherit = vi.spyOn(ConvgradBackend.prototype, 'inherit');
    const here = await run(backendName, work);
    expect(inherit).not.toHaveBeenCalled();
    expect(here).toHaveLength(there.length);
    for (const [index, { shape, dtype, values: found }] of here.entries()) {
      const expected = there[index] as (typeof there)[number];
      expect({ shape, dtype }).toEqual({ shape: expected.shape, dtype: expected.dtype });
      for (const [at, value] of found.entries()) {
        const right = expected.values[at] as number;
        const isClose = Math.abs(value - right) <= 2e-6 * Math.max(1, Math.abs(right));
        expect(isClose || Object.is(value, right) || value === right, `${value} at ${at}, expected ${right}`).toBe(
          true,
        );
      }
    }
  });
}
