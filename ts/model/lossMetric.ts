/** Losses that are reported beside the one that is minimized. */

import type { PartConfig } from '../config';
import { OptionError, ShapeError } from '../errors';
import type { Loss } from '../losses/loss';
import { type LossName, losses, toLoss } from '../losses/registry';
import type { Metric } from '../metrics/metric';
import { type MetricName, metrics, toMetric } from '../metrics/registry';
import { formatShape, type Shape, sameShape } from '../shape';

/** A loss as a metric: its value for one sample, without sample weights. */
export interface LossMetric {
  /** Name in history and logs: the loss's. */
  readonly name: string;
  /** Keras's class name, for files. */
  readonly className?: string;
  /** Options that make the same loss, for files. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** The loss, whose kernels compute it. */
  readonly loss: Loss;
}

/** What `compile` takes as a metric. */
export type MetricLike = MetricName | LossName | Metric | Loss | PartConfig;

/** A metric, or a loss as one: by name, made by a function, or as data. @throws {OptionError} when it is none of them. */
export function readMetric(value: MetricLike, where: string): Metric | LossMetric {
  if (typeof value === 'string') {
    if (Object.hasOwn(metrics, value)) return toMetric(value as MetricName, where);
    if (Object.hasOwn(losses, value)) return asMetric(toLoss(value as LossName, where));
    const names = [...Object.keys(metrics), ...Object.keys(losses)].join(', ');
    throw new OptionError(`${where}: metrics: expected one of ${names}, got "${value}"`);
  }
  if (value !== null && typeof value === 'object') {
    if ('emitForward' in value) return asMetric(value);
    const { className } = value as Partial<PartConfig>;
    const isLoss = Object.values(losses).some((make) => make().className === className);
    if (!('counter' in value) && isLoss) return asMetric(toLoss(value as PartConfig, `${where}: metrics`));
  }
  return toMetric(value as Metric | PartConfig, where);
}

function asMetric(loss: Loss): LossMetric {
  const { name, className, config } = loss;
  return { name, loss, ...(className !== undefined && { className }), ...(config !== undefined && { config }) };
}

/** The loss of a metric that is one. */
export function lossOf(metric: Metric | LossMetric): Loss | undefined {
  return 'loss' in metric ? metric.loss : undefined;
}

/**
 * Checks that metrics can be computed for a model's shapes and have different names.
 *
 * @throws {ShapeError} when a metric cannot take the outputs or the targets of the loss.
 * @throws {OptionError} when two have one name.
 */
export function checkMetrics(
  given: readonly (Metric | LossMetric)[],
  outputShape: Shape,
  targetShape: Shape,
  where: string,
): void {
  const names = new Set<string>();
  for (const metric of given) {
    if (names.has(metric.name)) {
      throw new OptionError(`${where}: expected metrics with different names, got "${metric.name}" twice`);
    }
    names.add(metric.name);
    if (!('loss' in metric)) {
      metric.counter(outputShape, targetShape, where);
      continue;
    }
    const own = metric.loss.targetShape(outputShape, where);
    if (sameShape(own, targetShape)) continue;
    throw new ShapeError(
      `${where}: ${metric.name} expected targets of ${formatShape(own)}, got ${formatShape(targetShape)}`,
    );
  }
}
