/** Precision, recall and their harmonic mean: how often a yes is right, and how much of what is right gets a yes. */

import { OptionError } from '../errors';
import { checkOptions, describe, lookUp, numberIn, positiveInteger, wholeNumber } from '../options';
import { belongs, keptIn, type Layout, layoutOf, ratio } from './counting';
import type { Metric, MetricCounter } from './metric';

/** Options of {@link precision} and {@link recall}. */
export interface DecisionOptions {
  /** Outputs above it are a yes. Default 0.5; with `topK` none. */
  readonly threshold?: number;
  /** Only the largest outputs of a row can be a yes, this many. Default all. */
  readonly topK?: number;
  /** The only class that counts, its place in the last dimension. Default all. */
  readonly classId?: number;
  /** Name in history and logs. Default `'precision'`, `'recall'`. */
  readonly name?: string;
}

/**
 * Share of right ones among all yes, `tp / (tp + fp)`; 0 where there was no yes. Targets are 0 and 1 for each output, or
 * numbers of classes.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function precision(options: DecisionOptions = {}): Metric {
  return decision('precision', 'Precision', options, (right, yes) => ratio(right, yes));
}

/**
 * Share of those that should be a yes and are, `tp / (tp + fn)`; 0 where there were none. Targets are 0 and 1 for each
 * output, or numbers of classes.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function recall(options: DecisionOptions = {}): Metric {
  return decision('recall', 'Recall', options, (right, _, wanted) => ratio(right, wanted));
}

function decision(
  kind: string,
  className: string,
  options: DecisionOptions,
  share: (right: number, yes: number, wanted: number) => number,
): Metric {
  checkOptions(kind, options, ['threshold', 'topK', 'classId', 'name']);
  const { topK, classId, name = kind } = options;
  if (topK !== undefined) positiveInteger(topK, `${kind}: topK`);
  if (classId !== undefined) wholeNumber(classId, `${kind}: classId`);
  const threshold = checkThreshold(options.threshold, kind);
  const level = threshold ?? (topK === undefined ? 0.5 : Number.NEGATIVE_INFINITY);
  return {
    name,
    className,
    config: {
      ...(threshold !== undefined && { threshold }),
      ...(topK !== undefined && { topK }),
      ...(classId !== undefined && { classId }),
      name,
    },
    counter(outputShape, targetShape, where) {
      const layout = layoutOf(name, outputShape, targetShape, where);
      const { rows, width } = layout;
      if (classId !== undefined && classId >= width) {
        throw new OptionError(`${where}: ${name} expected a classId below ${width}, got ${classId}`);
      }
      const [from, to] = classId === undefined ? [0, width] : [classId, classId + 1];
      // Right ones among the yes, all yes, all that should be, and samples.
      const counts = new Float64Array(4);
      return {
        ...keptIn(counts),
        update(outputs, outputStart, targets, targetStart, batch) {
          for (let row = 0; row < batch * rows; row++) {
            const start = outputStart + row * width;
            for (let column = from; column < to; column++) {
              const isYes =
                (outputs[start + column] as number) > level &&
                (topK === undefined || rank(outputs, start, width, column) < topK);
              const isWanted = belongs(layout, targets, targetStart, row, column);
              if (isYes && isWanted) counts[0] = (counts[0] as number) + 1;
              if (isYes) counts[1] = (counts[1] as number) + 1;
              if (isWanted) counts[2] = (counts[2] as number) + 1;
            }
          }
          counts[3] = (counts[3] as number) + batch;
        },
        result() {
          const [right, yes, wanted, seen] = counts as unknown as readonly [number, number, number, number];
          return seen === 0 ? Number.NaN : share(right, yes, wanted);
        },
      };
    },
  };
}

function checkThreshold(threshold: number | undefined, kind: string): number | undefined {
  if (threshold === undefined) return undefined;
  return numberIn(threshold, -Number.MAX_VALUE, Number.MAX_VALUE, `${kind}: threshold`);
}

/** How many values of the row come before the one at `column`; of equal ones the first does. */
function rank(values: Float32Array, start: number, width: number, column: number): number {
  const own = values[start + column] as number;
  let before = 0;
  for (let index = 0; index < width; index++) {
    const value = values[start + index] as number;
    if (value > own || (value === own && index < column)) before++;
  }
  return before;
}

