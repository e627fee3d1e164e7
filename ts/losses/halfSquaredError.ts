/** The seed's loss. */

import { read, write } from '../plan/buffer';
import type { Loss } from './loss';
import { emitPointwise, emitPointwiseGradient } from './pointwise';

/**
 * `E = Σ (y − O)² / 2`, summed over the batch, with the gradient `O − y`: the seed's loss. Because it is a sum,
 * the gradient grows with the batch and the learning rate must fit the batch size.
 */
export function halfSquaredError(): Loss {
  const weighted = { code: 0, parameter: 0, scale: () => 0.5 };
  return {
    name: 'halfSquaredError',
    className: 'HalfSquaredError',
    config: {},
    reduction: 'sum',
    targetShape: (outputShape) => outputShape,
    emitForward(builder, compared, loss) {
      const { output, target, weights } = compared;
      if (weights !== undefined) return emitPointwise(builder, weighted, compared, loss);
      builder.call('half_squared_error', [output.size, read(output), read(target), write(loss)], 3 * output.size);
    },
    emitGradient(builder, compared) {
      const { output, target, weights } = compared;
      if (weights !== undefined) return emitPointwiseGradient(builder, weighted, compared);
      const gradient = builder.temporary('gradient', output.shape);
      builder.call(
        'half_squared_error_gradient',
        [output.size, read(output), read(target), write(gradient)],
        output.size,
      );
      builder.record('gradient', gradient);
      return gradient;
    },
  };
}
