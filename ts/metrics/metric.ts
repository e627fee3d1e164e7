/** What a metric is: a number over all samples seen since the last reset. */

import type { Shape } from '../shape';

/** A metric that is being counted. */
export interface MetricCounter {
  /** Forgets everything. */
  reset(): void;
  /**
   * Counts a batch. The arrays are larger than the batch: the outputs begin at `outputStart`, the targets at
   * `targetStart`. They are only valid during the call.
   */
  update(outputs: Float32Array, outputStart: number, targets: Float32Array, targetStart: number, batch: number): void;
  /** The value over all batches since the reset; NaN before the first. */
  result(): number;
  /** What has been counted, for a checkpoint. Without it, a training that is resumed counts from there. */
  state?(): readonly number[];
  /** Goes on from what {@link MetricCounter.state} answered. */
  restore?(state: readonly number[]): void;
}

/** A metric. */
export interface Metric {
  /** Name in options, history and logs. */
  readonly name: string;
  /** Keras's class name, for files; undefined for a metric that files cannot name. */
  readonly className?: string;
  /** Options that make the same metric, for files. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Starts a count for a model's shapes, without batch. @throws {ShapeError} when the metric cannot take them. */
  counter(outputShape: Shape, targetShape: Shape, where: string): MetricCounter;
}
