/** What a loss is: one number from outputs and targets, and its gradient by the outputs. */

import type { Buffer } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import type { Shape } from '../shape';

/** What a loss compares. */
export interface Compared {
  /** The outputs. */
  readonly output: Buffer;
  /** Their shape, batch first. */
  readonly shape: Shape;
  /** The targets. */
  readonly target: Buffer;
  /** A weight for each sample; undefined where all count the same. */
  readonly weights: Buffer | undefined;
}

/** A loss. Stateless: the same object serves any model. */
export interface Loss {
  /** Name in options and reports. */
  readonly name: string;
  /** Keras's class name, for files; undefined for a loss that files cannot name. */
  readonly className?: string;
  /** Options that make the same loss, for files. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Whether the kernel's number is the sum over the batch or its mean. Gradients are those of that number. */
  readonly reduction: 'sum' | 'mean';
  /** Shape of one sample's target for outputs of this shape. @throws {ShapeError} when the loss cannot take them. */
  targetShape(outputShape: Shape, where: string): Shape;
  /** Checks the values of targets, where the loss has a rule for them. @throws {ValueError} naming the sample. */
  checkTargets?(targets: Float32Array, outputShape: Shape, where: string): void;
  /** Emits the loss into `loss[0]`. */
  emitForward(builder: PlanBuilder, compared: Compared, loss: Buffer): void;
  /** Emits the gradient by the outputs. */
  emitGradient(builder: PlanBuilder, compared: Compared): Buffer;
}
