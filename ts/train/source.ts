/** Where the batches of `fit` come from: arrays that lie in memory as a whole, or a dataset. */

import type { Compiled } from '../model/compiled';
import type { Network } from '../model/network';
import type { Step } from '../model/store';
import type { BatchParts, DatasetReader } from './dataset';
import { readSamples, type Samples, StagedSamples, writeBatch } from './samples';
import type { WeightOptions } from './targets';

/** Batches, epoch by epoch. */
export interface Source {
  /** Begins an epoch. @param step - Batches of it that were already trained. */
  begin(epoch: number, step: number): void | Promise<void>;
  /** Whether there is another batch in this epoch; it is at hand then. */
  fetch(batch: number): boolean | Promise<boolean>;
  /** Puts the batch into its step. */
  load(batch: number): Step;
  /** Gives back what was taken. */
  release(): void;
}

/** Arrays in an order of each epoch; nothing is allocated for a batch. */
export class ArraySource implements Source {
  readonly #network: Network;
  readonly #samples: Samples;
  readonly #settings: { readonly batchSize: number; readonly steps: number; orderOf(epoch: number): Uint32Array };
  readonly #staged: StagedSamples;
  /** The steps of a full batch. */
  readonly #full: { train?: Step; accumulate?: Step } = {};

  /** @throws {OutOfMemoryError} when the samples do not fit beside the model. */
  constructor(
    network: Network,
    samples: Samples,
    settings: {
      /** Samples of a step. */
      readonly batchSize: number;
      /** Steps of an epoch. */
      readonly steps: number;
      /** The order of an epoch's samples. */
      orderOf(epoch: number): Uint32Array;
    },
  ) {
    this.#network = network;
    this.#samples = samples;
    this.#settings = settings;
    const batch = Math.min(settings.batchSize, samples.count);
    const kind = { mode: network.nextMode, batch, weighted: samples.weights !== undefined };
    network.checkStep(kind, StagedSamples.bytesOf(samples));
    this.#staged = new StagedSamples(network, samples);
  }

  /** Sets the order of the samples. */
  begin(epoch: number): void {
    this.#staged.setOrder(this.#settings.orderOf(epoch));
  }

  /** Whether there is another batch. */
  fetch(batch: number): boolean {
    return batch < this.#settings.steps;
  }

  /** Gathers the samples of a batch. */
  load(batch: number): Step {
    const { batchSize } = this.#settings;
    const { count, weights } = this.#samples;
    const start = batch * batchSize;
    const size = Math.min(batchSize, count - start);
    const mode = this.#network.nextMode;
    // Looking a step up makes a text; this is done for the short last batch only.
    let step = size === Math.min(batchSize, count) ? this.#full[mode] : undefined;
    if (step === undefined) {
      step = this.#network.step(mode, size, weights !== undefined);
      if (size === Math.min(batchSize, count)) this.#full[mode] = step;
    }
    step.executable.prepare();
    this.#staged.load(step, start);
    return step;
  }

  /** Gives the memory of the samples back. */
  release(): void {
    this.#staged.release();
  }
}

/** A dataset. */
export class DatasetSource implements Source {
  readonly #network: Network;
  readonly #compiled: Compiled;
  readonly #reader: DatasetReader;
  readonly #settings: {
    readonly where: string;
    readonly steps: number | undefined;
    readonly classWeight: WeightOptions['classWeight'];
  };
  #samples: Samples | undefined;

  constructor(
    network: Network,
    compiled: Compiled,
    reader: DatasetReader,
    settings: {
      /** Begins error messages. */
      readonly where: string;
      /** Steps of an epoch, if given. */
      readonly steps: number | undefined;
      /** Factors of classes. */
      readonly classWeight: WeightOptions['classWeight'];
    },
  ) {
    this.#network = network;
    this.#compiled = compiled;
    this.#reader = reader;
    this.#settings = settings;
  }

  /** Begins the dataset anew, and passes over the batches that were already trained. */
  async begin(_epoch: number, step: number): Promise<void> {
    this.#reader.begin(this.#settings.steps);
    for (let batch = 0; batch < step; batch++) await this.#reader.next();
  }

  /** Waits for the next batch and checks it. */
  async fetch(batch: number): Promise<boolean> {
    const parts = await this.#reader.next();
    this.#network.assertUsable('fitDataset');
    if (parts === undefined) return false;
    const { where, classWeight } = this.#settings;
    this.#samples = readBatch(this.#network, this.#compiled, parts, classWeight, `${where}: batch ${batch}`);
    return true;
  }

  /** Writes the batch into its step. */
  load(): Step {
    const samples = this.#samples as Samples;
    const step = this.#network.step(this.#network.nextMode, samples.count, samples.weights !== undefined);
    writeBatch(this.#network, step, samples, 0);
    return step;
  }

  /** Ends the dataset. */
  release(): void {
    this.#reader.close();
  }
}

/** Checks a batch of a dataset. @throws {ShapeError} when it does not fit. */
export function readBatch(
  network: Network,
  compiled: Compiled,
  { x, y, sampleWeight }: BatchParts,
  classWeight: WeightOptions['classWeight'],
  where: string,
): Samples {
  const options: WeightOptions = {
    ...(sampleWeight !== undefined && { sampleWeight }),
    ...(classWeight !== undefined && { classWeight }),
  };
  return readSamples(network, compiled, { x, y, options }, where);
}
