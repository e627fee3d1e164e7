/** What `model.fit` of TensorFlow.js takes as data, as arrays. */

import * as tf from '@tensorflow/tfjs';
import { OptionError, ShapeError, type Tensor } from '../../index';
import type { TargetForm } from './metrics';

/** Inputs or targets: a tensor, one for each name, or by name. */
export type Data = tf.Tensor | tf.Tensor[] | { [name: string]: tf.Tensor };

/** The arrays of `data` in the order of `names`. @throws {OptionError} when one is missing or is no tensor of numbers. */
export async function readData(data: Data, names: readonly string[], where: string): Promise<readonly Tensor[]> {
  return Promise.all(tensorsOf(data, names, where).map((tensor) => readTensor(tensor, where)));
}

/** The one target. */
export function targetTensor(y: Data, names: readonly string[], where: string): tf.Tensor {
  return tensorsOf(y, names, where)[0] as tf.Tensor;
}

/** What metrics see of targets. Flat ones get a dimension, as `model.fit` gives them one. */
export function formOf({ shape, dtype }: tf.Tensor): TargetForm {
  return { shape: shape.length === 1 ? [1] : shape.slice(1), dtype };
}

function tensorsOf(data: Data, names: readonly string[], where: string): readonly tf.Tensor[] {
  const isDictionary =
    !(data instanceof tf.Tensor) && !Array.isArray(data) && data !== null && typeof data === 'object';
  const list = isDictionary ? names.map((name) => data[name]) : Array.isArray(data) ? data : [data];
  if (list.length !== names.length || !list.every((each) => each instanceof tf.Tensor)) {
    const wanted = names.length === 1 ? 'a tensor' : `tensors for ${names.join(', ')}`;
    const got = isDictionary ? Object.keys(data).join(', ') : list.map((each) => typeof each).join(', ');
    throw new OptionError(`${where}: expected ${wanted}, got ${got}`);
  }
  return list as tf.Tensor[];
}

/** A tensor's numbers as float32. @throws {OptionError} when it has none. */
export async function readTensor(tensor: tf.Tensor, where: string): Promise<Tensor> {
  if (tensor.dtype === 'string' || tensor.dtype === 'complex64') {
    throw new OptionError(`${where}: expected a tensor of numbers, got ${tensor.dtype}`);
  }
  const values = await tensor.data();
  return { data: values instanceof Float32Array ? values : Float32Array.from(values), shape: tensor.shape };
}

/** The samples from `start` to `end`, without copying. */
export function sliceBatch({ data, shape }: Tensor, start: number, end: number): Tensor {
  const size = shape.slice(1).reduce((a, b) => a * b, 1);
  return { data: data.subarray(start * size, end * size), shape: [end - start, ...shape.slice(1)] };
}

/**
 * The factor of each sample by its class.
 *
 * @param classWeight - By class; also in a list of one, or under the output's name.
 * @throws {OptionError} naming a class in the data that has no factor, as `model.fit` does.
 */
export function weighClasses(classWeight: unknown, y: Tensor, output: string, where: string): Float32Array {
  const given = Array.isArray(classWeight) ? classWeight[0] : classWeight;
  const weights = ((given as Record<string, unknown>)[output] ?? given) as Record<string, number>;
  const count = y.shape[0] ?? 0;
  const width = count === 0 ? 1 : y.data.length / count;
  if (y.shape.length > 2) {
    throw new ShapeError(`${where}: classWeight: expected targets [n] or [n,classes], got [${y.shape.join(',')}]`);
  }
  return Float32Array.from({ length: count }, (_, sample) => {
    const row = y.data.subarray(sample * width, (sample + 1) * width);
    const label = width === 1 ? (row[0] as number) : row.indexOf(Math.max(...row));
    const weight = weights[label];
    if (typeof weight === 'number') return weight;
    throw new OptionError(`${where}: classWeight: expected a factor for class ${label}, which sample ${sample} has`);
  });
}
