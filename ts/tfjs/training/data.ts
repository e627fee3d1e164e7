/** What `model.fit` of TensorFlow.js takes as data, as arrays. */

import * as tf from '@tensorflow/tfjs';
import { OptionError, type Tensor } from '../../index';
import type { TargetForm } from './metrics';

/** Inputs or targets: a tensor, one for each name, or by name. */
export type Data = tf.Tensor | tf.Tensor[] | { [name: string]: tf.Tensor };

/** The arrays of `data` in the order of `names`. @throws {OptionError} when one is missing or is no tensor of numbers. */
export async function readData(data: Data, names: readonly string[], where: string): Promise<readonly Tensor[]> {
  return Promise.all(tensorsOf(data, names, where).map((tensor) => readTensor(tensor, where)));
}

/** One or a list of them, as our models take them. */
export function oneOrList<T>(list: readonly T[]): T | readonly T[] {
  return list.length === 1 ? (list[0] as T) : list;
}

/** What metrics see of targets. Flat ones get a dimension, as `model.fit` gives them one. */
export function formOf({ shape, dtype }: tf.Tensor): TargetForm {
  return { shape: shape.length === 1 ? [1] : shape.slice(1), dtype };
}

/** The tensors of `data` in the order of `names`. @throws {OptionError} when one is missing. */
export function tensorsOf(data: Data, names: readonly string[], where: string): readonly tf.Tensor[] {
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
