/** Steps of TensorFlow.js's optimizers that are ours while our backend is set: theirs, with one kernel for each weight. */

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { backendName, registerBackend } from '../../ts/tfjs';
import { numbers } from './curves';

beforeAll(() => registerBackend());

const optimizers: readonly (readonly [string, () => tf.Optimizer])[] = [
  ['sgd', () => tf.train.sgd(0.1)],
  ['momentum', () => tf.train.momentum(0.1, 0.9)],
  ['nesterov', () => tf.train.momentum(0.1, 0.9, true)],
  ['momentum 0', () => tf.train.momentum(0.1, 0)],
  ['adam', () => tf.train.adam(0.1)],
  ['adam with options', () => tf.train.adam(0.1, 0.8, 0.95, 0.01)],
  ['adamax', () => tf.train.adamax(0.1)],
  ['adamax with decay', () => tf.train.adamax(0.1, 0.8, 0.95, 0.01, 0.5)],
  ['rmsprop', () => tf.train.rmsprop(0.1)],
  ['rmsprop with momentum', () => tf.train.rmsprop(0.1, 0.8, 0.5, 0.01)],
  ['rmsprop, centered', () => tf.train.rmsprop(0.1, 0.8, 0.5, 1e-5, true)],
  ['adagrad', () => tf.train.adagrad(0.1)],
  ['adagrad from 1', () => tf.train.adagrad(0.1, 1)],
  ['adadelta', () => tf.train.adadelta(0.5)],
  ['adadelta with options', () => tf.train.adadelta(0.5, 0.8, 0.01)],
];

/** Two weights, of which the second has a gradient in every other step only. */
class Problem {
  readonly weights = [tf.variable(tf.tensor2d(numbers(35, 1), [5, 7])), tf.variable(tf.tensor1d(numbers(3, 2)))];
  #steps = 0;

  /** One step, whose gradients are the weights' own and those of a product. */
  step(optimizer: tf.Optimizer): void {
    const [matrix, row] = this.weights as [tf.Variable, tf.Variable];
    const both = this.#steps++ % 2 === 0;
    optimizer.minimize(() => {
      const ofMatrix = matrix.square().sum();
      return (both ? ofMatrix.add(row.mul(tf.tensor1d([1, -2, 0.5])).sum()) : ofMatrix) as tf.Scalar;
    });
  }

  values(): number[] {
    return this.weights.flatMap((weight) => Array.from(weight.dataSync()));
  }

  dispose(): void {
    tf.dispose(this.weights);
  }
}

/** The weights after each step, on the backend that each step names. */
async function steps(backends: readonly string[], make: () => tf.Optimizer): Promise<number[][]> {
  await tf.setBackend(backends[0] as string);
  const [problem, optimizer] = [new Problem(), make()];
  const found: number[][] = [];
  for (const name of backends) {
    await tf.setBackend(name);
    problem.step(optimizer);
    found.push(problem.values());
  }
  expect(optimizer.iterations).toBe(backends.length);
  problem.dispose();
  optimizer.dispose();
  return found;
}

function expectClose(here: readonly number[][], there: readonly number[][]): void {
  for (const [step, found] of here.entries()) {
    for (const [at, value] of found.entries()) {
      const right = there[step]?.[at] as number;
      expect(Math.abs(value - right), `step ${step}, ${value} for ${right}`).toBeLessThanOrEqual(5e-6);
    }
  }
}

const repeated = (name: string): string[] => Array.from({ length: 6 }, () => name);

