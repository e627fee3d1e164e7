/** The metrics and their registry. */

import { OptionError } from '../errors';
import { describe, lookUp } from '../options';
import { accuracy, binaryAccuracy, categoricalAccuracy, sparseCategoricalAccuracy } from './accuracy';
import type { Metric } from './metric';

export * from './accuracy';
export type { Metric, MetricCounter } from './metric';

/** Every metric by its name in options. */
export const metrics = { accuracy, binaryAccuracy, categoricalAccuracy, sparseCategoricalAccuracy } as const;

/** Name of a metric, as in `metrics: ['accuracy']`. */
export type MetricName = keyof typeof metrics;

/** A name or a metric. @throws {OptionError} when it is neither. */
export function toMetric(value: MetricName | Metric, where: string): Metric {
  if (typeof value === 'string') return lookUp<() => Metric>(metrics, value, `${where}: metrics`)();
  if (value === null || typeof value !== 'object' || typeof value.counter !== 'function') {
    throw new OptionError(
      `${where}: expected metrics to be of ${Object.keys(metrics).join(', ')}, got ${describe(value)}`,
    );
  }
  return value;
}
