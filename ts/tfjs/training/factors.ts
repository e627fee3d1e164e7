/** Factors for the losses of samples: their own, those of their classes, and both multiplied, for each output. */

import * as tf from '@tensorflow/tfjs';
import { OptionError, ShapeError, type Tensor } from '../../index';
import { readTensor } from './data';

/** A factor for each sample: for all outputs, or for each as a list or by name; an output without has null or no entry. */
export type SampleWeight = tf.Tensor | readonly (tf.Tensor | null)[] | { readonly [output: string]: tf.Tensor };

/** What outputs count their samples by; undefined where all count alike. */
export type Factors = readonly (Float32Array | undefined)[];

/** The samples' own factors. @throws {OptionError} when there is not one entry for each of several outputs. */
export async function readSampleWeight(
  given: SampleWeight | null | undefined,
  names: readonly string[],
  where: string,
): Promise<Factors> {
  if (given === undefined || given === null) return names.map(() => undefined);
  const read = async (tensor: tf.Tensor | null | undefined): Promise<Float32Array | undefined> =>
    tensor === null || tensor === undefined ? undefined : (await readTensor(tensor, where)).data;
  if (given instanceof tf.Tensor) {
    const data = await read(given);
    return names.map(() => data);
  }
  return Promise.all(
    perOutput(given as NonNullable<typeof given>, names, where).map((each) => read(each as tf.Tensor)),
  );
}

/**
 * The factors of samples by their classes. With one output they come by class, also in a list or under the output's name; with
 * several in a list or by name.
 *
 * @param targets - Those of the outputs.
 * @throws {OptionError} naming a class in the data that has no factor, as `model.fit` does.
 */
export function readClassWeight(
  given: object | null | undefined,
  targets: readonly Tensor[],
  names: readonly string[],
  where: string,
): Factors {
  if (given === undefined || given === null) return names.map(() => undefined);
  const [only] = names;
  const isOne = names.length === 1 && !Array.isArray(given) && !Object.hasOwn(given, only as string);
  const each = isOne ? [given] : perOutput(given, names, where);
  return each.map((weights, output) =>
    weights === null || weights === undefined
      ? undefined
      : weighClasses(weights as Record<string, unknown>, targets[output] as Tensor, where),
  );
}

/** Both factors of each sample. */
export function multiplyFactors(a: Factors, b: Factors): Factors {
  return a.map((left, output) => {
    const right = b[output];
    if (left === undefined || right === undefined) return left ?? right;
    return right.map((value, sample) => value * (left[sample] ?? 1));
  });
}

/** The factors of some of the samples. */
export function sliceFactors(factors: Factors, start: number, end?: number): Factors {
  return factors.map((each) => each?.subarray(start, end));
}

/** As our models take them; undefined where all samples count alike. @param count - Number of samples. */
export function toSampleWeight(factors: Factors, count: number): Float32Array | readonly Float32Array[] | undefined {
  if (factors.every((each) => each === undefined)) return undefined;
  const all = factors.map((each) => each ?? new Float32Array(count).fill(1));
  return all.length === 1 ? all[0] : all;
}

function perOutput(given: object, names: readonly string[], where: string): readonly unknown[] {
  if (Array.isArray(given) && given.length === names.length) return given;
  const isByName = !Array.isArray(given) && Object.keys(given).every((name) => names.includes(name));
  if (isByName) return names.map((name) => (given as Record<string, unknown>)[name]);
  const got = Array.isArray(given) ? `${given.length} entries` : Object.keys(given).join(', ');
  throw new OptionError(`${where}: expected a list or an object with one for each of ${names.join(', ')}, got ${got}`);
}

function weighClasses(weights: Record<string, unknown>, y: Tensor, where: string): Float32Array {
  const count = y.shape[0] ?? 0;
  const width = count === 0 ? 1 : y.data.length / count;
  if (y.shape.length > 2) {
    throw new ShapeError(`${where}: expected targets [n] or [n,classes], got [${y.shape.join(',')}]`);
  }
  return Float32Array.from({ length: count }, (_, sample) => {
    const row = y.data.subarray(sample * width, (sample + 1) * width);
    const label = width === 1 ? (row[0] as number) : row.indexOf(Math.max(...row));
    const weight = weights[label];
    if (typeof weight === 'number') return weight;
    throw new OptionError(`${where}: expected a factor for class ${label}, which sample ${sample} has`);
  });
}
