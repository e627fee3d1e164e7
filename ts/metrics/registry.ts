/** The metrics by their names, and as data. */

import { fromFullConfig, type PartConfig, toPart } from '../config';
import { accuracy, binaryAccuracy, categoricalAccuracy, sparseCategoricalAccuracy } from './accuracy';
import { auc } from './auc';
import { f1Score, precision, recall } from './decisions';
import { meanIoU } from './meanIoU';
import type { Metric } from './metric';
import { r2Score, rootMeanSquaredError } from './regression';
import { sparseTopKCategoricalAccuracy, topKCategoricalAccuracy } from './topK';

/** Every metric by its name in options. */
export const metrics = {
  accuracy,
  binaryAccuracy,
  categoricalAccuracy,
  sparseCategoricalAccuracy,
  topKCategoricalAccuracy,
  sparseTopKCategoricalAccuracy,
  precision,
  recall,
  f1Score,
  auc,
  rootMeanSquaredError,
  r2Score,
  meanIoU,
} as const;

/** Name of a metric, as in `metrics: ['accuracy']`. */
export type MetricName = keyof typeof metrics;

/** Every metric by its class name in files. */
const classes = {
  Accuracy: accuracy,
  BinaryAccuracy: ({ threshold }: { readonly threshold?: number }) => binaryAccuracy(threshold),
  CategoricalAccuracy: categoricalAccuracy,
  SparseCategoricalAccuracy: sparseCategoricalAccuracy,
  TopKCategoricalAccuracy: topKCategoricalAccuracy,
  SparseTopKCategoricalAccuracy: sparseTopKCategoricalAccuracy,
  Precision: precision,
  Recall: recall,
  F1Score: f1Score,
  AUC: auc,
  RootMeanSquaredError: rootMeanSquaredError,
  R2Score: r2Score,
  MeanIoU: meanIoU,
};

/** A name, a metric or one as data. @throws {OptionError} when it is none of them. */
export function toMetric(value: MetricName | Metric | PartConfig, where: string): Metric {
  return toPart<Metric>(value, `${where}: metrics`, {
    names: metrics,
    mark: 'counter',
    make: (data, what) => fromFullConfig(classes, data, what),
    expected: `${where}: expected metrics to be of ${Object.keys(metrics).join(', ')}`,
  });
}
