/** One step of training on a batch that is at hand. */

import type { Logs } from '../callbacks/callback';
import type { Compiled } from '../model/compiled';
import type { Network } from '../model/network';
import type { Step } from '../model/store';
import { boolean, checkOptions } from '../options';
import type { Buffer } from '../plan/buffer';
import { Counters } from './counters';
import { type ModelInputs, readSamples, writeBatch } from './samples';
import type { ModelTargets, WeightOptions } from './targets';

/** Options of `Model.trainOnBatch`. */
export interface TrainOnBatchOptions extends WeightOptions {
  /** Whether the answer is all numbers by name, as `fit` tells them, instead of the loss. Default false. */
  readonly returnDict?: boolean;
}

/** Trains on a batch. @throws {OptionError | ShapeError | ValueError} when options or data do not fit. */
export function trainBatch(
  network: Network,
  compiled: Compiled,
  { x, y, options }: { x: ModelInputs; y: ModelTargets; options: TrainOnBatchOptions },
): number | Logs {
  const where = `${network.name}.trainOnBatch`;
  checkOptions(where, options, ['sampleWeight', 'classWeight', 'returnDict']);
  const samples = readSamples(network, compiled, { x, y, options }, where);
  const counters = boolean(options.returnDict ?? false, `${where}: returnDict`)
    ? new Counters(compiled, where)
    : undefined;
  const step: Step = network.step(network.nextMode, samples.count, samples.weights !== undefined);
  writeBatch(network, step, samples, 0);
  network.beginTrainingStep();
  step.executable.run(compiled.checkNumerics);
  if (counters === undefined) {
    return network.engine.memory.floats[step.executable.addressOf(step.loss as Buffer) >>> 2] as number;
  }
  const logs: Logs = {};
  counters.count(network, step);
  counters.write(logs);
  return logs;
}
