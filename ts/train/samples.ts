/** The arrays that training, evaluation and prediction run on: checked at the door, then cut into batches. */

import { NonFiniteError, ShapeError, WasmError } from '../errors';
import type { Compiled } from '../model/compiled';
import type { Head } from '../model/heads';
import type { Network } from '../model/network';
import type { Step } from '../model/store';
import type { Buffer } from '../plan/buffer';
import type { Engine, KernelFunction } from '../runtime/kernels';
import { sizeOf } from '../shape';
import { type Tensor, type TensorLike, toBatch } from '../tensor';
import { labelOfHead, type ModelTargets, readTargets, readWeights, type WeightOptions } from './targets';

/** What models take: one array, or for a model with several inputs one for each, in their order. */
export type ModelInputs = TensorLike | readonly TensorLike[];

/** Inputs with their targets. */
export interface Samples {
  /** For each input of the model `[n, …inputShape]`. */
  readonly xs: readonly Tensor[];
  /** For each output that has a loss `[n, …targetShape]`. */
  readonly ys: readonly Tensor[];
  /** For each of them `[n]`, where samples have weights. */
  readonly weights: readonly Tensor[] | undefined;
  /** Number of samples. */
  readonly count: number;
}

/** Checks inputs for a model. @throws {ShapeError} when they do not fit it or each other. */
export function readInputs(network: Network, x: ModelInputs, where: string): readonly Tensor[] {
  const { inputShapes } = network.graph;
  const [only] = inputShapes;
  if (inputShapes.length === 1 && only !== undefined) return [toBatch(x as TensorLike, only, `${where}: x`)];
  if (!Array.isArray(x) || x.length !== inputShapes.length) {
    throw new ShapeError(
      `${where}: expected x to be a list of ${inputShapes.length} arrays, one for each input, got ${Array.isArray(x) ? `${x.length}` : typeof x}`,
    );
  }
  const xs = inputShapes.map((shape, index) => toBatch(x[index] as TensorLike, shape, `${where}: x[${index}]`));
  const counts = xs.map(({ shape }) => shape[0]);
  if (counts.some((count) => count !== counts[0])) {
    throw new ShapeError(`${where}: expected as many samples for every input, got ${counts.join(', ')}`);
  }
  return xs;
}

/** Checks inputs, targets and weights. @throws {ShapeError} when they do not fit the model or each other. */
export function readSamples(
  network: Network,
  compiled: Compiled,
  { x, y, options = {} }: { x: ModelInputs; y: ModelTargets; options?: WeightOptions },
  where: string,
): Samples {
  const xs = readInputs(network, x, where);
  const [first] = xs as readonly [Tensor];
  const ys = readTargets(compiled, y, first.shape, where);
  if (compiled.checkNumerics) {
    for (const [index, tensor] of xs.entries()) {
      checkFinite(tensor, xs.length === 1 ? `${where}: x` : `${where}: x[${index}]`);
    }
    for (const [index, tensor] of ys.entries()) {
      checkFinite(tensor, labelOfHead(compiled.heads[index] as Head, `${where}: y`));
    }
  }
  return { xs, ys, weights: readWeights(compiled, ys, options, where), count: first.shape[0] ?? 0 };
}

/** The samples from `start` up to `end`, without copying. */
export function sliceSamples({ xs, ys, weights }: Samples, start: number, end: number): Samples {
  const slice = (tensors: readonly Tensor[]): Tensor[] => tensors.map((tensor) => sliceTensor(tensor, start, end));
  return { xs: slice(xs), ys: slice(ys), weights: weights && slice(weights), count: end - start };
}

