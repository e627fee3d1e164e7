/** The seed's network in double precision, in plain loops, and the cases that JAX computed. */

import { readFileSync } from 'node:fs';
import { conv2d, dense, flatten, type Model, sequential, sgd } from '../../ts';
import { numbers } from '../support/numbers';

/** A case of test/reference/seed.json. */
export interface SeedCase {
  readonly filters: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly loss: number;
  readonly filterGradient: number[];
  readonly weightGradient: number[];
  readonly biasGradient: number[];
  readonly curve: number[];
}

/** What JAX computed, see test/reference/seed.py. */
export const cases = (
  JSON.parse(readFileSync(new URL('../reference/seed.json', import.meta.url), 'utf8')) as { cases: SeedCase[] }
).cases;

/** Parameters and data of a case. */
export interface SeedInputs {
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** [3,3,1,k] */
  readonly f: ArrayLike<number>;
  /** [400k,1] */
  readonly w: ArrayLike<number>;
  readonly b: ArrayLike<number>;
}

/** The inputs of test/reference/seed.py. */
export function seedInputs(k: number, batch: number): SeedInputs {
  return {
    x: numbers(1, batch * 484).map((value) => (value + 1) / 2),
    f: numbers(2, 9 * k).map((value) => value * 0.5),
    w: numbers(3, 400 * k).map((value) => value * 0.125),
    b: numbers(4, 1).map((value) => value * 0.5),
    y: numbers(5, batch).map((value) => (value > 0 ? 1 : 0)),
  };
}

/** The same network of the library, with the weights of the inputs. */
export function seedModel(k: number, inputs: SeedInputs, learningRate: number): Model {
  const model = sequential({
    inputShape: [22, 22, 1],
    layers: [
      conv2d({ filters: k, kernelSize: 3, activation: 'sigmoid', useBias: false }),
      flatten(),
      dense({ units: 1, activation: 'sigmoid' }),
    ],
  });
  model.compile({ optimizer: sgd({ learningRate }), loss: 'halfSquaredError' });
  model.setWeights([
    { data: inputs.f, shape: [3, 3, 1, k] },
    { data: inputs.w, shape: [400 * k, 1] },
    { data: inputs.b, shape: [1] },
  ]);
  return model;
}

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

/** E and, in the matrix form of the seed, dE/df, dE/dW and dE/db, in double precision. */
export function referenceStep(k: number, batch: number, { x, f, w, b, y }: SeedInputs) {
  const width = 400 * k;
  const h1 = new Float64Array(batch * width);
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < 20; i++) {
      for (let j = 0; j < 20; j++) {
        for (let o = 0; o < k; o++) {
          let z = 0;
          for (let p = 0; p < 3; p++) {
            for (let q = 0; q < 3; q++) {
              z += (x[n * 484 + (i + p) * 22 + j + q] as number) * (f[(p * 3 + q) * k + o] as number);
            }
          }
          h1[n * width + (i * 20 + j) * k + o] = sigmoid(z);
        }
      }
    }
  }
  let loss = 0;
  const delta = new Float64Array(batch);
  for (let n = 0; n < batch; n++) {
    let z = b[0] as number;
    for (let index = 0; index < width; index++) z += (h1[n * width + index] as number) * (w[index] as number);
    const o = sigmoid(z);
    loss += ((y[n] as number) - o) ** 2 / 2;
    delta[n] = (o - (y[n] as number)) * o * (1 - o);
  }
  const weightGradient = new Float64Array(width);
  const filterGradient = new Float64Array(9 * k);
  for (let n = 0; n < batch; n++) {
    const d = delta[n] as number;
    for (let index = 0; index < width; index++) {
      const h = h1[n * width + index] as number;
      weightGradient[index] = (weightGradient[index] as number) + h * d;
      const dz = (w[index] as number) * d * h * (1 - h);
      const o = index % k;
      const pixel = Math.floor(index / k);
      const at = n * 484 + Math.floor(pixel / 20) * 22 + (pixel % 20);
      for (let tap = 0; tap < 9; tap++) {
        const value = x[at + Math.floor(tap / 3) * 22 + (tap % 3)] as number;
        filterGradient[tap * k + o] = (filterGradient[tap * k + o] as number) + value * dz;
      }
    }
  }
  return { loss, filterGradient, weightGradient, biasGradient: Float64Array.of(delta.reduce((a, c) => a + c, 0)) };
}
