/** The training loop. */

import type { Callback, Logs, TrainedModel } from '../callbacks/callback';
import { OptionError } from '../errors';
import type { Compiled, Network } from '../model/network';
import { boolean, checkOptions, numberIn, positiveInteger, wholeNumber } from '../options';
import { Random } from '../random';
import type { TensorLike } from '../tensor';
import { Breather, type YieldEvery } from './breathe';
import { Counters } from './counters';
import type { Course, Place } from './course';
import { evaluateSamples } from './evaluate';
import { appendEpoch, type History } from './history';
import {
  type ModelInputs,
  readSamples,
  type Samples,
  StagedSamples,
  sliceSamples,
  type WeightOptions,
} from './samples';

/** Options of `fit`. */
export interface FitOptions extends WeightOptions {
  /** Samples of a step; the last of an epoch may have fewer. Default 32. */
  readonly batchSize?: number;
  /** Passes over the training samples. Default 1. */
  readonly epochs?: number;
  /** Whether each epoch takes the samples in a new order. Default true. */
  readonly shuffle?: boolean;
  /** Where the orders come from. Default the model's seed, continued from one `fit` to the next. */
  readonly seed?: number;
  /** Share of the samples, the last ones, kept for validation. Default 0. */
  readonly validationSplit?: number;
  /** Inputs and targets for validation. Not together with `validationSplit`. */
  readonly validationData?: readonly [ModelInputs, TensorLike];
  /**
   * Number of the first epoch, for a training that goes on; `epochs` is the number of the last. Default 0, or after
   * `model.restore` the epoch of the checkpoint.
   */
  readonly initialEpoch?: number;
  /** Most steps of an epoch. Default as many as the samples give. */
  readonly stepsPerEpoch?: number;
  /** Ends training when it is aborted, after the current batch; `fit` then throws its reason. */
  readonly signal?: AbortSignal;
  /** What is told about the course of training. */
  readonly callbacks?: Callback | readonly Callback[];
  /** How often the event loop gets a turn. Default `'auto'`. */
  readonly yieldEvery?: YieldEvery;
}

const known = [
  'batchSize',
  'epochs',
  'shuffle',
  'seed',
  'validationSplit',
  'validationData',
  'callbacks',
  'yieldEvery',
  'sampleWeight',
  'classWeight',
  'initialEpoch',
  'stepsPerEpoch',
  'signal',
];

interface Settings {
  readonly batchSize: number;
  readonly epochs: number;
  readonly initialEpoch: number;
  readonly stepsPerEpoch: number;
  /** Where the first epoch begins; undefined for its first step. */
  readonly resume: Place | undefined;
  readonly signal: AbortSignal | undefined;
  readonly training: Samples;
  readonly validation: Samples | undefined;
  readonly callbacks: readonly Callback[];
  readonly breather: Breather;
  /** The order of an epoch's samples. */
  readonly orderOf: (epoch: number) => Uint32Array;
}

/** Everything that `fit` checks before anything changes. */
export function readSettings(
  network: Network,
  compiled: Compiled,
  { x, y, options }: { x: ModelInputs; y: TensorLike; options: FitOptions },
  course: Course,
): Settings {
  const where = `${network.name}.fit`;
  checkOptions(where, options, known);
  const samples = readSamples(network, compiled, { x, y, options }, where);
  const { training, validation } = split(network, compiled, samples, options, where);
  const shuffle = boolean(options.shuffle ?? true, `${where}: shuffle`);
  const own = options.seed === undefined ? undefined : wholeNumber(options.seed, `${where}: seed`);
  const { callbacks = [] } = options;
  const { resume } = course;
  const initialEpoch = wholeNumber(options.initialEpoch ?? resume?.epoch ?? 0, `${where}: initialEpoch`);
  const batchSize = positiveInteger(options.batchSize ?? 32, `${where}: batchSize`);
  const stepsPerEpoch = Math.min(
    Math.ceil(training.count / batchSize),
    positiveInteger(options.stepsPerEpoch ?? Number.MAX_SAFE_INTEGER, `${where}: stepsPerEpoch`),
  );
  if (resume?.epoch === initialEpoch && resume.step > stepsPerEpoch) {
    throw new OptionError(
      `${where}: expected at least ${resume.step} steps an epoch, which the checkpoint has made, got ${stepsPerEpoch}`,
    );
  }
  const epochsBefore = course.epochs;
  return {
    batchSize,
    epochs: positiveInteger(options.epochs ?? 1, `${where}: epochs`),
    initialEpoch,
    stepsPerEpoch,
    resume: resume?.epoch === initialEpoch ? resume : undefined,
    signal: options.signal,
    training,
    validation,
    callbacks: Array.isArray(callbacks) ? callbacks : [callbacks as Callback],
    breather: new Breather(options.yieldEvery ?? 'auto', where),
    orderOf: (epoch) => {
      if (!shuffle) return Uint32Array.from({ length: training.count }, (_, index) => index);
      const stream = own === undefined ? epochsBefore + epoch - initialEpoch : epoch;
      return new Random(own ?? network.seed, `shuffle/${stream}`).permutation(training.count);
    },
  };
}

