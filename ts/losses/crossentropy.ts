/** The losses of classifiers. */

import { ShapeError, ValueError } from '../errors';
import { boolean, checkOptions, numberIn } from '../options';
import { type BufferArgument, read, write } from '../plan/buffer';
import { formatShape, sizeOf } from '../shape';
import type { Compared, Loss } from './loss';

/** Options of {@link sparseCategoricalCrossentropy}. */
export interface SparseCategoricalCrossentropyOptions {
  /** Whether outputs are logits, without softmax: faster and more stable. Default false. */
  readonly fromLogits?: boolean;
}

/** Options of {@link categoricalCrossentropy}. */
export interface CategoricalCrossentropyOptions extends SparseCategoricalCrossentropyOptions {
  /** Share of each target that is spread over all classes (Szegedy et al., 2016). Default 0. */
  readonly labelSmoothing?: number;
}

/**
 * Mean of `−Σ y·ln o` over the last dimension, for targets that are distributions, such as one-hot. Outputs `[batch, …,
 * classes]`; they are made to sum to 1, as in Keras. From logits `Σ y·(ln Σ eᶻ − z)`, stable for logits of any size.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function categoricalCrossentropy(options: CategoricalCrossentropyOptions = {}): Loss {
  const name = 'categoricalCrossentropy';
  checkOptions(name, options, ['fromLogits', 'labelSmoothing']);
  const fromLogits = boolean(options.fromLogits ?? false, `${name}: fromLogits`);
  return crossentropy(name, false, fromLogits, numberIn(options.labelSmoothing ?? 0, 0, 1, `${name}: labelSmoothing`));
}

/**
 * {@link categoricalCrossentropy} for targets that are numbers of classes, from 0: targets have a dimension less than
 * outputs.
 *
 * @throws {OptionError} when an option is unknown.
 */
export function sparseCategoricalCrossentropy(options: SparseCategoricalCrossentropyOptions = {}): Loss {
  const name = 'sparseCategoricalCrossentropy';
  checkOptions(name, options, ['fromLogits']);
  return crossentropy(name, true, boolean(options.fromLogits ?? false, `${name}: fromLogits`), 0);
}

/** {@link categoricalCrossentropy} of logits. */
export function categoricalCrossentropyFromLogits(): Loss {
  return categoricalCrossentropy({ fromLogits: true });
}

/** {@link sparseCategoricalCrossentropy} of logits: softmax and cross-entropy in one. */
export function sparseCategoricalCrossentropyFromLogits(): Loss {
  return sparseCategoricalCrossentropy({ fromLogits: true });
}

function crossentropy(baseName: string, sparse: boolean, fromLogits: boolean, smoothing: number): Loss {
  const name = fromLogits ? `${baseName}FromLogits` : baseName;
  const className = sparse ? 'SparseCategoricalCrossentropy' : 'CategoricalCrossentropy';
  /** The arguments that all four kernels have, around the array they read. */
  const common = (
    { output, shape, target, weights }: Compared,
    values: BufferArgument,
  ): (number | BufferArgument)[] => {
    const width = shape.at(-1) ?? 1;
    if (weights !== undefined && shape.length > 2) {
      throw new ShapeError(
        `${name}: expected outputs [batch,classes] where samples have weights, got ${formatShape(shape)}`,
      );
    }
    const sizes = [output.size / width, width, Number(sparse), smoothing];
    return [...sizes, values, read(target), weights === undefined ? 0 : read(weights)];
  };
  return {
    name,
    className,
    config: sparse ? { fromLogits } : { fromLogits, labelSmoothing: smoothing },
    reduction: 'mean',
    targetShape(outputShape, where) {
      if (outputShape.length < 1 || (outputShape.at(-1) ?? 0) < 2) {
        throw new ShapeError(
          `${where}: ${name} expected outputs [batch,classes], got ${formatShape([-1, ...outputShape])}`,
        );
      }
      return sparse ? outputShape.slice(0, -1) : outputShape;
    },
    ...(sparse && {
      checkTargets(targets: Float32Array, outputShape: readonly number[], where: string) {
        const classes = outputShape.at(-1) ?? 0;
        const place = targets.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < classes));
        if (place < 0) return;
        const sample = Math.floor(place / sizeOf(outputShape.slice(0, -1)));
        throw new ValueError(
          `${where}: expected labels that are integers from 0 to ${classes - 1}, got ${targets[place]} in sample ${sample}`,
        );
      },
    }),
    emitForward(builder, compared, loss) {
      if (!fromLogits) {
        const args = common(compared, read(compared.output));
        return builder.call('cross_entropy', [...args, write(loss)], 15 * compared.output.size);
      }
      const probabilities = builder.temporary('probabilities', compared.shape);
      builder.record('probabilities', probabilities);
      const args = [...common(compared, read(compared.output)), write(probabilities), write(loss)];
      builder.call('cross_entropy_from_logits', args, 15 * compared.output.size);
    },
    emitGradient(builder, compared) {
      const gradient = builder.temporary('gradient', compared.shape);
      const seen = fromLogits ? builder.recorded('probabilities') : compared.output;
      const kernel = fromLogits ? 'cross_entropy_from_logits_gradient' : 'cross_entropy_gradient';
      builder.call(kernel, [...common(compared, read(seen)), write(gradient)], 3 * compared.output.size);
      builder.record('gradient', gradient);
      return gradient;
    },
  };
}
