/** Share of right answers. */

import { ShapeError } from '../errors';
import { numberIn } from '../options';
import { formatShape, type Shape, sameShape, sizeOf } from '../shape';
import type { Metric, MetricCounter } from './metric';

/** Whether sample `item` of `width` values each is right. */
type IsRight = (
  outputs: Float32Array,
  outputStart: number,
  targets: Float32Array,
  targetStart: number,
  item: number,
) => boolean;

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
      return counter(
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
      return counter(
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
      return counter(
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

function expectTargets(name: string, expected: Shape, targetShape: Shape, where: string): void {
  if (!sameShape(expected, targetShape)) {
    throw new ShapeError(
      `${where}: ${name} expected targets of ${formatShape(expected)}, got ${formatShape(targetShape)}`,
    );
  }
}

function counter(items: number, isRight: IsRight): MetricCounter {
  let right = 0;
  let seen = 0;
  return {
    reset() {
      right = 0;
      seen = 0;
    },
    update(outputs, outputStart, targets, targetStart, batch) {
      for (let item = 0; item < batch * items; item++) {
        if (isRight(outputs, outputStart, targets, targetStart, item)) right++;
      }
      seen += batch * items;
    },
    result: () => right / seen,
    state: () => [right, seen],
    restore([counted = 0, of = 0]) {
      right = counted;
      seen = of;
    },
  };
}

/** Index of the first largest value. */
function largest(values: Float32Array, start: number, width: number): number {
  let best = 0;
  for (let index = 1; index < width; index++) {
    if ((values[start + index] as number) > (values[start + best] as number)) best = index;
  }
  return best;
}
