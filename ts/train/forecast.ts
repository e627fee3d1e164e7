/** The options of `model.memoryForecast` and `model.plan`. */

import type { PartConfig } from '../config';
import { OptionError } from '../errors';
import type { Compiled } from '../model/compiled';
import type { MemoryForecast } from '../model/forecast';
import type { HeadOptions } from '../model/heads';
import type { Network } from '../model/network';
import type { Optimizer } from '../optimizers/optimizer';
import { type OptimizerName, toOptimizer } from '../optimizers/registry';
import { checkOptions, describe, positiveInteger, wholeNumber } from '../options';
import { readCompileOptions } from './compile';

/** Options of `model.memoryForecast`. */
export interface MemoryForecastOptions {
  /** Samples of a step. Default 32. */
  readonly batchSize?: number;
  /** What the step does. Default `'train'`. */
  readonly mode?: 'train' | 'evaluate' | 'predict';
  /** Samples that `fit` is given, which lie in memory while it runs. Default 0. */
  readonly samples?: number;
  /** Default what `compile` was given, before it `'adam'`. */
  readonly optimizer?: OptimizerName | Optimizer | PartConfig;
  /** Default what `compile` was given, before it `'meanSquaredError'`. */
  readonly loss?: HeadOptions['loss'];
}

/** Options of `model.plan`. */
export interface PlanOptions {
  /** Samples of a step. Default 32. */
  readonly batchSize?: number;
  /** What the step does. Default `'train'`. */
  readonly mode?: 'train' | 'evaluate' | 'predict';
}

/** Takes the mode out of the options. @throws {OptionError} when an option is unknown. */
export function readPlanOptions(
  options: PlanOptions,
  where: string,
): Required<Pick<PlanOptions, 'mode'>> & PlanOptions {
  checkOptions(where, options, ['batchSize', 'mode']);
  return { ...options, mode: readMode(options.mode, where) };
}

function readMode(mode: unknown, where: string): 'train' | 'evaluate' | 'predict' {
  if (mode === undefined || mode === 'train' || mode === 'evaluate' || mode === 'predict') return mode ?? 'train';
  throw new OptionError(`${where}: expected mode "train", "evaluate" or "predict", got ${describe(mode)}`);
}

/** The bytes of a model. @throws {OptionError} when an option does not fit. */
export function forecastModel(network: Network, options: MemoryForecastOptions): MemoryForecast {
  const where = `${network.name}.memoryForecast`;
  checkOptions(where, options, ['batchSize', 'mode', 'samples', 'optimizer', 'loss']);
  const batch = positiveInteger(options.batchSize ?? 32, `${where}: batchSize`);
  const samples = wholeNumber(options.samples ?? 0, `${where}: samples`);
  const mode = readMode(options.mode, where);
  const kind = { mode, batch, weighted: false };
  return network.forecast(kind, compiledWith(network, mode, options, where), samples);
}

/** What `compile` would be given. A model that is only asked to predict needs nothing. */
function compiledWith(
  network: Network,
  mode: string,
  options: MemoryForecastOptions,
  where: string,
): Compiled | undefined {
  const { compiled } = network;
  const { optimizer, loss } = options;
  if (optimizer === undefined && loss === undefined && (compiled !== undefined || mode === 'predict')) return compiled;
  if (loss === undefined && compiled !== undefined) {
    return { ...compiled, optimizer: toOptimizer(optimizer ?? compiled.optimizer, where) };
  }
  const given = { optimizer: optimizer ?? compiled?.optimizer ?? 'adam', loss: loss ?? 'meanSquaredError' } as const;
  return readCompileOptions(network, given, where);
}
