/** Share of right answers. */

import { numberIn } from '../options';
import { sizeOf } from '../shape';
import { expectTargets, largest, shareOf } from './counting';
import type { Metric } from './metric';

/**
 * Share of outputs on the target's side of a threshold, every output counted by itself.
 *
 * @param threshold - Default 0.5.
 * @throws {OptionError} when the threshold is not a finite number.
 */
export function binaryAccuracy(threshold = 0.5): Metric {
  numberIn(threshold, -Number.MAX_VALUE, Number.MAX_VALUE, 'binaryAccuracy: threshold');
  return {
    name: 'binaryAccuracy',
    className: 'BinaryAccuracy',
    config: { threshold },
    counter(outputShape, targetShape, where) {
      expectTargets('binaryAccuracy', outputShape, targetShape, where);
      return shareOf(
        sizeOf(outputShape),
        (outputs, outputStart, targets, targetStart, item) =>
          (outputs[outputStart + item] as number) > threshold === (targets[targetStart + item] as number) > threshold,
      );
    },
  };
}

/** Share of samples whose largest output is where the largest target (one-hot) is. */
export function categoricalAccuracy(): Metric {
  return {
    name: 'categoricalAccuracy',
    className: 'CategoricalAccuracy',
    config: {},
    counter(outputShape, targetShape, where) {
      const width = outputShape.at(-1) ?? 1;
      expectTargets('categoricalAccuracy', outputShape, targetShape, where);
      return shareOf(
        sizeOf(outputShape) / width,
        (outputs, outputStart, targets, targetStart, item) =>
          largest(outputs, outputStart + item * width, width) === largest(targets, targetStart + item * width, width),
      );
    },
  };
}

/** Share of samples whose largest output is at the target, a number. */
export function sparseCategoricalAccuracy(): Metric {
  return {
    name: 'sparseCategoricalAccuracy',
    className: 'SparseCategoricalAccuracy',
    config: {},
    counter(outputShape, targetShape, where) {
      const width = outputShape.at(-1) ?? 1;
      expectTargets('sparseCategoricalAccuracy', outputShape.slice(0, -1), targetShape, where);
      return shareOf(
        sizeOf(targetShape),
        (outputs, outputStart, targets, targetStart, item) =>
          largest(outputs, outputStart + item * width, width) === targets[targetStart + item],
      );
    },
  };
}

/**
 * As Keras chooses for `'accuracy'`: `sparseCategoricalAccuracy` when targets have a dimension less than outputs,
 * `binaryAccuracy` for one output, else `categoricalAccuracy`.
 */
export function accuracy(): Metric {
  return {
    name: 'accuracy',
    className: 'Accuracy',
    config: {},
    counter(outputShape, targetShape, where) {
      const isSparse = targetShape.length < outputShape.length;
      const isBinary = (outputShape.at(-1) ?? 1) === 1;
      const metric = isSparse ? sparseCategoricalAccuracy() : isBinary ? binaryAccuracy() : categoricalAccuracy();
      return metric.counter(outputShape, targetShape, where);
    },
  };
}