function split(
  network: Network,
  compiled: Compiled,
  samples: Samples,
  options: FitOptions,
  where: string,
): { training: Samples; validation: Samples | undefined } {
  const share = numberIn(options.validationSplit ?? 0, 0, 1, `${where}: validationSplit`);
  if (options.validationData !== undefined) {
    if (share !== 0) throw new OptionError(`${where}: expected validationSplit or validationData, got both`);
    const [x, y] = options.validationData;
    return { training: samples, validation: readSamples(network, compiled, { x, y }, `${where}: validationData`) };
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

/** Trains. The model's weights are where the last step left them, also when a callback throws. */
export async function runFit(
  network: Network,
  compiled: Compiled,
  model: TrainedModel,
  settings: Settings,
  course: Course,
): Promise<History> {
  const { training, validation, callbacks, breather, batchSize, epochs, initialEpoch, stepsPerEpoch: steps } = settings;
  const history: History = { epoch: [], history: {} };
  const counters = new Counters(network, compiled, `${network.name}.fit`);
  const staged = new StagedSamples(network, training);
  let logs: Logs = {};
  course.begin(counters);
  try {
    const params = { epochs, steps, batchSize, samples: training.count };
    for (const callback of callbacks) await callback.onTrainBegin?.(model, params);
    for (let epoch = initialEpoch; epoch < epochs && !model.stopTraining; epoch++) {
      settings.signal?.throwIfAborted();
      for (const callback of callbacks) await callback.onEpochBegin?.(epoch);
      staged.setOrder(settings.orderOf(epoch));
      course.epoch = epoch;
      course.step = epoch === initialEpoch ? (settings.resume?.step ?? 0) : 0;
      counters.restore(epoch === initialEpoch ? (settings.resume?.counts ?? []) : []);
      await runEpoch(network, compiled, model, settings, { staged, counters, course });
      course.epochs++;
      course.epoch = epoch + 1;
      course.step = 0;
      logs = {};
      counters.write(logs);
      if (validation !== undefined) {
        const values = evaluateSamples(network, compiled, validation, batchSize, `${network.name}.fit`);
        for (const [name, value] of Object.entries(values)) logs[`val_${name}`] = value;
      }
      for (const callback of callbacks) await callback.onEpochEnd?.(epoch, logs);
      // After the callbacks, as in Keras: what they add to the numbers is part of the history.
      appendEpoch(history, epoch, logs);
      if (breather.dueAfterEpoch) await breather.breathe();
      network.assertUsable('fit');
    }
    for (const callback of callbacks) await callback.onTrainEnd?.(logs);
    course.end();
    return history;
  } finally {
    staged.release();
  }
}

async function runEpoch(
  network: Network,
  compiled: Compiled,
  model: TrainedModel,
  { training, callbacks, breather, batchSize, stepsPerEpoch, signal }: Settings,
  { staged, counters, course }: { staged: StagedSamples; counters: Counters; course: Course },
): Promise<void> {
  const begins = callbacks.filter((callback) => callback.onBatchBegin !== undefined);
  const ends = callbacks.filter((callback) => callback.onBatchEnd !== undefined);
  const weighted = training.weights !== undefined;
  const full = network.step('train', Math.min(batchSize, training.count), weighted);
  const logs: Logs = {};
  for (let batch = course.step; batch < stepsPerEpoch && !model.stopTraining; batch++) {
    const start = batch * batchSize;
    signal?.throwIfAborted();
    for (const callback of begins) {
      const wait = callback.onBatchBegin?.(batch);
      if (wait !== undefined) await wait;
    }
    // A callback may have disposed the model; its memory must not come back.
    network.assertUsable('fit');
    const size = Math.min(batchSize, training.count - start);
    const step = size === full.plan.batch ? full : network.step('train', size, weighted);
    step.executable.prepare();
    staged.load(step, start);
    network.beginTrainingStep();
    step.executable.run(compiled.checkNumerics);
    counters.count(network, step);
    course.step = batch + 1;
    if (ends.length > 0) {
      counters.write(logs);
      logs.batch = batch;
      logs.size = size;
      for (const callback of ends) {
        const wait = callback.onBatchEnd?.(batch, logs);
        if (wait !== undefined) await wait;
      }
    }
    if (breather.due) await breather.breathe();
    network.assertUsable('fit');
  }
}
