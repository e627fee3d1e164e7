/** What a kernel of ours is for TensorFlow.js, and what all of them use. */

import { type NamedTensorInfoMap, type TensorInfo, util } from '@tensorflow/tfjs';
import type { ConvgradBackend } from '../backend';

/** One call of a kernel. */
export interface KernelCall {
  /** Tensors by the name that tfjs's kernel has for them. */
  readonly inputs: NamedTensorInfoMap;
  /** Everything else, by name. */
  // biome-ignore lint/suspicious/noExplicitAny: tfjs leaves the attributes of its kernels untyped
  readonly attrs: Record<string, any>;
  /** The backend that the tensors belong to. */
  readonly backend: ConvgradBackend;
}

/** A kernel; answers nothing when it leaves these arguments to the cpu backend's kernel. */
export type HotKernel = (call: KernelCall) => TensorInfo | TensorInfo[] | undefined;

/** Kernels by tfjs's names. */
export type HotKernels = readonly (readonly [name: string, kernel: HotKernel])[];

/** Whether all tensors are float32 and have elements. */
export function areFloats(backend: ConvgradBackend, ...tensors: (TensorInfo | undefined)[]): boolean {
  return tensors.every((tensor) => tensor === undefined || typeOf(backend, tensor) === 'float32');
}

/** Types whose elements lie in WebAssembly memory. */
export type NumericType = 'float32' | 'int32' | 'bool';

/**
 * Type of a tensor whose elements lie in WebAssembly memory as that type; nothing for others, for empty ones, and for those
 * whose data the cpu backend shares under another type.
 */
export function typeOf(backend: ConvgradBackend, tensor: TensorInfo): NumericType | undefined {
  const { dtype } = tensor;
  if (size(tensor) === 0 || (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')) return undefined;
  return backend.data.get(tensor.dataId).dtype === dtype ? dtype : undefined;
}

/** Product of dimensions. */
export function product(dimensions: readonly number[]): number {
  return dimensions.reduce((total, dimension) => total * dimension, 1);
}

/** Number of elements. */
export function size(tensor: TensorInfo): number {
  return util.sizeFromShape(tensor.shape);
}

/** Runs `work` with scratch memory that is given back at its end. */
export function withScratch<T>(backend: ConvgradBackend, floats: number, work: (address: number) => T): T {
  const { engine } = backend;
  const address = engine.allocate(Math.max(floats, 1) * 4, 'anything');
  try {
    return work(address);
  } finally {
    if (!engine.crashed) engine.release(address);
  }
}

/** Like {@link withScratch}, filled with the words of a geometry. */
export function withWords<T>(backend: ConvgradBackend, words: readonly number[], work: (address: number) => T): T {
  return withScratch(backend, words.length, (address) => {
    backend.engine.memory.writeWords(address, words);
    return work(address);
  });
}
