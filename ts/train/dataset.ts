/** Datasets: batches that come one after the other, from a list, a generator, a file, the network. */

import { OptionError, ShapeError, ValueError } from '../errors';
import { describe } from '../options';
import type { ModelInputs } from './samples';
import type { ModelTargets, SampleWeights } from './targets';

/** A batch: inputs, targets and, if any, weights of the samples; or TensorFlow.js's `{ xs, ys }`. */
export type Batch =
  | readonly [x: ModelInputs, y: ModelTargets, sampleWeight?: SampleWeights]
  | { readonly xs: ModelInputs; readonly ys: ModelTargets; readonly sampleWeight?: SampleWeights };

/**
 * Batches: an iterable or async iterable, which every epoch goes through anew; a function that answers one, such as a
 * generator function, called for every epoch; or an iterator, such as a running generator, which goes on from epoch to epoch.
 */
export type Dataset =
  | Iterable<Batch>
  | AsyncIterable<Batch>
  | Iterator<Batch>
  | AsyncIterator<Batch>
  | (() => Iterable<Batch> | AsyncIterable<Batch>);

/** A batch, taken apart. */
export interface BatchParts {
  /** Inputs. */
  readonly x: ModelInputs;
  /** Targets. */
  readonly y: ModelTargets;
  /** Weights of the samples. */
  readonly sampleWeight: SampleWeights | undefined;
}

type Result = IteratorResult<Batch, unknown>;

/** Options of {@link DatasetReader}. */
export interface ReaderOptions {
  /** Batches that are asked for before they are needed. */
  readonly prefetch: number;
  /** Ends a wait for a batch. */
  readonly signal: AbortSignal | undefined;
}

/** Reads a dataset epoch by epoch. */
export class DatasetReader {
  readonly #dataset: Dataset;
  readonly #where: string;
  readonly #prefetch: number;
  readonly #signal: AbortSignal | undefined;
  #iterator: Iterator<Batch> | AsyncIterator<Batch> | undefined;
  #ahead: (Result | Promise<Result>)[] = [];
  #steps = Number.POSITIVE_INFINITY;
  #asked = 0;
  #read = 0;

  /** @throws {OptionError} when `dataset` is none. */
  constructor(dataset: Dataset, where: string, { prefetch, signal }: ReaderOptions) {
    const isObject = typeof dataset === 'object' && dataset !== null;
    const has = (name: PropertyKey): boolean =>
      typeof (dataset as unknown as Record<PropertyKey, unknown>)[name] === 'function';
    if (typeof dataset !== 'function' && !(isObject && [Symbol.iterator, Symbol.asyncIterator, 'next'].some(has))) {
      throw new OptionError(
        `${where}: expected the dataset to be an iterable, an iterator or a generator function, got ${describe(dataset)}`,
      );
    }
    this.#dataset = dataset;
    this.#where = where;
    this.#prefetch = prefetch;
    this.#signal = signal;
  }

  /** Begins an epoch. @param steps - Batches that will be read; default all. */
  begin(steps = Number.POSITIVE_INFINITY): void {
    if (this.#iterator !== this.#dataset) {
      this.close();
      this.#iterator = open(this.#dataset, this.#where);
    }
    this.#steps = steps;
    this.#asked = 0;
    this.#read = 0;
  }

  /**
   * The next batch; undefined after the last.
   *
   * @throws {ValueError} when the dataset ends before the steps of its epoch, or has no batch at all.
   * @throws {ShapeError} when it gives something else than batches.
   */
  async next(): Promise<BatchParts | undefined> {
    if (this.#read >= this.#steps) return undefined;
    this.#ask();
    const result = await this.#wait(this.#ahead.shift() as Result | Promise<Result>);
    if (result.done === true) {
      if (this.#read === 0 || this.#steps < Number.POSITIVE_INFINITY) {
        const expected = this.#steps < Number.POSITIVE_INFINITY ? `${this.#steps} batches an epoch` : 'a batch';
        throw new ValueError(`${this.#where}: expected ${expected}, got ${this.#read} and then the dataset's end`);
      }
      return undefined;
    }
    return takeApart(result.value, `${this.#where}: batch ${this.#read++}`);
  }

  /** Ends what was begun here; an iterator of the caller's stays as it is. */
  close(): void {
    const iterator = this.#iterator;
    this.#iterator = undefined;
    this.#ahead = [];
    if (iterator === undefined || iterator === this.#dataset) return;
    // Not awaited: a generator that waits for its source would hold the caller.
    const ended: unknown = iterator.return?.();
    if (isPromise(ended)) ended.catch(() => {});
  }

  /** Asks for this batch and the next ones; those of a synchronous dataset cost time and are taken one by one. */
  #ask(): void {
    while (this.#asked < this.#steps && this.#ahead.length <= this.#prefetch) {
      const result = (this.#iterator as Iterator<Batch>).next() as Result | Promise<Result>;
      this.#asked++;
      this.#ahead.push(result);
      if (!isPromise(result)) return;
      // It is awaited later, perhaps never; then its failure is nobody's.
      result.catch(() => {});
    }
  }

  async #wait(result: Result | Promise<Result>): Promise<Result> {
    const signal = this.#signal;
    signal?.throwIfAborted();
    if (signal === undefined || !isPromise(result)) return result;
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      result.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    });
  }
}

function isPromise(value: unknown): value is Promise<Result> {
  return typeof (value as Promise<Result> | undefined)?.then === 'function';
}

function open(dataset: Dataset, where: string): Iterator<Batch> | AsyncIterator<Batch> {
  const made = (typeof dataset === 'function' ? dataset() : dataset) as Partial<
    Iterable<Batch> & AsyncIterable<Batch> & Iterator<Batch>
  >;
  if (typeof made?.[Symbol.asyncIterator] === 'function') return (made as AsyncIterable<Batch>)[Symbol.asyncIterator]();
  if (typeof made?.[Symbol.iterator] === 'function') return (made as Iterable<Batch>)[Symbol.iterator]();
  if (typeof made?.next === 'function') return made as Iterator<Batch>;
  throw new OptionError(`${where}: expected the dataset's function to answer an iterable, got ${describe(made)}`);
}

function takeApart(batch: Batch, where: string): BatchParts {
  if (Array.isArray(batch) && (batch.length === 2 || batch.length === 3)) {
    const [x, y, sampleWeight] = batch as readonly [ModelInputs, ModelTargets, SampleWeights | undefined];
    return { x, y, sampleWeight };
  }
  if (batch !== null && typeof batch === 'object' && 'xs' in batch && 'ys' in batch) {
    return { x: batch.xs, y: batch.ys, sampleWeight: batch.sampleWeight };
  }
  const got = Array.isArray(batch) ? `a list of ${batch.length}` : describe(batch);
  throw new ShapeError(`${where}: expected [x, y], [x, y, sampleWeight] or { xs, ys }, got ${got}`);
}
