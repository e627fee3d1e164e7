/** The options of `fit` and `fitDataset`, and everything that is checked before anything changes. */

import { type Callback, checkCallback } from '../callbacks/callback';
import { OptionError } from '../errors';
import type { Compiled } from '../model/compiled';
import type { Network } from '../model/network';
import { boolean, checkOptions, describe, numberIn, positiveInteger, wholeNumber } from '../options';
import { ascending, Random } from '../random';
import { Breather, type YieldEvery } from './breathe';
import type { Course } from './course';
import { type Dataset, DatasetReader } from './dataset';
import { evaluateReader, evaluateSamples } from './evaluate';
import type { Settings } from './fit';
import { type ModelInputs, readSamples, type Samples, sliceSamples } from './samples';
import { ArraySource, DatasetSource } from './source';
import type { ModelTargets, SampleWeights, WeightOptions } from './targets';

/** Options that `fit` and `fitDataset` have in common. */
export interface CommonFitOptions {
  /** Passes over the training samples. Default 1. */
  readonly epochs?: number;
  /**
   * Number of the first epoch, for a training that goes on; `epochs` is the number of the last. Default 0, or after
   * `model.restore` the epoch of the checkpoint.
   */
  readonly initialEpoch?: number;
  /** Most steps of an epoch of arrays, all steps of one of a dataset. Default as many as there are batches. */
  readonly stepsPerEpoch?: number;
  /** As `stepsPerEpoch`, for validation. */
  readonly validationSteps?: number;
  /**
   * A factor for the loss of the samples of each class, by the class's number; others count 1. Only for models with one
   * output.
   */
  readonly classWeight?: Readonly<Record<number, number>>;
  /** Ends training when it is aborted, after the current batch; `fit` then throws its reason. */
  readonly signal?: AbortSignal;
  /** What is told about the course of training. */
  readonly callbacks?: Callback | readonly Callback[];
  /** How often the event loop gets a turn. Default `'auto'`. */
  readonly yieldEvery?: YieldEvery;
}

/** Options of `fit`. */
export interface FitOptions extends CommonFitOptions, WeightOptions {
  /** Samples of a step; the last of an epoch may have fewer. Default 32. */
  readonly batchSize?: number;
  /** Whether each epoch takes the samples in a new order. Default true. */
  readonly shuffle?: boolean;
  /** Where the orders come from. Default the model's seed, continued from one `fit` to the next. */
  readonly seed?: number;
  /** Share of the samples, the last ones, kept for validation. Default 0. */
  readonly validationSplit?: number;
  /** Inputs, targets and, if any, sample weights for validation. Not together with `validationSplit`. */
  readonly validationData?: readonly [x: ModelInputs, y: ModelTargets, sampleWeight?: SampleWeights];
}

/** Options of `fitDataset`. */
export interface FitDatasetOptions extends CommonFitOptions {
  /** The dataset for validation. */
  readonly validationData?: Dataset;
  /** Batches of an asynchronous dataset that are asked for while others are trained. Default 1. */
  readonly prefetch?: number;
}

const common = ['epochs', 'initialEpoch', 'stepsPerEpoch', 'validationSteps', 'classWeight', 'signal', 'callbacks'];
const knownForArrays = [
  ...[...common, 'yieldEvery', 'batchSize', 'shuffle', 'seed', 'validationSplit', 'validationData'],
  'sampleWeight',
];
const knownForDatasets = [...common, 'yieldEvery', 'validationData', 'prefetch'];

/** Everything that `fit` checks. @throws {OptionError | ShapeError | ValueError} saying what does not fit. */
export function readSettings(
  network: Network,
  compiled: Compiled,
  { x, y, options }: { x: ModelInputs; y: ModelTargets; options: FitOptions },
  course: Course,
): Settings {
  const where = `${network.name}.fit`;
  checkOptions(where, options, knownForArrays);
  const shuffle = boolean(options.shuffle ?? true, `${where}: shuffle`);
  const own = options.seed === undefined ? undefined : wholeNumber(options.seed, `${where}: seed`);
  const batchSize = positiveInteger(options.batchSize ?? 32, `${where}: batchSize`);
  const most = atLeastOne(options.stepsPerEpoch, `${where}: stepsPerEpoch`) ?? Number.POSITIVE_INFINITY;
  const validationSteps = atLeastOne(options.validationSteps, `${where}: validationSteps`);
  const samples = readSamples(network, compiled, { x, y, options }, where);
  const { training, validation: all } = split(network, compiled, samples, options, where);
  if (validationSteps !== undefined && all === undefined) {
    throw new OptionError(`${where}: expected validationSplit or validationData with validationSteps, got neither`);
  }
  const validation = all && sliceSamples(all, 0, Math.min(all.count, (validationSteps ?? all.count) * batchSize));
  const steps = Math.min(Math.ceil(training.count / batchSize), most);
  const rest = readCommon(options, course, steps, where);
  const epochsBefore = course.epochs;
  const orderOf = (epoch: number): Uint32Array => {
    if (!shuffle) return ascending(training.count);
    const stream = own === undefined ? epochsBefore + epoch - rest.initialEpoch : epoch;
    return new Random(own ?? network.seed, `shuffle/${stream}`).permutation(training.count);
  };
  return {
    ...rest,
    where,
    params: { epochs: rest.epochs, steps, batchSize, samples: training.count },
    open: () => new ArraySource(network, training, { batchSize, steps, orderOf }),
    validate: validation && (() => evaluateSamples(network, compiled, validation, batchSize, where)),
  };
}

