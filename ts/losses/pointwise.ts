/** Losses that compare each output with its own target: means over the batch. */

import { boolean, checkOptions, numberIn } from '../options';
import { type Buffer, read, write } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import { type Shape, sizeOf } from '../shape';
import type { Compared, Loss } from './loss';

/** A loss of crate/src/kernels/pointwise_loss.rs. */
interface Pointwise {
  /** Which one. */
  readonly code: number;
  /** Its δ or its smoothing. */
  readonly parameter: number;
  /** What the sum over all outputs is multiplied by. @param shape - Of the outputs, batch first. */
  readonly scale: (shape: Shape) => number;
}

/** Emits the loss into `loss[0]`. */
export function emitPointwise(builder: PlanBuilder, pointwise: Pointwise, compared: Compared, loss: Buffer): void {
  builder.call('pointwise_loss', [...argumentsOf(pointwise, compared), write(loss)], 5 * compared.output.size);
}

/** Emits the gradient by the outputs. */
export function emitPointwiseGradient(builder: PlanBuilder, pointwise: Pointwise, compared: Compared): Buffer {
  const gradient = builder.temporary('gradient', compared.shape);
  builder.call(
    'pointwise_loss_gradient',
    [...argumentsOf(pointwise, compared), write(gradient)],
    5 * compared.output.size,
  );
  builder.record('gradient', gradient);
  return gradient;
}

function argumentsOf({ code, parameter, scale }: Pointwise, { output, shape, target, weights }: Compared) {
  const [rows = 1] = shape;
  const arrays = [read(output), read(target), weights === undefined ? 0 : read(weights)] as const;
  return [code, parameter, rows, output.size / rows, scale(shape), ...arrays];
}

/** The mean over all outputs. */
const overAll = (shape: Shape): number => 1 / sizeOf(shape);
/** The sum over the last dimension, the mean over the others. */
const overRows = (shape: Shape): number => (shape.at(-1) ?? 1) / sizeOf(shape);

type Identity = Required<Pick<Loss, 'name' | 'className' | 'config'>>;

/** A mean of a function of single outputs and targets. @param code - Of crate/src/kernels/pointwise_loss.rs. */
export function pointwiseLoss(identity: Identity, code: number, parameter = 0, scale = overAll): Loss {
  const pointwise = { code, parameter, scale };
  return {
    ...identity,
    reduction: 'mean',
    targetShape: (outputShape) => outputShape,
    emitForward: (builder, compared, loss) => emitPointwise(builder, pointwise, compared, loss),
    emitGradient: (builder, compared) => emitPointwiseGradient(builder, pointwise, compared),
  };
}

/** Mean of `(o − y)²`. */
export function meanSquaredError(): Loss {
  return pointwiseLoss({ name: 'meanSquaredError', className: 'MeanSquaredError', config: {} }, 0);
}

/** Mean of `|o − y|`. */
export function meanAbsoluteError(): Loss {
  return pointwiseLoss({ name: 'meanAbsoluteError', className: 'MeanAbsoluteError', config: {} }, 1);
}

/**
 * Mean of `d²/2` for |d| ≤ delta, else `delta·|d| − delta²/2`, d = o − y (Huber, 1964).
 *
 * @param options.delta - Default 1.
 * @throws {OptionError} when `delta` is not a finite number ≥ 0.
 */
export function huber(options: { readonly delta?: number } = {}): Loss {
  checkOptions('huber', options, ['delta']);
  const delta = numberIn(options.delta ?? 1, 0, Number.POSITIVE_INFINITY, 'huber: delta');
  return pointwiseLoss({ name: 'huber', className: 'Huber', config: { delta } }, 2, delta);
}

/** Options of {@link binaryCrossentropy}. */
export interface BinaryCrossentropyOptions {
  /** Whether outputs are logits, without a sigmoid: more stable. Default false. */
  readonly fromLogits?: boolean;
  /** Draws targets towards 1/2 by this share. Default 0. */
  readonly labelSmoothing?: number;
}

/**
 * Mean of `−y·ln o − (1 − y)·ln(1 − o)`; outputs are kept 1e-7 away from 0 and 1.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function binaryCrossentropy(options: BinaryCrossentropyOptions = {}): Loss {
  const name = 'binaryCrossentropy';
  checkOptions(name, options, ['fromLogits', 'labelSmoothing']);
  const smoothing = numberIn(options.labelSmoothing ?? 0, 0, 1, `${name}: labelSmoothing`);
  const fromLogits = boolean(options.fromLogits ?? false, `${name}: fromLogits`);
  const identity = { className: 'BinaryCrossentropy', config: { fromLogits, labelSmoothing: smoothing } };
  return fromLogits
    ? pointwiseLoss({ name: `${name}FromLogits`, ...identity }, 4, smoothing)
    : pointwiseLoss({ name, ...identity }, 3, smoothing);
}

/** {@link binaryCrossentropy} of logits. */
export function binaryCrossentropyFromLogits(): Loss {
  return binaryCrossentropy({ fromLogits: true });
}

/** Mean of `max(1 − y·o, 0)` for targets −1 and 1. */
export function hinge(): Loss {
  return pointwiseLoss({ name: 'hinge', className: 'Hinge', config: {} }, 5);
}

/** Mean of `max(1 − y·o, 0)²` for targets −1 and 1. */
export function squaredHinge(): Loss {
  return pointwiseLoss({ name: 'squaredHinge', className: 'SquaredHinge', config: {} }, 7);
}

/** `Σ y·ln(y / o)` over the last dimension, mean over the others; both are kept 1e-7 away from 0. */
export function kullbackLeiblerDivergence(): Loss {
  const identity = { name: 'kullbackLeiblerDivergence', className: 'KLDivergence', config: {} };
  return pointwiseLoss(identity, 6, 0, overRows);
}
