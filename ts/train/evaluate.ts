/** Runs a model without training it. */

import type { Logs } from '../callbacks/callback';
import type { Compiled } from '../model/compiled';
import type { Network } from '../model/network';
import { checkOptions, positiveInteger } from '../options';
import type { Buffer } from '../plan/buffer';
import { sizeOf } from '../shape';
import type { Tensor } from '../tensor';
import { Counters } from './counters';
import type { DatasetReader } from './dataset';
import { type Samples, writeBatch } from './samples';
import { readBatch } from './source';
import type { WeightOptions } from './targets';

/** Options of `model.evaluate` and `model.predict`. */
export interface BatchOptions {
  /** Samples that are computed at a time. Default 32. */
  readonly batchSize?: number;
}

/** Options of `model.evaluate`. */
export interface EvaluateOptions extends BatchOptions, WeightOptions {}

/** Options of `model.evaluateDataset`. */
export interface EvaluateDatasetOptions {
  /** Batches that are read. Default all. */
  readonly steps?: number;
  /** A factor for the loss of the samples of each class, by the class's number; others count 1. */
  readonly classWeight?: Readonly<Record<number, number>>;
  /** Batches of an asynchronous dataset that are asked for while others are computed. Default 1. */
  readonly prefetch?: number;
  /** Ends it when it is aborted. */
  readonly signal?: AbortSignal;
}

/** The batch size. @throws {OptionError} when an option is unknown or out of range. */
export function readBatchSize(options: BatchOptions, where: string): number {
  checkOptions(where, options, ['batchSize']);
  return positiveInteger(options.batchSize ?? 32, `${where}: batchSize`);
}

/** Loss for one sample and metrics over all samples. */
export function evaluateSamples(
  network: Network,
  compiled: Compiled,
  samples: Samples,
  batchSize: number,
  where: string,
): Logs {
  const counters = new Counters(compiled, where);
  for (let start = 0; start < samples.count; start += batchSize) {
    const step = network.step('evaluate', Math.min(batchSize, samples.count - start), samples.weights !== undefined);
    writeBatch(network, step, samples, start);
    step.executable.run(compiled.checkNumerics);
    counters.count(network, step);
  }
  const logs: Logs = {};
  counters.write(logs);
  return logs;
}

/** Loss for one sample and metrics over the batches of a dataset. */
export async function evaluateReader(
  network: Network,
  compiled: Compiled,
  reader: DatasetReader,
  options: {
    /** Batches. Default all. */
    readonly steps?: number | undefined;
    /** Factors of classes. */
    readonly classWeight?: WeightOptions['classWeight'];
    /** Begins error messages. */
    readonly where: string;
  },
): Promise<Logs> {
  const { where, classWeight } = options;
  const counters = new Counters(compiled, where);
  try {
    reader.begin(options.steps);
    for (let batch = 0; ; batch++) {
      const parts = await reader.next();
      network.assertUsable('evaluateDataset');
      if (parts === undefined) break;
      const samples = readBatch(network, compiled, parts, classWeight, `${where}: batch ${batch}`);
      const step = network.step('evaluate', samples.count, samples.weights !== undefined);
      writeBatch(network, step, samples, 0);
      step.executable.run(compiled.checkNumerics);
      counters.count(network, step);
    }
  } finally {
    reader.close();
  }
  const logs: Logs = {};
  counters.write(logs);
  return logs;
}

/** All outputs for all inputs. */
export function predictInputs(network: Network, xs: readonly Tensor[], batchSize: number): Tensor[] {
  const [count = 0] = xs[0]?.shape ?? [];
  const results = network.graph.outputs.map(({ shape }) => {
    const size = sizeOf(shape);
    return { shape, size, data: new Float32Array(count * size) };
  });
  for (let start = 0; start < count; start += batchSize) {
    const step = network.step('predict', Math.min(batchSize, count - start));
    writeBatch(network, step, { xs }, start);
    step.executable.run(network.compiled?.checkNumerics ?? false);
    for (const [index, { data, size }] of results.entries()) {
      const address = step.executable.addressOf(step.outputs[index] as Buffer);
      data.set(network.engine.memory.read(address, step.plan.batch * size), start * size);
    }
  }
  return results.map(({ data, shape }) => ({ data, shape: [count, ...shape] }));
}
