/** Activation functions, their kernels' codes, and how layers apply them. */

import { lookUp } from '../options';
import { type Buffer, read, write } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import { emitSlope } from '../plan/slope';
import type { Shape } from '../shape';

/**
 * Name of an activation function: `linear` is the identity; `relu` max(x, 0); `relu6` cut at 6; `leakyRelu` 0.2·x below
 * 0; `elu` eˣ − 1 below 0; `gelu` x·Φ(x) and `geluTanh` its form with a tangent; `silu` (swish) x·sigmoid(x);
 * `hardSigmoid` relu6(x + 3) / 6, as in Keras 3; `hardSwish` x times that; `softmax` eˣ / Σ eˣ over the last dimension,
 * `logSoftmax` its logarithm; `mish` x·tanh(softplus(x)); `softsign` x / (1 + |x|); `hardTanh` x cut to [−1, 1];
 * `exponential` eˣ; `logSigmoid` ln sigmoid(x); `softShrink` x drawn towards 0 by ½, `hardShrink` x but 0 where |x| ≤ ½;
 * `tanhShrink` x − tanh(x); `squareplus` (x + √(x² + 4)) / 2.
 */
export type ActivationName =
  | 'linear'
  | 'sigmoid'
  | 'relu'
  | 'tanh'
  | 'relu6'
  | 'leakyRelu'
  | 'elu'
  | 'selu'
  | 'gelu'
  | 'geluTanh'
  | 'silu'
  | 'softplus'
  | 'hardSigmoid'
  | 'hardSwish'
  | 'softmax'
  | 'logSoftmax'
  | 'mish'
  | 'softsign'
  | 'hardTanh'
  | 'exponential'
  | 'logSigmoid'
  | 'softShrink'
  | 'hardShrink'
  | 'tanhShrink'
  | 'squareplus';

/** A function that layers can apply. */
export interface ActivationFunction {
  /** What layers with a fused activation give their kernel; undefined when the function must be a call of its own. */
  readonly fusedCode: number | undefined;
  /** Emits `y = f(x)` into a fresh buffer of this shape. */
  emit(builder: PlanBuilder, x: Buffer, shape: Shape): Buffer;
  /**
   * Emits the gradient by the function's input.
   *
   * @param values - The function's input and output; the input is not read by functions that may be fused.
   * @param dy - Gradient by the output; overwritten where nobody else reads it.
   */
  emitGradient(builder: PlanBuilder, values: { readonly x: Buffer; readonly y: Buffer }, dy: Buffer): Buffer;
}

/** Codes of crate/src/kernels/activation.rs from here on take their derivative from the input. */
const FIRST_BY_INPUT = 5;

/** A function of single values. @param alpha - Slope of `leakyRelu`, limit of `elu`. */
function elementwise(code: number, alpha = 0): ActivationFunction {
  const byInput = code >= FIRST_BY_INPUT;
  return {
    fusedCode: byInput ? undefined : code,
    emit(builder, x, shape) {
      const y = builder.temporary('output', shape);
      builder.call('activation_forward', [code, alpha, x.size, read(x), write(y)], x.size);
      return y;
    },
    emitGradient(builder, { x, y }, dy) {
      if (code === 0 || builder.includesSlope(dy)) return dy;
      const slope = { code, alpha, values: byInput ? x : y };
      return builder.fuseSlope(dy, slope) ? dy : emitSlope(builder, slope, dy);
    },
  };
}

/** A function of rows whose gradient follows from its output. @param flops - Of a value, forward. */
function ofRows(kernel: 'softmax' | 'log_softmax', flops: number): ActivationFunction {
  return {
    fusedCode: undefined,
    emit(builder, x, shape) {
      const y = builder.temporary('output', shape);
      const width = shape.at(-1) ?? 1;
      builder.call(kernel, [x.size / width, width, read(x), write(y)], flops * x.size);
      return y;
    },
    emitGradient(builder, { y }, dy) {
      const width = y.shape.at(-1) ?? 1;
      const dz = builder.inPlace(dy, 'preactivation gradient');
      const flops = kernel === 'softmax' ? 4 : 14;
      builder.call(`${kernel}_gradient`, [y.size / width, width, read(y), read(dy), write(dz)], flops * y.size);
      return dz;
    },
  };
}

/** Slope of a leaky relu below 0. */
export const leaky = (slope: number): ActivationFunction => elementwise(5, slope);

/** An elu that ends at −`limit`. */
export const exponentialLinear = (limit: number): ActivationFunction => elementwise(6, limit);

/** Options of {@link clipped}. */
export interface Clipping {
  /** Factor below the threshold. */
  readonly negativeSlope: number;
  /** From here on values are themselves. */
  readonly threshold: number;
  /** Largest output; none when undefined. */
  readonly maxValue: number | undefined;
}

/** A relu with limits: `x` above the threshold, at most `maxValue`, else `negativeSlope · (x − threshold)`. */
export function clipped({ negativeSlope, threshold, maxValue }: Clipping): ActivationFunction {
  const numbers = [negativeSlope, threshold, maxValue ?? Number.POSITIVE_INFINITY];
  return {
    fusedCode: undefined,
    emit(builder, x, shape) {
      const y = builder.temporary('output', shape);
      builder.call('clipped_relu', [x.size, ...numbers, read(x), write(y)], 2 * x.size);
      return y;
    },
    emitGradient(builder, { x }, dy) {
      const dz = builder.temporary('preactivation gradient', dy.shape);
      builder.call('clipped_relu_gradient', [x.size, ...numbers, read(x), read(dy), write(dz)], 2 * x.size);
      return dz;
    },
  };
}

const functions: Readonly<Record<ActivationName, ActivationFunction>> = {
  linear: elementwise(0),
  sigmoid: elementwise(1),
  relu: elementwise(2),
  tanh: elementwise(3),
  relu6: elementwise(4),
  leakyRelu: leaky(0.2),
  elu: exponentialLinear(1),
  selu: elementwise(7),
  gelu: elementwise(8),
  geluTanh: elementwise(9),
  silu: elementwise(10),
  softplus: elementwise(11),
  hardSigmoid: elementwise(12),
  hardSwish: elementwise(13),
  softmax: ofRows('softmax', 15),
  logSoftmax: ofRows('log_softmax', 16),
  mish: elementwise(14),
  softsign: elementwise(15),
  hardTanh: elementwise(16),
  exponential: elementwise(17),
  logSigmoid: elementwise(18),
  softShrink: elementwise(19, 0.5),
  hardShrink: elementwise(20, 0.5),
  tanhShrink: elementwise(21),
  squareplus: elementwise(22, 4),
};

/** The names of all activation functions. */
export const activationNames = Object.keys(functions) as ActivationName[];

/** The function of a name. @throws {OptionError} when the name is not known. */
export function activationFunction(name: ActivationName, where: string): ActivationFunction {
  return lookUp<ActivationFunction>(functions, name, `${where}: activation`);
}
