/** Which class was taken for which. */

import { OptionError, ShapeError, ValueError } from '../errors';
import { checkOptions, numberIn, positiveInteger } from '../options';
import { formatShape, sizeOf } from '../shape';
import { type Tensor, type TensorLike, toBatch } from '../tensor';
import { largest } from './counting';

/** Options of {@link confusionMatrix}. */
export interface ConfusionMatrixOptions {
  /** Number of classes. Default the width of `[n, classes]`, else the largest class plus 1. */
  readonly numClasses?: number;
  /** For one output a sample: predictions above it are class 1, others 0. Default none: they are numbers of classes. */
  readonly threshold?: number;
  /** What each sample counts. Default 1. */
  readonly weights?: ArrayLike<number>;
}

/**
 * Counts samples by class and by what was predicted.
 *
 * @param labels - Classes: numbers `[n]` or one-hot `[n, classes]`.
 * @param predictions - Numbers of classes `[n]`, or what `model.predict` gives: `[n, classes]`, of which the largest counts.
 * @returns `[classes, classes]`: rows are the labels, columns the predictions.
 * @throws {ShapeError} when shapes do not fit each other.
 * @throws {ValueError} when a class is no integer from 0 to `numClasses` − 1.
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function confusionMatrix(
  labels: TensorLike,
  predictions: TensorLike,
  options: ConfusionMatrixOptions = {},
): Tensor {
  const where = 'confusionMatrix';
  checkOptions(where, options, ['numClasses', 'threshold', 'weights']);
  const { threshold, weights } = options;
  if (threshold !== undefined) {
    numberIn(threshold, -Number.MAX_VALUE, Number.MAX_VALUE, `${where}: threshold`);
  }
  const truth = classesOf(labels, undefined, `${where}: labels`);
  const answer = classesOf(predictions, threshold, `${where}: predictions`);
  const count = truth.classes.length;
  if (answer.classes.length !== count) {
    throw new ShapeError(`${where}: expected as many predictions as labels, got ${answer.classes.length} and ${count}`);
  }
  if (weights !== undefined && weights.length !== count) {
    throw new ShapeError(`${where}: expected ${count} weights, got ${weights.length}`);
  }
  const largestClass = [...truth.classes, ...answer.classes].reduce((a, b) => Math.max(a, b), 0);
  const numClasses = options.numClasses ?? Math.max(truth.width, answer.width, largestClass + 1);
  positiveInteger(numClasses, `${where}: numClasses`);
  const data = new Float32Array(numClasses * numClasses);
  for (let sample = 0; sample < count; sample++) {
    const row = truth.classes[sample] as number;
    const column = answer.classes[sample] as number;
    if (row >= numClasses || column >= numClasses) {
      throw new ValueError(
        `${where}: expected classes below ${numClasses}, got ${Math.max(row, column)} in sample ${sample}`,
      );
    }
    const place = row * numClasses + column;
    data[place] = (data[place] as number) + (weights?.[sample] ?? 1);
  }
  return { data, shape: [numClasses, numClasses] };
}

/** The class of each sample, and the number of values it was found among. */
function classesOf(
  value: TensorLike,
  threshold: number | undefined,
  where: string,
): { readonly classes: readonly number[]; readonly width: number } {
  const width = widthOf(value, where);
  const { data, shape } = toBatch(value, [width], where);
  const count = shape[0] as number;
  if (width > 1) {
    if (threshold !== undefined) {
      throw new OptionError(`${where}: expected no threshold for ${formatShape([-1, width])}, got ${threshold}`);
    }
    return { classes: Array.from({ length: count }, (_, sample) => largest(data, sample * width, width)), width };
  }
  const classes = Array.from(data, (number) => (threshold === undefined ? number : Number(number > threshold)));
  const bad = classes.findIndex((number) => !(Number.isInteger(number) && number >= 0));
  if (bad >= 0) {
    throw new ValueError(
      `${where}: expected integers ≥ 0${where.endsWith('predictions') ? ', or the option threshold' : ''}, got ${classes[bad]} in sample ${bad}`,
    );
  }
  return { classes, width: threshold === undefined ? 1 : 2 };
}

/** Values of a sample. */
function widthOf(value: TensorLike, where: string): number {
  if (Array.isArray(value)) return Array.isArray(value[0]) ? value[0].length : 1;
  if (ArrayBuffer.isView(value) || value === null || typeof value !== 'object' || !('shape' in value)) return 1;
  if (value.shape.length > 2)
    throw new ShapeError(`${where}: expected [n] or [n,classes], got ${formatShape(value.shape)}`);
  return sizeOf(value.shape.slice(1));
}