/** Everything that `fitDataset` checks before the first batch. @throws {OptionError} saying what does not fit. */
export function readDatasetSettings(
  network: Network,
  compiled: Compiled,
  dataset: Dataset,
  options: FitDatasetOptions,
  course: Course,
): Settings {
  const where = `${network.name}.fitDataset`;
  checkOptions(where, options, knownForDatasets);
  const { classWeight, signal, validationData } = options;
  const prefetch = wholeNumber(options.prefetch ?? 1, `${where}: prefetch`);
  const steps = atLeastOne(options.stepsPerEpoch, `${where}: stepsPerEpoch`);
  const validationSteps = atLeastOne(options.validationSteps, `${where}: validationSteps`);
  if (validationSteps !== undefined && validationData === undefined) {
    throw new OptionError(`${where}: expected validationData with validationSteps, got none`);
  }
  const rest = readCommon(options, course, steps ?? Number.POSITIVE_INFINITY, where);
  const reader = new DatasetReader(dataset, where, { prefetch, signal });
  const validation =
    validationData === undefined
      ? undefined
      : new DatasetReader(validationData, `${where}: validationData`, { prefetch, signal });
  return {
    ...rest,
    where,
    params: { epochs: rest.epochs, steps, batchSize: undefined, samples: undefined },
    open: () => new DatasetSource(network, compiled, reader, { where, steps, classWeight }),
    validate: validation && (() => evaluateReader(network, compiled, validation, { steps: validationSteps, where })),
  };
}

function readCommon(
  options: CommonFitOptions,
  { resume }: Course,
  steps: number,
  where: string,
): Omit<Settings, 'params' | 'open' | 'validate' | 'where'> {
  const { callbacks = [], signal } = options;
  const list: readonly Callback[] = Array.isArray(callbacks) ? callbacks : [callbacks as Callback];
  for (const callback of list) checkCallback(callback, `${where}: callbacks`);
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function') {
    throw new OptionError(`${where}: signal: expected an AbortSignal, got ${describe(signal)}`);
  }
  const initialEpoch = wholeNumber(options.initialEpoch ?? resume?.epoch ?? 0, `${where}: initialEpoch`);
  const place = resume?.epoch === initialEpoch ? resume : undefined;
  if (place !== undefined && place.step > steps) {
    throw new OptionError(
      `${where}: expected at least ${place.step} steps an epoch, which the checkpoint has made, got ${steps}`,
    );
  }
  return {
    epochs: positiveInteger(options.epochs ?? 1, `${where}: epochs`),
    initialEpoch,
    resume: place,
    signal,
    callbacks: list,
    breather: new Breather(options.yieldEvery ?? 'auto', where),
  };
}

function atLeastOne(value: unknown, what: string): number | undefined {
  return value === undefined ? undefined : positiveInteger(value, what);
}

function split(
  network: Network,
  compiled: Compiled,
  samples: Samples,
  options: FitOptions,
  where: string,
): { training: Samples; validation: Samples | undefined } {
  const share = numberIn(options.validationSplit ?? 0, 0, 1, `${where}: validationSplit`);
  const { validationData } = options;
  if (validationData !== undefined) {
    if (share !== 0) throw new OptionError(`${where}: expected validationSplit or validationData, got both`);
    if (!Array.isArray(validationData) || validationData.length < 2 || validationData.length > 3) {
      throw new OptionError(
        `${where}: validationData: expected [x, y] or [x, y, sampleWeight], got ${describe(validationData)}`,
      );
    }
    const [x, y, sampleWeight] = validationData as NonNullable<FitOptions['validationData']>;
    const weights = sampleWeight && { sampleWeight };
    const validation = readSamples(network, compiled, { x, y, options: { ...weights } }, `${where}: validationData`);
    return { training: samples, validation };
  }
  if (share === 0) return { training: samples, validation: undefined };
  // Keras's rule: the last samples, before any shuffling.
  const first = Math.floor(samples.count * (1 - share));
  if (first === 0 || first === samples.count) {
    throw new OptionError(
      `${where}: expected validationSplit to leave samples on both sides, got ${share} of ${samples.count}`,
    );
  }
  return {
    training: sliceSamples(samples, 0, first),
    validation: sliceSamples(samples, first, samples.count),
  };
}
