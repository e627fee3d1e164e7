/** The arrays that training, evaluation and prediction run on: checked at the door, then cut into batches. */

import { NonFiniteError, OptionError, ShapeError, ValueError, WasmError } from '../errors';
import { lossOf } from '../model/lossMetric';
import type { Compiled, Network, Step } from '../model/network';
import { checkOptions, describe, numberIn } from '../options';
import type { Buffer } from '../plan/buffer';
import type { Engine, KernelFunction } from '../runtime/kernels';
import { formatShape, sizeOf } from '../shape';
import { type Tensor, type TensorLike, toBatch } from '../tensor';

/** What models take: one array, or for a model with several inputs one for each, in their order. */
export type ModelInputs = TensorLike | readonly TensorLike[];

/** Weights of samples, as in Keras. */
export interface WeightOptions {
  /** A factor for the loss of each sample. Default 1 for all. */
  readonly sampleWeight?: ArrayLike<number>;
  /** A factor for the loss of the samples of each class, by the class's number; others count 1. */
  readonly classWeight?: Readonly<Record<number, number>>;
}

/** Inputs with their targets. */
export interface Samples {
  /** For each input of the model `[n, …inputShape]`. */
  readonly xs: readonly Tensor[];
  /** `[n, …targetShape]` */
  readonly y: Tensor;
  /** `[n]`, where samples have weights. */
  readonly weights: Tensor | undefined;
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
  { x, y, options = {} }: { x: ModelInputs; y: TensorLike; options?: WeightOptions },
  where: string,
): Samples {
  const xs = readInputs(network, x, where);
  const [first] = xs as readonly [Tensor];
  const targetShape = compiled.loss.targetShape(network.graph.outputShape, where);
  const targets = toBatch(y, targetShape, `${where}: y`);
  const [count = 0] = first.shape;
  if (targets.shape[0] !== count) {
    throw new ShapeError(
      `${where}: expected as many targets as inputs, got x ${formatShape(first.shape)} and y ${formatShape(targets.shape)}`,
    );
  }
  for (const loss of [compiled.loss, ...compiled.metrics.map(lossOf)]) {
    loss?.checkTargets?.(targets.data, network.graph.outputShape, `${where}: y`);
  }
  if (compiled.checkNumerics) {
    for (const [index, tensor] of xs.entries()) {
      checkFinite(tensor, xs.length === 1 ? `${where}: x` : `${where}: x[${index}]`);
    }
    checkFinite(targets, `${where}: y`);
  }
  return { xs, y: targets, weights: readWeights(targets, count, options, where), count };
}

/** The factor of each sample; undefined when none was given. */
function readWeights(y: Tensor, count: number, options: WeightOptions, where: string): Tensor | undefined {
  const { sampleWeight, classWeight } = options;
  if (sampleWeight === undefined && classWeight === undefined) return undefined;
  const data = new Float32Array(count).fill(1);
  if (sampleWeight !== undefined) {
    if (sampleWeight === null || sampleWeight.length !== count) {
      throw new ShapeError(`${where}: expected sampleWeight with ${count} values, got ${sampleWeight?.length}`);
    }
    data.set(sampleWeight);
  }
  if (classWeight !== undefined) {
    checkClassWeight(classWeight, where);
    const width = y.data.length / count;
    for (let sample = 0; sample < count; sample++) {
      const row = y.data.subarray(sample * width, (sample + 1) * width);
      // One-hot targets name their class by the place of the largest.
      const label = width === 1 ? (row[0] as number) : row.indexOf(Math.max(...row));
      data[sample] = (data[sample] as number) * (classWeight[label] ?? 1);
    }
  }
  const bad = data.findIndex((value) => !(value >= 0 && Number.isFinite(value)));
  if (bad >= 0) throw new ValueError(`${where}: expected weights ≥ 0, got ${data[bad]} for sample ${bad}`);
  return { data, shape: [count] };
}

function checkClassWeight(classWeight: unknown, where: string): void {
  checkOptions(`${where}: classWeight`, classWeight, Object.keys(classWeight ?? {}));
  for (const [label, value] of Object.entries(classWeight as object)) {
    if (!/^(0|[1-9]\d*)$/.test(label)) {
      throw new OptionError(`${where}: classWeight: expected numbers of classes, got ${describe(label)}`);
    }
    numberIn(value, 0, Number.POSITIVE_INFINITY, `${where}: classWeight: class ${label}`);
  }
}

/** The samples from `start` up to `end`, without copying. */
export function sliceSamples({ xs, y, weights }: Samples, start: number, end: number): Samples {
  return {
    xs: xs.map((x) => sliceTensor(x, start, end)),
    y: sliceTensor(y, start, end),
    weights: weights && sliceTensor(weights, start, end),
    count: end - start,
  };
}

/** Copies samples from `start` into the buffers of a step, as many as its batch. */
export function writeBatch(
  network: Network,
  step: Step,
  { xs, y, weights }: { xs: readonly Tensor[]; y?: Tensor; weights?: Tensor | undefined },
  start: number,
): void {
  const end = start + step.plan.batch;
  const put = (buffer: Buffer | undefined, tensor: Tensor | undefined): void => {
    if (buffer === undefined || tensor === undefined) return;
    network.engine.memory.write(step.executable.addressOf(buffer), sliceTensor(tensor, start, end).data);
  };
  for (const [index, x] of xs.entries()) put(step.inputs[index], x);
  put(step.target, y);
  put(step.weights, weights);
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

  /** @throws {OutOfMemoryError} when the samples do not fit beside the model. */
  constructor(network: Network, { xs, y, weights, count }: Samples) {
    const { engine } = network;
    this.#engine = engine;
    this.#gather = engine.kernel('gather_rows');
    this.#count = count;
    const sources = [
      ...xs.map((tensor, index) => ({ tensor, target: (step: Step) => step.inputs[index] })),
      { tensor: y, target: (step: Step) => step.target },
      ...(weights === undefined ? [] : [{ tensor: weights, target: (step: Step) => step.weights }]),
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
