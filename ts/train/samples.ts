/** The arrays that training, evaluation and prediction run on: checked at the door, then cut into batches. */

import { NonFiniteError, ShapeError, WasmError } from '../errors';
import type { Compiled, Network, Step } from '../model/network';
import type { Buffer } from '../plan/buffer';
import type { Engine, KernelFunction } from '../runtime/kernels';
import { formatShape, sizeOf } from '../shape';
import { type Tensor, type TensorLike, toBatch } from '../tensor';

/** Inputs with their targets. */
export interface Samples {
  /** `[n, …inputShape]` */
  readonly x: Tensor;
  /** `[n, …targetShape]` */
  readonly y: Tensor;
  /** Number of samples. */
  readonly count: number;
}

/** Checks inputs for a model. @throws {ShapeError} when they do not fit it. */
export function readInputs(network: Network, x: TensorLike, where: string): Tensor {
  const [inputShape] = network.graph.inputShapes;
  return toBatch(x, inputShape ?? [], `${where}: x`);
}

/** Checks inputs and targets. @throws {ShapeError} when they do not fit the model or each other. */
export function readSamples(
  network: Network,
  compiled: Compiled,
  x: TensorLike,
  y: TensorLike,
  where: string,
): Samples {
  const inputs = readInputs(network, x, where);
  const targetShape = compiled.loss.targetShape(network.graph.outputShape, where);
  const targets = toBatch(y, targetShape, `${where}: y`);
  const [count = 0] = inputs.shape;
  if (targets.shape[0] !== count) {
    throw new ShapeError(
      `${where}: expected as many targets as inputs, got x ${formatShape(inputs.shape)} and y ${formatShape(targets.shape)}`,
    );
  }
  compiled.loss.checkTargets?.(targets.data, network.graph.outputShape, `${where}: y`);
  if (compiled.checkNumerics) {
    checkFinite(inputs, `${where}: x`);
    checkFinite(targets, `${where}: y`);
  }
  return { x: inputs, y: targets, count };
}

/** The samples from `start` up to `end`, without copying. */
export function sliceSamples({ x, y }: Samples, start: number, end: number): Samples {
  return { x: sliceTensor(x, start, end), y: sliceTensor(y, start, end), count: end - start };
}

/** Copies samples from `start` into the buffers of a step, as many as its batch. */
export function writeBatch(network: Network, step: Step, x: Tensor, y: Tensor | undefined, start: number): void {
  const end = start + step.plan.batch;
  const put = (buffer: Buffer | undefined, tensor: Tensor | undefined): void => {
    if (buffer === undefined || tensor === undefined) return;
    network.engine.memory.write(step.executable.addressOf(buffer), sliceTensor(tensor, start, end).data);
  };
  put(step.inputs[0], x);
  put(step.target, y);
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

/**
 * Samples that lie in WebAssembly memory for the length of a training, so that a batch in any order is gathered
 * by one kernel call and nothing is allocated for it.
 */
export class StagedSamples {
  readonly #engine: Engine;
  readonly #gather: KernelFunction;
  readonly #x: number;
  readonly #y: number;
  readonly #order: number;
  readonly #count: number;
  readonly #xSize: number;
  readonly #ySize: number;

  /** @throws {OutOfMemoryError} when the samples do not fit beside the model. */
  constructor(network: Network, samples: Samples) {
    const { engine } = network;
    this.#engine = engine;
    this.#gather = engine.kernel('gather_rows');
    this.#count = samples.count;
    this.#xSize = sizeOf(samples.x.shape.slice(1));
    this.#ySize = sizeOf(samples.y.shape.slice(1));
    const reserved: number[] = [];
    try {
      for (const length of [samples.x.data.length, samples.y.data.length, samples.count]) {
        reserved.push(engine.allocate(length * 4));
      }
    } catch (error) {
      for (const address of reserved) engine.release(address);
      throw error;
    }
    [this.#x, this.#y, this.#order] = reserved as [number, number, number];
    engine.memory.write(this.#x, samples.x.data);
    engine.memory.write(this.#y, samples.y.data);
  }

  /** Sets the order of the samples: a permutation of their numbers. */
  setOrder(order: ArrayLike<number>): void {
    this.#engine.memory.writeWords(this.#order, order);
  }

  /** Gathers the samples at places `start…` of the order into the buffers of a step. */
  load(step: Step, start: number): void {
    const { batch } = step.plan;
    const order = this.#order + start * 4;
    const x = step.executable.addressOf(step.inputs[0] as Buffer);
    const y = step.executable.addressOf(step.target as Buffer);
    const status =
      this.#gather(batch, this.#xSize, order, this.#count, this.#x, x) ||
      this.#gather(batch, this.#ySize, order, this.#count, this.#y, y);
    if (status !== 0) throw new WasmError('gather_rows', status);
  }

  /** Gives the memory back. */
  release(): void {
    if (this.#engine.crashed) return;
    for (const address of [this.#x, this.#y, this.#order]) this.#engine.release(address);
  }
}
