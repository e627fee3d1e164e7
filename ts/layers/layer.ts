/**
 * What a layer is: a declaration that can be built for an input shape; once built it has weights and knows
 * which kernels compute it and its gradients.
 */

import type { Constraint } from '../constraints';
import { ShapeError } from '../errors';
import type { Initializer } from '../initializers/initializer';
import type { Buffer } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import type { Regularizer } from '../regularizers';
import { formatShape, type Shape } from '../shape';
import type { ActivationFunction } from './activations';

/** A layer as the user declared it. Immutable; the same declaration may be built many times. */
export interface Layer {
  /** Keras's class name, for example `Conv2D`. */
  readonly className: string;
  /** The user's name; the model makes one from the class name when it is undefined. */
  readonly name: string | undefined;
  /** Keras's configuration with its defaults filled in, in camelCase. */
  readonly config: Readonly<Record<string, unknown>>;
  /**
   * Infers shapes and weights. Shapes have no batch dimension.
   *
   * @param name - The final name, unique in the model; begins error messages.
   * @throws {ShapeError} when the layer cannot take such an input.
   */
  build(inputShapes: readonly Shape[], name: string): BuiltLayer;
}

/** A weight that a layer asks for. */
export interface WeightSpec {
  /** Keras's name: `kernel`, `bias`. */
  readonly name: string;
  /** Dimensions. */
  readonly shape: Shape;
  /** Whether training can change it: it does where its layer is `trainable`. */
  readonly trainable: boolean;
  /** Its first values. */
  readonly initializer: Initializer;
  /** Penalty on large values. Default none. */
  readonly regularizer?: Regularizer;
  /** Rule that holds after each update. Default none. */
  readonly constraint?: Constraint;
}

/** The memory of a weight. */
export interface WeightBuffers {
  /** The values. */
  readonly value: Buffer;
  /** The gradient, when the weight is trained in this plan. */
  readonly gradient: Buffer | undefined;
}

/** An array that flows between layers: memory and the shape it is seen in, batch first. */
export interface Value {
  /** The memory. */
  readonly buffer: Buffer;
  /** Dimensions with the batch. */
  readonly shape: Shape;
}

/** A layer that was emitted into a plan. */
export interface EmittedLayer {
  /** The layer's output. */
  readonly output: Value;
  /**
   * Emits the gradients of the weights, and of the inputs that need one.
   *
   * @param gradient - Gradient of the loss by the output; the layer may overwrite it through `builder.inPlace`.
   * @param needed - For each input, whether its gradient is wanted.
   * @returns For each input its gradient, or undefined where none was wanted.
   */
  backward(gradient: Buffer, needed: readonly boolean[]): (Buffer | undefined)[];
}

/** A layer with its sizes and weights known. */
export interface BuiltLayer {
  /** Unique in the model. */
  readonly name: string;
  /** Keras's class name. */
  readonly className: string;
  /** Keras's configuration with its defaults filled in, in camelCase. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Of a layer of a nested model: the layer under its name there, whose weights it shares. */
  readonly origin?: BuiltLayer;
  /** Without the batch dimension. */
  readonly inputShapes: readonly Shape[];
  /** Without the batch dimension. */
  readonly outputShape: Shape;
  /** In Keras's order. */
  readonly weights: readonly WeightSpec[];
  /** Emits the forward pass; the answer emits the backward pass. */
  emit(builder: PlanBuilder, inputs: readonly Value[], weights: readonly WeightBuffers[]): EmittedLayer;
  /**
   * Of a layer that is a product with its first weight, its kernel, plus its second, its bias, and nothing else: how many
   * values stand together in the kernel for each channel of the output. A batch normalization behind it can be folded into
   * it; then it is emitted with two weights, also where it has no bias.
   */
  readonly kernelInner?: number;
  /** Of a batch normalization: its ε, and which of its weights are what. */
  readonly normalizes?: Normalizes;
  /** Of a layer that applies a function to each value, and does nothing else: the function. */
  readonly applies?: ActivationFunction;
}

/** What a batch normalization is made of; numbers are places among its weights. */
export interface Normalizes {
  /** Keeps the division finite. */
  readonly epsilon: number;
  /** γ; undefined without. */
  readonly gamma: number | undefined;
  /** β; undefined without. */
  readonly beta: number | undefined;
  /** The moving mean. */
  readonly mean: number;
  /** The moving variance. */
  readonly variance: number;
}

/** Begins error messages about a declaration: `conv2d`, or `conv2d "c1"` when it has a name. */
export function labelOf(what: string, options: { readonly name?: string } | undefined): string {
  return options?.name === undefined ? what : `${what} "${options.name}"`;
}

/** The only entry of a list, for layers with one input. @throws {ShapeError} when there are more. */
export function only<T>(items: readonly T[], where: string): T {
  const [item] = items;
  if (item === undefined || items.length !== 1) {
    throw new ShapeError(`${where}: expected one input, got ${items.length}`);
  }
  return item;
}

/** The entry at an index that exists. */
export function at<T>(items: readonly T[], index: number, where: string): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`${where}: nothing at index ${index} of ${items.length}`);
  return item;
}

/** `[batch,22,22,1]` for messages. */
export function formatBatchShape(shape: Shape): string {
  return formatShape([-1, ...shape]);
}
