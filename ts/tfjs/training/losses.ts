/** Losses of TensorFlow.js as ours. */

import * as tf from '@tensorflow/tfjs';
import {
  binaryCrossentropy,
  binaryCrossentropyFromLogits,
  categoricalCrossentropy,
  categoricalCrossentropyFromLogits,
  categoricalHinge,
  cosineSimilarity,
  hinge,
  huber,
  kullbackLeiblerDivergence,
  type Loss,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  OptionError,
  poisson,
  sparseCategoricalCrossentropy,
  squaredHinge,
} from '../../index';

type LossFunction = (yTrue: tf.Tensor, yPred: tf.Tensor) => tf.Tensor;

/** By the names that `model.compile` takes. */
const byName: Readonly<Record<string, () => Loss>> = {
  meanSquaredError,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredLogarithmicError,
  squaredHinge,
  hinge,
  categoricalHinge,
  logcosh: logCosh,
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
  binaryCrossentropy,
  kullbackLeiblerDivergence,
  poisson,
  cosineProximity: cosineSimilarity,
};

/** Functions of `tf.metrics`, whose results are one number a sample. */
const bySample: readonly (readonly [unknown, () => Loss])[] = [
  ...[tf.metrics.meanSquaredError, tf.metrics.mse, tf.metrics.MSE].map((given) => [given, meanSquaredError] as const),
  ...[tf.metrics.meanAbsolutePercentageError, tf.metrics.mape, tf.metrics.MAPE].map(
    (given) => [given, meanAbsolutePercentageError] as const,
  ),
  [tf.metrics.meanAbsoluteError, meanAbsoluteError],
  [tf.metrics.cosineProximity, cosineSimilarity],
  [tf.metrics.categoricalCrossentropy, categoricalCrossentropy],
  [tf.metrics.binaryCrossentropy, binaryCrossentropy],
];

/** Functions of `tf.losses`, whose results are means over the batch. */
const byBatch: readonly (readonly [unknown, () => Loss])[] = [
  [tf.losses.meanSquaredError, meanSquaredError],
  [tf.losses.absoluteDifference, meanAbsoluteError],
  [tf.losses.huberLoss, huber],
  [tf.losses.softmaxCrossEntropy, categoricalCrossentropyFromLogits],
  [tf.losses.sigmoidCrossEntropy, binaryCrossentropyFromLogits],
];

/** A loss, translated. */
export interface TranslatedLoss {
  /** Ours. */
  readonly loss: Loss;
  /** The name that `model.compile` was given; undefined for a function. */
  readonly name: string | undefined;
  /** Whether samples may have weights: not where a function of `tf.losses` has already taken their mean. */
  readonly weighable: boolean;
}

/** Ours for the losses of a compiled model, one for each output. @throws {OptionError} naming one that this library does not have. */
export function translateLosses(model: tf.LayersModel, where: string): readonly TranslatedLoss[] {
  const { outputNames: names } = model;
  const given = model.loss as unknown;
  return names.map((name, index) => {
    const own = names.length === 1 ? where : `${where}: output "${name}"`;
    if (Array.isArray(given)) return translate(given[index], own);
    const isByName = given !== null && typeof given === 'object';
    return translate(isByName ? (given as Record<string, unknown>)[name] : given, own);
  });
}

function translate(given: unknown, where: string): TranslatedLoss {
  if (typeof given === 'string' && Object.hasOwn(byName, given)) {
    return { loss: (byName[given] as () => Loss)(), name: given, weighable: true };
  }
  const own = bySample.find(([theirs]) => theirs === given);
  if (own !== undefined) return { loss: own[1](), name: undefined, weighable: true };
  const mean = byBatch.find(([theirs]) => theirs === given);
  if (mean !== undefined) return { loss: mean[1](), name: undefined, weighable: false };
  const got = typeof given === 'function' ? `the function "${(given as LossFunction).name}"` : JSON.stringify(given);
  throw new OptionError(
    `${where}: loss: expected one of ${Object.keys(byName).join(', ')}, the same of tf.metrics, or of tf.losses meanSquaredError, absoluteDifference, huberLoss, softmaxCrossEntropy, sigmoidCrossEntropy, got ${got}`,
  );
}
