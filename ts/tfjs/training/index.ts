/** `trainWith`: the arguments and the answer of `model.fit`, with one plan of ours instead of hundreds of kernels a step. */

import * as tf from '@tensorflow/tfjs';
import {
  type FitOptions,
  type Loss,
  type Model,
  modelFromLayersModel,
  OptionError,
  type Predicted,
  StateError,
} from '../../index';
import { artifactsOf } from '../models';
import { type CallbackArgs, makeCallbacks, TheirCallbacks, type YieldEveryOptions } from './callbacks';
import { type Data, formOf, oneOrList, tensorsOf } from './data';
import type { SampleWeight } from './factors';
import { readFitData } from './fitData';
import { type Leaf, leavesOf } from './leaves';
import { translateLosses } from './losses';
import { translateMetrics } from './metrics';
import { pairNames } from './names';
import { translateOptimizer } from './optimizers';
import { countUses, penaltyOf } from './penalties';
import { PairedWeights, trainedWeights } from './weights';

/** Arguments of {@link trainWith}: those of `model.fit` of TensorFlow.js. */
export interface TrainWithArgs {
  /** Samples of a step. Default 32. */
  readonly batchSize?: number;
  /** Number behind the last epoch. Default 1. */
  readonly epochs?: number;
  /** Handed to callbacks, as `model.fit` does; it prints nothing itself either. Default 1. */
  readonly verbose?: 0 | 1 | 2;
  /** Functions, lists of functions or instances of `tf.Callback`. */
  readonly callbacks?: CallbackArgs;
  /** Share of the samples, the last ones, kept for validation. Default 0. */
  readonly validationSplit?: number;
  /** Inputs, targets and, beyond `model.fit`, sample weights for validation. */
  readonly validationData?: readonly [x: Data, y: Data, sampleWeight?: SampleWeight];
  /** Whether each epoch takes the samples in a new order. Default true. */
  readonly shuffle?: boolean;
  /**
   * A factor for the loss of the samples of each class; every class in the data must have one. With several outputs a list or
   * an object by name, where an output without has null or no entry.
   */
  readonly classWeight?: object;
  /**
   * A factor for the loss of each sample, which `model.fit` of 4.22 does not have yet. With several outputs one for all, a list
   * or an object by name.
   */
  readonly sampleWeight?: SampleWeight;
  /** Number of the first epoch. Default 0. */
  readonly initialEpoch?: number;
  /** Most steps of an epoch, which `model.fit` of 4.22 has for datasets only. Default all. */
  readonly stepsPerEpoch?: number;
  /** As `stepsPerEpoch`, for validation. */
  readonly validationSteps?: number;
  /** How often the event loop gets a turn. Default `'auto'`. */
  readonly yieldEvery?: YieldEveryOptions;
}

const known = [
  ...['batchSize', 'epochs', 'verbose', 'callbacks', 'validationSplit', 'validationData', 'shuffle', 'classWeight'],
  ...['sampleWeight', 'initialEpoch', 'stepsPerEpoch', 'validationSteps', 'yieldEvery'],
];

/**
 * Trains a compiled tf.LayersModel as `model.fit` does, but by convgrad's engine, on whatever backend is set. Weights and
 * the optimizer's state are taken from the model and handed back: at the end of each epoch the weights, after the last one,
 * or when a callback has thrown, the optimizer's state too; a `model.fit` or `trainWith` that follows goes on from there.
 *
 * @param model - Compiled; layers as for `fromTfjs`. Optimizers: SGD, momentum, Adam, Adamax, RMSProp, Adagrad, Adadelta, with
 *   TensorFlow.js's formulas and defaults. Metrics: any.
 * @param x - Inputs: a tensor, or for several inputs a list or an object by name.
 * @param y - Targets: a tensor, or for several outputs a list or an object by name.
 * @returns TensorFlow.js's History: `epoch`, `history`, `params`.
 * @throws {OptionError | ShapeError | ValueError} saying what this library does not have or what does not fit; then nothing
 *   was trained.
 * @throws {StateError} before `model.compile` and during another training.
 *
 * @example
 * const { history } = await trainWith(model, x, y, { epochs: 5, batchSize: 128, validationSplit: 0.1 });
 */
