/** Losses that compare rows of outputs with rows of targets: means over the rows. */

import { read, write } from '../plan/buffer';
import type { Compared, Loss } from './loss';

/** A loss of crate/src/kernels/row_loss.rs. */
export interface RowLoss {
  /** Which one. */
  readonly code: 0 | 1 | 2 | 3;
  /** γ, α and the smoothing of focal losses. */
  readonly parameters: readonly [number, number, number];
  /** Operations for each output. */
  readonly flops: number;
}

/** What a loss is called. */
export type Identity = Required<Pick<Loss, 'name' | 'className' | 'config'>>;

/** A loss of rows: the last dimension. Weights belong to samples, whose rows share them. */
export function rowLoss(identity: Identity, { code, parameters, flops }: RowLoss): Loss {
  const common = ({ output, shape, target, weights }: Compared) => {
    const [batch = 1] = shape;
    const width = shape.at(-1) ?? 1;
    const rows = output.size / width;
    const arrays = [read(output), read(target), weights === undefined ? 0 : read(weights)] as const;
    return { numbers: [code, ...parameters, rows, width, rows / batch], arrays, width };
  };
  return {
    ...identity,
    reduction: 'mean',
    targetShape: (outputShape) => outputShape,
    emitForward(builder, compared, loss) {
      const { numbers, arrays, width } = common(compared);
      const results = [write(loss), write(builder.workspace(width))];
      builder.call('row_loss', [...numbers, ...arrays, ...results], flops * compared.output.size);
    },
    emitGradient(builder, compared) {
      const gradient = builder.temporary('gradient', compared.shape);
      const { numbers, arrays } = common(compared);
      builder.call('row_loss_gradient', [...numbers, ...arrays, write(gradient)], flops * compared.output.size);
      builder.record('gradient', gradient);
      return gradient;
    },
  };
}

const NO_PARAMETERS = [0, 0, 0] as const;

/** `max(max((1 − y)·o) − Σ y·o + 1, 0)` over the last dimension, mean over the others, for one-hot targets. */
export function categoricalHinge(): Loss {
  const identity = { name: 'categoricalHinge', className: 'CategoricalHinge', config: {} };
  return rowLoss(identity, { code: 0, parameters: NO_PARAMETERS, flops: 4 });
}

/**
 * `−Σ y·o / (|y|·|o|)` over the last dimension, mean over the others: −1 for the same direction, 1 for the opposite one.
 * Lengths are kept at least 1e-7. As a metric it has the same sign, other than Keras's metric of this name.
 */
export function cosineSimilarity(): Loss {
  const identity = { name: 'cosineSimilarity', className: 'CosineSimilarity', config: {} };
  return rowLoss(identity, { code: 1, parameters: NO_PARAMETERS, flops: 6 });
}
