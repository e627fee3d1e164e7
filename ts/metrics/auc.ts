/** The area under a curve of decisions at many thresholds. */

import { exponential, naturalLogarithm } from '../elementary';
import { OptionError } from '../errors';
import { boolean, checkOptions, lookUp, wholeNumber } from '../options';
import { belongs, keptIn, layoutOf, ratio } from './counting';
import type { Metric } from './metric';

const curves = { ROC: true, PR: true } as const;
const summations = { interpolation: true, minoring: true, majoring: true } as const;

/** Options of {@link auc}. */
export interface AucOptions {
  /** Thresholds, evenly from 0 to 1. Default 200. */
  readonly numThresholds?: number;
  /** `'ROC'`: recall over the share of false alarms; `'PR'`: precision over recall. Default `'ROC'`. */
  readonly curve?: keyof typeof curves;
  /**
   * Height between two thresholds: `'interpolation'` as Davis and Goadrich, 2006 (of the ROC curve the mean),
   * `'minoring'` the lower end, `'majoring'` the higher one. Default `'interpolation'`.
   */
  readonly summationMethod?: keyof typeof summations;
  /** Whether each class has a curve of its own and the mean of the areas counts. Default false: all outputs together. */
  readonly multiLabel?: boolean;
  /** Whether outputs are logits, without a sigmoid. Default false. */
  readonly fromLogits?: boolean;
  /** Name in history and logs. Default `'auc'`. */
  readonly name?: string;
}

/**
 * Area under the curve of the decisions `output > threshold`, with Keras's thresholds and sums. Outputs are in [0, 1],
 * targets 0 and 1 for each, or numbers of classes. NaN when an output was NaN.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function auc(options: AucOptions = {}): Metric {
  const known = ['numThresholds', 'curve', 'summationMethod', 'multiLabel', 'fromLogits', 'name'];
  checkOptions('auc', options, known);
  const { curve = 'ROC', summationMethod = 'interpolation', name = 'auc' } = options;
  lookUp(curves, curve, 'auc: curve');
  lookUp(summations, summationMethod, 'auc: summationMethod');
  const multiLabel = boolean(options.multiLabel ?? false, 'auc: multiLabel');
  const fromLogits = boolean(options.fromLogits ?? false, 'auc: fromLogits');
  const numThresholds = wholeNumber(options.numThresholds ?? 200, 'auc: numThresholds');
  if (numThresholds < 2) throw new OptionError(`auc: numThresholds: expected an integer ≥ 2, got ${numThresholds}`);
  return {
    name,
    className: 'AUC',
    config: { numThresholds, curve, summationMethod, multiLabel, fromLogits, name },
    counter(outputShape, targetShape, where) {
      const layout = layoutOf(name, outputShape, targetShape, where);
      const { rows, width } = layout;
      const labels = multiLabel ? width : 1;
      // Outputs between two thresholds decide alike: it is enough to count them.
      const size = labels * numThresholds;
      const counts = new Float64Array(2 * size + 2);
      const positives = counts.subarray(0, size);
      const negatives = counts.subarray(size, 2 * size);
      // Samples, and how many outputs were NaN.
      const seen = counts.subarray(2 * size);
      return {
        ...keptIn(counts),
        update(outputs, outputStart, targets, targetStart, batch) {
          for (let row = 0; row < batch * rows; row++) {
            for (let column = 0; column < width; column++) {
              const output = outputs[outputStart + row * width + column] as number;
              if (Number.isNaN(output)) seen[1] = (seen[1] as number) + 1;
              const value = fromLogits ? 1 / (1 + exponential(-output)) : output;
              // The largest threshold that the value is above; Keras multiplies in float32.
              const place = Math.ceil(Math.fround(Math.fround(value) * (numThresholds - 1))) - 1;
              const last = numThresholds - 2;
              const bucket = (multiLabel ? column : 0) * numThresholds + Math.min(Math.max(place, 0), last);
              const side = belongs(layout, targets, targetStart, row, column) ? positives : negatives;
              side[bucket] = (side[bucket] as number) + 1;
            }
          }
          seen[0] = (seen[0] as number) + batch;
        },
        result() {
          if (seen[0] === 0 || seen[1] !== 0) return Number.NaN;
          let sum = 0;
          for (let label = 0; label < labels; label++) {
            const [from, to] = [label * numThresholds, (label + 1) * numThresholds];
            sum += area(positives.subarray(from, to), negatives.subarray(from, to), curve, summationMethod);
          }
          return sum / labels;
        },
      };
    },
  };
}

/** What lies at or above each threshold. */
function sumsFromAbove(counts: Float64Array): Float64Array {
  const sums = counts.slice();
  for (let index = sums.length - 2; index >= 0; index--) {
    sums[index] = (sums[index] as number) + (sums[index + 1] as number);
  }
  return sums;
}

function area(
  positives: Float64Array,
  negatives: Float64Array,
  curve: keyof typeof curves,
  method: keyof typeof summations,
): number {
  const right = sumsFromAbove(positives);
  const wrong = sumsFromAbove(negatives);
  const [allPositives = 0] = right;
  const [allNegatives = 0] = wrong;
  if (curve === 'PR' && method === 'interpolation') return interpolatedArea(right, wrong, allPositives);
  const recalls = right.map((count) => ratio(count, allPositives));
  const x = curve === 'ROC' ? wrong.map((count) => ratio(count, allNegatives)) : recalls;
  const y = curve === 'ROC' ? recalls : right.map((count, index) => ratio(count, count + (wrong[index] as number)));
  let sum = 0;
  for (let index = 0; index + 1 < x.length; index++) {
    const [a, b] = [y[index] as number, y[index + 1] as number];
    const height = method === 'interpolation' ? (a + b) / 2 : method === 'minoring' ? Math.min(a, b) : Math.max(a, b);
    sum += ((x[index] as number) - (x[index + 1] as number)) * height;
  }
  return sum;
}

/**
 * Area under the precision-recall curve where, between two thresholds, true positives grow linearly with all positives
 * (J. Davis and M. Goadrich, "The relationship between precision-recall and ROC curves", ICML 2006), integrated as in
 * Keras.
 */
function interpolatedArea(right: Float64Array, wrong: Float64Array, allPositives: number): number {
  let sum = 0;
  for (let index = 0; index + 1 < right.length; index++) {
    const [tp, next] = [right[index] as number, right[index + 1] as number];
    const [p, nextP] = [tp + (wrong[index] as number), next + (wrong[index + 1] as number)];
    const slope = ratio(tp - next, p - nextP);
    const intercept = next - slope * nextP;
    const logarithm = p > 0 && nextP > 0 ? naturalLogarithm(p / nextP) : 0;
    sum += ratio(slope * (tp - next + intercept * logarithm), allPositives);
  }
  return sum;
}