export async function trainWith(
  model: tf.LayersModel,
  x: Data,
  y: Data,
  args: TrainWithArgs = {},
): Promise<tf.History> {
  const where = 'trainWith';
  for (const name of Object.keys(args)) {
    if (!known.includes(name)) throw new OptionError(`${where}: expected ${known.join(', ')}, got "${name}"`);
  }
  const core = coreOf(model);
  const guard = core as unknown as { isTraining: boolean };
  if (trainedWeights(core) === undefined) {
    throw new StateError(`${where}: expected a compiled model, call model.compile({ optimizer, loss }) first`);
  }
  if (guard.isTraining) throw new StateError(`${where}: expected a model that is not being trained`);
  guard.isTraining = true;
  let ours: Model<Predicted> | undefined;
  try {
    const artifacts = await artifactsOf(model);
    const leaves = leavesOf(core);
    const modelTopology = countUses(artifacts.modelTopology, leaves);
    ours = modelFromLayersModel<Predicted>({ ...artifacts, modelTopology }, { name: where });
    return await train(core, ours, leaves, { x, y, args }, where);
  } finally {
    guard.isTraining = false;
    ours?.dispose();
  }
}

/** A tf.Sequential has its training done by a tf.LayersModel within it. */
function coreOf(model: tf.LayersModel): tf.LayersModel {
  return (model instanceof tf.Sequential && (model as unknown as { model?: tf.LayersModel }).model) || model;
}

async function train(
  model: tf.LayersModel,
  ours: Model<Predicted>,
  leaves: readonly Leaf[],
  { x, y, args }: { x: Data; y: Data; args: TrainWithArgs },
  where: string,
): Promise<tf.History> {
  const trained = trainedWeights(model);
  const isTrained = ({ layer }: Leaf): boolean => layer.weights.some((weight) => trained.includes(weight));
  const losses = translateLosses(model, where);
  const targets = tensorsOf(y, model.outputNames, `${where}: y`);
  const translated = await translateOptimizer(model.optimizer, tf.backend().epsilon(), `${where}: optimizer`);
  const lossNames = losses.map(({ name }) => name);
  const metrics = translateMetrics(model, lossNames, targets.map(formOf));
  const weights = new PairedWeights(model, ours);
  const loss = oneOrList<Loss>(losses.map((each) => each.loss));
  ours.compile({ optimizer: translated.optimizer, loss, metrics: [...metrics] });
  await weights.takeState(model.optimizer, translated, `${where}: optimizer`);

  const data = await readFitData(model, x, targets, args, where);
  if (losses.some(({ weighable }, output) => !weighable && data.isWeighted[output])) {
    throw new OptionError(
      `${where}: expected no weights of samples or classes with a loss of tf.losses, which is a mean`,
    );
  }
  const made = makeCallbacks(args.callbacks, args.yieldEvery);
  const { batchSize = 32, initialEpoch = 0, verbose = 1 } = args;
  const callbacks = new TheirCallbacks({
    ...{ model, made, weights },
    names: pairNames(model, ours.outputNames, metrics),
    doValidation: data.validationData !== undefined,
    params: { verbose, initialEpoch, batchSize },
    penalty: (ofTrained) => penaltyOf(leaves.filter((leaf) => isTrained(leaf) === ofTrained)),
  });
  const { epochs, shuffle, stepsPerEpoch, validationSteps } = args;
  const options: FitOptions = {
    ...{ batchSize, initialEpoch, callbacks },
    // They shuffle by chance. So do we, but the same way from the same step on.
    seed: model.optimizer.iterations,
    yieldEvery: made.yields ? 'never' : (args.yieldEvery ?? 'auto'),
    ...(epochs !== undefined && { epochs }),
    ...(shuffle !== undefined && { shuffle }),
    ...(stepsPerEpoch !== undefined && { stepsPerEpoch }),
    ...(validationSteps !== undefined && { validationSteps }),
    ...(data.sampleWeight !== undefined && { sampleWeight: data.sampleWeight }),
    ...(data.validationData !== undefined && { validationData: data.validationData }),
  };
  try {
    await ours.fit(data.x, data.y, options);
  } finally {
    weights.push();
    await weights.handState(model.optimizer, translated);
  }
  return callbacks.history;
}
