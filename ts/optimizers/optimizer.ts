/** What an optimizer is: how parameters follow their gradients. */

import type { Constraint } from '../constraints';
import type { Buffer } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import type { Regularizer } from '../regularizers';
import type { Shape } from '../shape';
import type { LearningRateSchedule } from './schedules';

/** A trainable parameter by itself. */
export interface Variable {
  /** What the layer asked for. */
  readonly spec: { readonly shape: Shape; readonly regularizer?: Regularizer; readonly constraint?: Constraint };
  /** The values. */
  readonly value: Buffer;
  /** The gradient. */
  readonly gradient: Buffer;
}

/** The memory that an update works on: all trainable parameters of a model lie in one piece, so do their gradients. */
export interface UpdateBuffers {
  /** All trainable parameters. */
  readonly parameters: Buffer;
  /** Their gradients, in the same order. */
  readonly gradients: Buffer;
  /** The optimizer's own state, each as large as the parameters; zero at first. */
  readonly slots: readonly Buffer[];
  /** Numbers that change from step to step, such as the learning rate. */
  readonly scalars: Buffer;
  /** The parameters one by one. */
  readonly variables: readonly Variable[];
}

/** An optimizer. */
export interface Optimizer {
  /** Keras's class name. */
  readonly className: string;
  /** Step width η; may be changed between steps, also by callbacks. */
  learningRate: number;
  /** What the learning rate follows; undefined where it is a number. */
  readonly schedule?: LearningRateSchedule | undefined;
  /** Keras's configuration without the learning rate. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Names of the slots: arrays as large as the parameters. */
  readonly slots: readonly string[];
  /** Steps whose gradients are averaged for one update; the last of them is the update. Default 1. */
  readonly accumulationSteps?: number;
  /** Number of the slot with averages of the parameters, which the model takes at the end of `fit`. Default none. */
  readonly averageSlot?: number | undefined;
  /** Number of scalars that {@link Optimizer.writeScalars} writes. */
  readonly scalarCount: number;
  /** Writes what the update of this step needs into `scalars`, `start` elements in. @param iteration - 1 for the first step. */
  writeScalars(scalars: Float32Array, start: number, iteration: number): void;
  /** Emits the update. */
  emit(builder: PlanBuilder, buffers: UpdateBuffers): void;
  /** Emits what a step does that only gathers gradients; needed where {@link Optimizer.accumulationSteps} is more than 1. */
  emitAccumulation?(builder: PlanBuilder, buffers: UpdateBuffers): void;
}