/** Copies samples from `start` into the buffers of a step, as many as its batch. */
export function writeBatch(
  network: Network,
  step: Step,
  { xs, ys = [], weights = [] }: Pick<Samples, 'xs'> & Partial<Pick<Samples, 'ys' | 'weights'>>,
  start: number,
): void {
  const end = start + step.plan.batch;
  const put = (buffer: Buffer | undefined, tensor: Tensor | undefined): void => {
    if (buffer === undefined || tensor === undefined) return;
    network.engine.memory.write(step.executable.addressOf(buffer), sliceTensor(tensor, start, end).data);
  };
  for (const [index, x] of xs.entries()) put(step.inputs[index], x);
  for (const [index, y] of ys.entries()) put(step.heads[index]?.target, y);
  for (const [index, weight] of weights.entries()) put(step.heads[index]?.weights, weight);
}

function sliceTensor({ data, shape }: Tensor, start: number, end: number): Tensor {
  const itemShape = shape.slice(1);
  const size = sizeOf(itemShape);
  return { data: data.subarray(start * size, end * size), shape: [end - start, ...itemShape] };
}

function checkFinite({ data, shape }: Tensor, where: string): void {
  const index = data.findIndex((value) => !Number.isFinite(value));
  if (index < 0) return;
  const sample = Math.floor(index / sizeOf(shape.slice(1)));
  throw new NonFiniteError(`${where}: expected finite numbers, got ${data[index]} in sample ${sample}`);
}

interface StagedArray {
  readonly address: number;
  readonly size: number;
  /** Which of a step's buffers gets its rows. */
  readonly target: (step: Step) => Buffer | undefined;
}

/**
 * Samples that lie in WebAssembly memory for the length of a training, so that a batch in any order is gathered
 * by one kernel call an array and nothing is allocated for it.
 */
export class StagedSamples {
  readonly #engine: Engine;
  readonly #gather: KernelFunction;
  readonly #arrays: readonly StagedArray[];
  readonly #order: number;
  readonly #count: number;

  /** Bytes that samples will take. */
  static bytesOf({ xs, ys, weights = [], count }: Samples): number {
    return [...xs, ...ys, ...weights].reduce((sum, { data }) => sum + data.length * 4, count * 4);
  }

  /** @throws {OutOfMemoryError} when the samples do not fit beside the model. */
  constructor(network: Network, { xs, ys, weights = [], count }: Samples) {
    const { engine } = network;
    this.#engine = engine;
    this.#gather = engine.kernel('gather_rows');
    this.#count = count;
    const sources = [
      ...xs.map((tensor, index) => ({ tensor, target: (step: Step) => step.inputs[index] })),
      ...ys.map((tensor, index) => ({ tensor, target: (step: Step) => step.heads[index]?.target })),
      ...weights.map((tensor, index) => ({ tensor, target: (step: Step) => step.heads[index]?.weights })),
    ];
    const reserved: number[] = [];
    try {
      for (const { tensor } of sources) reserved.push(engine.allocate(tensor.data.length * 4));
      this.#order = engine.allocate(count * 4);
    } catch (error) {
      for (const address of reserved) engine.release(address);
      throw error;
    }
    this.#arrays = sources.map(({ tensor, target }, index) => {
      const address = reserved[index] as number;
      engine.memory.write(address, tensor.data);
      return { address, size: tensor.data.length / count, target };
    });
  }

  /** Sets the order of the samples: a permutation of their numbers. */
  setOrder(order: ArrayLike<number>): void {
    this.#engine.memory.writeWords(this.#order, order);
  }

  /** Gathers the samples at places `start…` of the order into the buffers of a step. */
  load(step: Step, start: number): void {
    const { batch } = step.plan;
    const order = this.#order + start * 4;
    for (let index = 0; index < this.#arrays.length; index++) {
      const { address, size, target } = this.#arrays[index] as StagedArray;
      const to = step.executable.addressOf(target(step) as Buffer);
      const status = this.#gather(batch, size, order, this.#count, address, to);
      if (status !== 0) throw new WasmError('gather_rows', status);
    }
  }

  /** Gives the memory back. */
  release(): void {
    if (this.#engine.crashed) return;
    for (const { address } of this.#arrays) this.#engine.release(address);
    this.#engine.release(this.#order);
  }
}
