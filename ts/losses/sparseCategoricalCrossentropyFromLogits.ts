/** The loss of classifiers whose labels are numbers. */

import { ShapeError, ValueError } from '../errors';
import { read, write } from '../plan/buffer';
import { formatShape } from '../shape';
import type { Loss } from './loss';

/**
 * Mean over the batch of `log Σ exp(logits) − logits[label]`: softmax and cross-entropy in one, stable for logits of any
 * size. Outputs `[batch, classes]` without softmax, labels `[batch]` from 0 to classes − 1. Its gradient is
 * `(softmax(logits) − one-hot) / batch`.
 */
export function sparseCategoricalCrossentropyFromLogits(): Loss {
  const name = 'sparseCategoricalCrossentropyFromLogits';
  return {
    name,
    reduction: 'mean',
    targetShape(outputShape, where) {
      if (outputShape.length !== 1 || (outputShape[0] ?? 0) < 2) {
        throw new ShapeError(
          `${where}: ${name} expected outputs [batch,classes], got ${formatShape([-1, ...outputShape])}`,
        );
      }
      return [];
    },
    checkTargets(targets, outputShape, where) {
      const classes = outputShape[0] ?? 0;
      const sample = targets.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < classes));
      if (sample < 0) return;
      throw new ValueError(
        `${where}: expected labels that are integers from 0 to ${classes - 1}, got ${targets[sample]} in sample ${sample}`,
      );
    },
    emitForward(builder, output, target, loss) {
      const [rows = 1, classes = 1] = output.shape;
      const probabilities = builder.temporary('probabilities', output.shape);
      builder.record('probabilities', probabilities);
      builder.call(
        'sparse_cross_entropy',
        [rows, classes, read(output), read(target), write(probabilities), write(loss)],
        15 * output.size,
      );
    },
    emitGradient(builder, output, target) {
      const [rows = 1, classes = 1] = output.shape;
      const probabilities = builder.recorded('probabilities');
      const gradient = builder.temporary('gradient', output.shape);
      builder.call(
        'sparse_cross_entropy_gradient',
        [rows, classes, read(probabilities), read(target), write(gradient)],
        output.size,
      );
      builder.record('gradient', gradient);
      return gradient;
    },
  };
}