describe.each(optimizers)('%s', (_name, make) => {
  test('steps as on the cpu backend', async () => {
    const [here, there] = [await steps(repeated(backendName), make), await steps(repeated('cpu'), make)];
    expectClose(here, there);
    expect(here[5]).not.toEqual(here[0]);
  });

  test('goes on from steps on another backend, and the other way', async () => {
    const turns = ['cpu', backendName, backendName, 'cpu', 'cpu', backendName];
    expectClose(await steps(turns, make), await steps(repeated('cpu'), make));
  });

  test('keeps what it keeps under the same names', async () => {
    const kept = async (backend: string) => {
      await tf.setBackend(backend);
      tf.engine().startScope();
      const [problem, optimizer] = [new Problem(), make()];
      for (let step = 0; step < 3; step++) problem.step(optimizer);
      // Adamax cannot be asked.
      const weights = optimizer.getClassName() === 'Adamax' ? [] : await optimizer.getWeights();
      const ids = problem.weights.map(({ name }) => name);
      const found = weights.map(({ name, tensor: { shape } }) => ({
        name: ids.reduce((text, id, index) => text.replace(id, `weight ${index}`), name),
        shape,
      }));
      optimizer.dispose();
      problem.dispose();
      tf.engine().endScope();
      return found;
    };
    expect(await kept(backendName)).toEqual(await kept('cpu'));
  });

  test('takes one kernel for each weight and no memory', async () => {
    await tf.setBackend(backendName);
    const [problem, optimizer] = [new Problem(), make()];
    problem.step(optimizer);
    problem.step(optimizer);
    const { numTensors, numBytes } = tf.memory();
    const { kernels } = await tf.profile(() => problem.step(optimizer));
    const names = kernels.map(({ name }) => name);
    for (const name of ['Sqrt', 'RealDiv', 'Abs', 'Maximum']) expect(names).not.toContain(name);
    for (let step = 0; step < 8; step++) problem.step(optimizer);
    expect(tf.memory()).toMatchObject({ numTensors, numBytes });
    optimizer.dispose();
    problem.dispose();
  });
});

test('tensors that share a weight’s data keep their numbers', async () => {
  await tf.setBackend(backendName);
  const [problem, optimizer] = [new Problem(), tf.train.adam(0.1)];
  const [weight] = problem.weights as [tf.Variable];
  const [clone, flat] = [weight.clone(), weight.reshape([35])];
  problem.step(optimizer);
  expect(clone.dataSync()).toEqual(numbers(35, 1));
  expect(flat.dataSync()).toEqual(numbers(35, 1));
  expect(weight.dataSync()).not.toEqual(numbers(35, 1));
  const { numTensors, numBytes } = tf.memory();
  tf.dispose([clone, flat]);
  expect(tf.memory()).toMatchObject({ numTensors: numTensors - 2, numBytes: numBytes - 2 * 4 * 35 });
  problem.dispose();
  optimizer.dispose();
});

test('the learning rate may change between steps', async () => {
  const rates = async (backend: string) => {
    await tf.setBackend(backend);
    const found: number[][] = [];
    for (const optimizer of [tf.train.sgd(0.1), tf.train.adam(0.1)]) {
      const problem = new Problem();
      problem.step(optimizer);
      if ('setLearningRate' in optimizer) optimizer.setLearningRate(0.01);
      else (optimizer as unknown as { learningRate: number }).learningRate = 0.01;
      problem.step(optimizer);
      found.push(problem.values());
      problem.dispose();
      optimizer.dispose();
    }
    return found;
  };
  expectClose(await rates(backendName), await rates('cpu'));
});

test('gradients of a list, and of shapes that do not fit, which stay TensorFlow.js’s', async () => {
  await tf.setBackend(backendName);
  const weight = tf.variable(tf.tensor1d([1, 2, 3]));
  const optimizer = tf.train.sgd(0.5);
  optimizer.applyGradients([{ name: weight.name, tensor: tf.tensor1d([2, 4, 6]) }]);
  expect(Array.from(weight.dataSync())).toEqual([0, 0, 0]);
  optimizer.applyGradients({ [weight.name]: tf.scalar(2) });
  expect(Array.from(weight.dataSync())).toEqual([-1, -1, -1]);
  expect(() => optimizer.applyGradients({ [weight.name]: tf.tensor1d([1, 2]) })).toThrow('shape');
  const gone = tf.tensor1d([1, 2, 3]);
  gone.dispose();
  expect(() => optimizer.applyGradients({ [weight.name]: gone })).toThrow();
  expect(Array.from(weight.dataSync())).toEqual([-1, -1, -1]);
  weight.dispose();
  optimizer.dispose();
});
