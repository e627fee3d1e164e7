/** How far numbers are from their targets, beyond the losses. */

import { checkOptions } from '../options';
import { sizeOf } from '../shape';
import { expectTargets, keptIn } from './counting';
import type { Metric } from './metric';

/** Options of metrics that only have a name. */
export interface MetricNameOptions {
  /** Name in history and logs. Default the function's. */
  readonly name?: string;
}

/** The root of the mean of `(o − y)²` over all samples seen. @throws {OptionError} when an option is unknown. */
export function rootMeanSquaredError(options: MetricNameOptions = {}): Metric {
  checkOptions('rootMeanSquaredError', options, ['name']);
  const { name = 'rootMeanSquaredError' } = options;
  return {
    name,
    className: 'RootMeanSquaredError',
    config: { name },
    counter(outputShape, targetShape, where) {
      expectTargets(name, outputShape, targetShape, where);
      const size = sizeOf(outputShape);
      // The sum of squares, and how many they are.
      const counts = new Float64Array(2);
      return {
        ...keptIn(counts),
        update(outputs, outputStart, targets, targetStart, batch) {
          let sum = 0;
          for (let index = 0; index < batch * size; index++) {
            const distance = (outputs[outputStart + index] as number) - (targets[targetStart + index] as number);
            sum += distance * distance;
          }
          counts[0] = (counts[0] as number) + sum;
          counts[1] = (counts[1] as number) + batch * size;
        },
        result: () => Math.sqrt((counts[0] as number) / (counts[1] as number)),
      };
    },
  };
}

/**
 * The coefficient of determination `1 − Σ(y − o)² / Σ(y − mean of y)²`, the mean over the places of the last dimension; 0 for
 * a place whose targets are all the same.
 *
 * @throws {OptionError} when an option is unknown.
 */
export function r2Score(options: MetricNameOptions = {}): Metric {
  checkOptions('r2Score', options, ['name']);
  const { name = 'r2Score' } = options;
  return {
    name,
    className: 'R2Score',
    config: { name },
    counter(outputShape, targetShape, where) {
      expectTargets(name, outputShape, targetShape, where);
      const width = outputShape.at(-1) ?? 1;
      const rows = sizeOf(outputShape) / width;
      // For each place the sums of targets, of their squares and of the squared distances; at the end the rows.
      const counts = new Float64Array(3 * width + 1);
      const at = (kind: 0 | 1 | 2, column: number): number => counts[kind * width + column] as number;
      const count = (kind: 0 | 1 | 2, column: number, value: number): void => {
        counts[kind * width + column] = at(kind, column) + value;
      };
      return {
        ...keptIn(counts),
        update(outputs, outputStart, targets, targetStart, batch) {
          for (let row = 0; row < batch * rows; row++) {
            for (let column = 0; column < width; column++) {
              const target = targets[targetStart + row * width + column] as number;
              const distance = target - (outputs[outputStart + row * width + column] as number);
              count(0, column, target);
              count(1, column, target * target);
              count(2, column, distance * distance);
            }
          }
          counts[3 * width] = (counts[3 * width] as number) + batch * rows;
        },
        result() {
          const seen = counts[3 * width] as number;
          if (seen === 0) return Number.NaN;
          let sum = 0;
          for (let column = 0; column < width; column++) {
            const spread = at(1, column) - (at(0, column) * at(0, column)) / seen;
            sum += spread > 0 ? 1 - at(2, column) / spread : 0;
          }
          return sum / width;
        },
      };
    },
  };
}