/** How {@link f1Score} makes one number of many classes. */
const averages = { macro: true, micro: true, weighted: true } as const;

/** Options of {@link f1Score}. */
export interface F1ScoreOptions {
  /**
   * `'macro'` is the mean over classes, `'weighted'` the mean weighted by how often each class occurs, `'micro'` counts
   * all classes together. Default `'macro'`.
   */
  readonly average?: keyof typeof averages;
  /** Outputs above it are a yes. Default the largest of each row; 0.5 for a single output. */
  readonly threshold?: number;
  /** Name in history and logs. Default `'f1Score'`. */
  readonly name?: string;
}

/**
 * Harmonic mean of precision and recall, `2·tp / (2·tp + fp + fn)`; 0 for a class that neither occurs nor is answered.
 * Targets are 0 and 1 for each output, or numbers of classes. Without a threshold all outputs that equal the largest of
 * their row are a yes, unless it is 0, as in Keras.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function f1Score(options: F1ScoreOptions = {}): Metric {
  checkOptions('f1Score', options, ['average', 'threshold', 'name']);
  const { average = 'macro', name = 'f1Score' } = options;
  if (typeof average !== 'string') {
    throw new OptionError(`f1Score: expected average to be a name, got ${describe(average)}`);
  }
  lookUp(averages, average, 'f1Score: average');
  const threshold = checkThreshold(options.threshold, 'f1Score');
  return {
    name,
    className: 'F1Score',
    config: { average, ...(threshold !== undefined && { threshold }), name },
    counter(outputShape, targetShape, where) {
      const layout = layoutOf(name, outputShape, targetShape, where);
      return f1Counter(layout, average, threshold ?? (layout.width === 1 ? 0.5 : undefined));
    },
  };
}

function f1Counter(layout: Layout, average: keyof typeof averages, threshold: number | undefined): MetricCounter {
  const { rows, width } = layout;
  // For each class right ones, yes, and those that should be; at the end the samples.
  const counts = new Float64Array(3 * width + 1);
  const [right, yes, wanted, seen] = [
    counts.subarray(0, width),
    counts.subarray(width, 2 * width),
    counts.subarray(2 * width, 3 * width),
    counts.subarray(3 * width),
  ];
  return {
    ...keptIn(counts),
    update(outputs, outputStart, targets, targetStart, batch) {
      for (let row = 0; row < batch * rows; row++) {
        const start = outputStart + row * width;
        let top = Number.NEGATIVE_INFINITY;
        for (let column = 0; column < width; column++) top = Math.max(top, outputs[start + column] as number);
        for (let column = 0; column < width; column++) {
          const value = outputs[start + column] as number;
          const isYes = threshold === undefined ? value >= top && Math.abs(value) > 1e-9 : value > threshold;
          const isWanted = belongs(layout, targets, targetStart, row, column);
          if (isYes) yes[column] = (yes[column] as number) + 1;
          if (isWanted) wanted[column] = (wanted[column] as number) + 1;
          if (isYes && isWanted) right[column] = (right[column] as number) + 1;
        }
      }
      seen[0] = (seen[0] as number) + batch;
    },
    result() {
      if (seen[0] === 0) return Number.NaN;
      // tp + fp is every yes, tp + fn every one that was wanted.
      const score = (column: number): number =>
        ratio(2 * (right[column] as number), (yes[column] as number) + (wanted[column] as number));
      const total = (counts: Float64Array): number => counts.reduce((sum, count) => sum + count, 0);
      if (average === 'micro') return ratio(2 * total(right), total(yes) + total(wanted));
      let sum = 0;
      for (let column = 0; column < width; column++) {
        sum += score(column) * (average === 'macro' ? 1 / width : ratio(wanted[column] as number, total(wanted)));
      }
      return sum;
    },
  };
}
