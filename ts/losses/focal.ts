/** Cross-entropy that pays less heed to what is right already (Lin et al., "Focal Loss for Dense Object Detection", 2017). */

import { ShapeError } from '../errors';
import { boolean, checkOptions, numberIn } from '../options';
import { read, write } from '../plan/buffer';
import { formatShape, sizeOf } from '../shape';
import type { Compared, Loss } from './loss';
import { rowLoss } from './rows';

/** Options that both focal losses have. */
interface FocalOptions {
  /** Power of the share that is still wrong: 0 is cross-entropy. Default 2. */
  readonly gamma?: number;
  /** Whether outputs are logits instead of probabilities: more stable. Default false. */
  readonly fromLogits?: boolean;
  /** Share of each target that is spread over all classes. Default 0. */
  readonly labelSmoothing?: number;
}

/** Options of {@link binaryFocalCrossentropy}. */
export interface BinaryFocalCrossentropyOptions extends FocalOptions {
  /** Whether ones count `alpha` and zeros `1 − alpha`. Default false. */
  readonly applyClassBalancing?: boolean;
  /** What ones count, where classes are balanced. Default 0.25. */
  readonly alpha?: number;
}

/** Options of {@link categoricalFocalCrossentropy}. */
export interface CategoricalFocalCrossentropyOptions extends FocalOptions {
  /** Factor of the loss. Default 0.25. */
  readonly alpha?: number;
}

const known = ['gamma', 'alpha', 'fromLogits', 'labelSmoothing'];

function readFocal(options: FocalOptions & { readonly alpha?: number }, name: string) {
  return {
    gamma: numberIn(options.gamma ?? 2, 0, Number.POSITIVE_INFINITY, `${name}: gamma`),
    alpha: numberIn(options.alpha ?? 0.25, 0, 1, `${name}: alpha`),
    fromLogits: boolean(options.fromLogits ?? false, `${name}: fromLogits`),
    labelSmoothing: numberIn(options.labelSmoothing ?? 0, 0, 1, `${name}: labelSmoothing`),
  };
}

/**
 * Mean of `−y·(1 − o)^γ·ln o − (1 − y)·o^γ·ln(1 − o)` for targets 0 and 1; outputs are kept 1e-7 away from 0 and 1. From
 * logits it is right for logits of any size.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function binaryFocalCrossentropy(options: BinaryFocalCrossentropyOptions = {}): Loss {
  const name = 'binaryFocalCrossentropy';
  checkOptions(name, options, [...known, 'applyClassBalancing']);
  const focal = readFocal(options, name);
  const applyClassBalancing = boolean(options.applyClassBalancing ?? false, `${name}: applyClassBalancing`);
  const { gamma, alpha, fromLogits, labelSmoothing } = focal;
  const argumentsOf = ({ output, shape, target, weights }: Compared) => {
    const [rows = 1] = shape;
    const arrays = [read(output), read(target), weights === undefined ? 0 : read(weights)] as const;
    // A negative α tells the kernel that there is none.
    const numbers = [Number(fromLogits), gamma, applyClassBalancing ? alpha : -1, labelSmoothing];
    return [...numbers, rows, output.size / rows, 1 / sizeOf(shape), ...arrays];
  };
  return {
    name: fromLogits ? `${name}FromLogits` : name,
    className: 'BinaryFocalCrossentropy',
    config: { ...focal, applyClassBalancing },
    reduction: 'mean',
    targetShape: (outputShape) => outputShape,
    emitForward(builder, compared, loss) {
      builder.call('focal_loss', [...argumentsOf(compared), write(loss)], 30 * compared.output.size);
    },
    emitGradient(builder, compared) {
      const gradient = builder.temporary('gradient', compared.shape);
      builder.call('focal_loss_gradient', [...argumentsOf(compared), write(gradient)], 30 * compared.output.size);
      builder.record('gradient', gradient);
      return gradient;
    },
  };
}

/** {@link binaryFocalCrossentropy} of logits. */
export function binaryFocalCrossentropyFromLogits(): Loss {
  return binaryFocalCrossentropy({ fromLogits: true });
}

/**
 * `Σ α·(1 − o)^γ·−y·ln o` over the last dimension, mean over the others, for targets that are distributions, such as
 * one-hot; outputs are made to sum to 1 and kept 1e-7 away from 0 and 1. From logits it is right for logits of any size.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function categoricalFocalCrossentropy(options: CategoricalFocalCrossentropyOptions = {}): Loss {
  const baseName = 'categoricalFocalCrossentropy';
  checkOptions(baseName, options, known);
  const config = readFocal(options, baseName);
  const { gamma, alpha, fromLogits, labelSmoothing } = config;
  const name = fromLogits ? `${baseName}FromLogits` : baseName;
  return {
    ...rowLoss(
      { name, className: 'CategoricalFocalCrossentropy', config },
      { code: fromLogits ? 3 : 2, parameters: [gamma, alpha, labelSmoothing], flops: 30 },
    ),
    targetShape(outputShape, where) {
      if ((outputShape.at(-1) ?? 0) < 2) {
        throw new ShapeError(
          `${where}: ${name} expected outputs [batch,classes], got ${formatShape([-1, ...outputShape])}`,
        );
      }
      return outputShape;
    },
  };
}

/** {@link categoricalFocalCrossentropy} of logits. */
export function categoricalFocalCrossentropyFromLogits(): Loss {
  return categoricalFocalCrossentropy({ fromLogits: true });
}
