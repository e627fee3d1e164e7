/** Metrics of TensorFlow.js as ours: the common ones counted here, all others asked of their own functions batch by batch. */

import * as tf from '@tensorflow/tfjs';
import {
  binaryCrossentropy,
  categoricalAccuracy,
  categoricalCrossentropy,
  type Loss,
  type Metric,
  type MetricLike,
  meanAbsoluteError,
  meanSquaredError,
  sparseCategoricalAccuracy,
  sparseCategoricalCrossentropy,
} from '../../index';
import { namesOf } from './names';

type MetricFunction = (yTrue: tf.Tensor, yPred: tf.Tensor) => tf.Tensor;

/** What metrics see of the targets. */
export interface TargetForm {
  /** Shape of one sample's target, as the user gave it. */
  readonly shape: readonly number[];
  /** Its type. */
  readonly dtype: tf.DataType;
}

/** Losses that are also metrics, by the names and functions that `compile` takes. */
const lossesByName: Readonly<Record<string, () => Loss>> = {
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
  mse: meanSquaredError,
  MSE: meanSquaredError,
  mae: meanAbsoluteError,
  MAE: meanAbsoluteError,
};
const lossesByFunction: readonly (readonly [unknown, () => Loss])[] = [
  ...[tf.metrics.meanSquaredError, tf.metrics.mse, tf.metrics.MSE].map((given) => [given, meanSquaredError] as const),
  [tf.metrics.meanAbsoluteError, meanAbsoluteError],
  [tf.metrics.categoricalCrossentropy, categoricalCrossentropy],
  [tf.metrics.binaryCrossentropy, binaryCrossentropy],
];

/**
 * Ours for the metrics of a compiled model, a list for each output in the order and under the names of theirs.
 *
 * @param losses - Names of the outputs' losses, as `compile` was given them.
 * @param targets - Those of the outputs.
 */
export function translateMetrics(
  model: tf.LayersModel,
  losses: readonly (string | undefined)[],
  targets: readonly TargetForm[],
): readonly (readonly MetricLike[])[] {
  const names = namesOf(model);
  // With several outputs their losses stand first.
  let place = names.length - 1 - metricsOf(model).flat().length;
  return metricsOf(model).map((list, output) =>
    list.map((given): MetricLike => {
      const theirs = model.metricsTensors[place]?.[0] as MetricFunction;
      const name = names[++place] as string;
      const target = targets[output] as TargetForm;
      const width = model.outputs[output]?.shape.at(-1);
      return { ...translate(given, theirs, { width, loss: losses[output], target }), name };
    }),
  );
}

/** What `compile` was given, a list for each output. */
function metricsOf(model: tf.LayersModel): readonly (readonly unknown[])[] {
  const { metrics } = model as unknown as { metrics?: unknown };
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);
  return model.outputNames.map((name) => {
    if (metrics === null || metrics === undefined) return [];
    if (Array.isArray(metrics) || typeof metrics !== 'object') return list(metrics);
    return Object.hasOwn(metrics, name) ? list((metrics as Record<string, unknown>)[name]) : [];
  });
}

function translate(
  given: unknown,
  theirs: MetricFunction,
  { width, loss: lossName, target }: { width: number | null | undefined; loss: string | undefined; target: TargetForm },
): Metric | Loss {
  const isBinary = width === 1 || lossName === 'binaryCrossentropy';
  const isSparse = lossName === 'sparseCategoricalCrossentropy';
  if (given === 'accuracy' || given === 'acc') {
    if (isBinary) return binaryAccuracy();
    return isSparse ? sparseCategoricalAccuracy() : categoricalAccuracy();
  }
  if (given === 'crossentropy' || given === 'ce') {
    if (isBinary) return binaryCrossentropy();
    return isSparse ? sparseCategoricalCrossentropy() : categoricalCrossentropy();
  }
  if (given === 'binaryAccuracy' || given === tf.metrics.binaryAccuracy) return binaryAccuracy();
  if (given === 'categoricalAccuracy' || given === tf.metrics.categoricalAccuracy) return categoricalAccuracy();
  if (given === tf.metrics.sparseCategoricalAccuracy) return sparseCategoricalAccuracy();
  const loss =
    typeof given === 'string' && Object.hasOwn(lossesByName, given)
      ? lossesByName[given]
      : lossesByFunction.find(([each]) => each === given)?.[1];
  return loss === undefined ? asked(theirs, target) : loss();
}

/** Means over batches, weighted by their sizes. */
function meanOverBatches(of: (outputs: Float32Array, targets: Float32Array, batch: number) => number): Metric {
  return {
    name: 'mean',
    counter(outputShape, targetShape) {
      const [size, targetSize] = [outputShape, targetShape].map((shape) => shape.reduce((a, b) => a * b, 1)) as [
        number,
        number,
      ];
      let total = 0;
      let samples = 0;
      return {
        reset() {
          total = 0;
          samples = 0;
        },
        update(outputs, outputStart, targets, targetStart, batch) {
          const output = outputs.subarray(outputStart, outputStart + batch * size);
          total += batch * of(output, targets.subarray(targetStart, targetStart + batch * targetSize), batch);
          samples += batch;
        },
        result: () => total / samples,
      };
    },
  };
}

/** Share of outputs that are, cut at 1/2, equal to their targets. Ours compares sides, which differs for soft targets. */
function binaryAccuracy(): Metric {
  return meanOverBatches((outputs, targets) => {
    let hits = 0;
    for (let index = 0; index < outputs.length; index++) {
      if (Number((outputs[index] as number) > 0.5) === targets[index]) hits++;
    }
    return hits / outputs.length;
  });
}

/** The mean of what a function of tensors answers, on the backend that is set. */
function asked(metric: MetricFunction, { shape, dtype }: TargetForm): Metric {
  const make = (outputShape: readonly number[]): Metric =>
    meanOverBatches((outputs, targets, batch) => {
      // Copies: tensors may be made in the memory that these are windows on.
      const [values, labels] = [outputs.slice(), targets.slice()];
      return tf.tidy(() => {
        const yTrue = tf.cast(tf.tensor(labels, [batch, ...shape]), dtype);
        return tf.mean(metric(yTrue, tf.tensor(values, [batch, ...outputShape]))).dataSync()[0] as number;
      });
    });
  return { name: 'asked', counter: (outputShape, ...rest) => make(outputShape).counter(outputShape, ...rest) };
}
