/** Activation functions, their kernels' codes, and how layers apply them. */

import { lookUp } from '../options';
import { type Buffer, read, write } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import { emitSlope } from '../plan/slope';
import type { Shape } from '../shape';

/**
 * Name of an activation function: `linear` is the identity; `relu` max(x, 0); `relu6` cut at 6; `leakyRelu` 0.2·x below
 * 0; `elu` eˣ − 1 below 0; `gelu` x·Φ(x) and `geluTanh` its form with a tangent; `silu`, in TensorFlow.js
 * `swish`, x·sigmoid(x); `hardSigmoid` relu6(x + 3) / 6, as in Keras 3; `hardSwish` x times that; `softmax` eˣ / Σ eˣ over the last dimension,
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
  | 'swish'
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
  emit(builder: PlanBuilder, x: Buffer, shape: Shape): Applied;
  /**
   * Emits the gradient by the function's input.
   *
   * @param applied - What {@link emit} answered; of a function that was fused its output alone is read.
   * @param dy - Gradient by the output; overwritten where nobody else reads it.
   */
  emitGradient(builder: PlanBuilder, applied: Applied, dy: Buffer): Buffer;
}

/** What a function was applied to, and what came of it. */
export interface Applied {
  /** Its input. */
  readonly x: Buffer;
  /** Its output. */
  readonly y: Buffer;
  /** Its slopes, where they were computed with the output: then the gradient reads nothing else. */
  readonly slopes?: Buffer;
}

/** How a function of single values is computed. */
interface Elementwise {
  /** Its code, see crate/src/kernels/activation.rs. */
  readonly code: number;
  /** Slope of `leakyRelu`, limit of `elu`; 0 for functions without. */
  readonly alpha?: number;
  /** What its derivative follows from; `both` where it takes as long as the function, and little longer together with it. */
  readonly derivative: 'output' | 'input' | 'both';
}

/** The exponential function is its own slope: its code stands for slopes that are kept as well. */
const EXPONENTIAL = 17;

/** A function of single values. */
function elementwise({ code, alpha = 0, derivative }: Elementwise): ActivationFunction {
  return {
    fusedCode: derivative === 'output' ? code : undefined,
    emit(builder, x, shape) {
      const y = builder.temporary('output', shape);
      if (derivative === 'both' && builder.keepsSlopes) {
        const slopes = builder.temporary('slopes', shape);
        builder.call('activation_with_slope', [code, alpha, x.size, read(x), write(y), write(slopes)], 2 * x.size);
        return { x, y, slopes };
      }
      builder.call('activation_forward', [code, alpha, x.size, read(x), write(y)], x.size);
      return { x, y };
    },
    emitGradient(builder, { x, y, slopes }, dy) {
      if (code === 0 || builder.includesSlope(dy)) return dy;
      const slope =
        slopes === undefined
          ? { code, alpha, values: derivative === 'output' ? y : x }
          : { code: EXPONENTIAL, alpha: 0, values: slopes };
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
      return { x, y };
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

/** A function whose derivative follows from its output. */
const byOutput = (code: number): ActivationFunction => elementwise({ code, derivative: 'output' });

/** A function whose derivative follows from its input. */
const byInput = (code: number, alpha = 0): ActivationFunction => elementwise({ code, alpha, derivative: 'input' });

/** A function whose derivative is computed with it. */
const withSlope = (code: number, alpha = 0): ActivationFunction => elementwise({ code, alpha, derivative: 'both' });

/** Slope of a leaky relu below 0. */
export const leaky = (slope: number): ActivationFunction => byInput(5, slope);

/** An elu that ends at −`limit`. */
export const exponentialLinear = (limit: number): ActivationFunction => withSlope(6, limit);

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
      return { x, y };
    },
    emitGradient(builder, { x }, dy) {
      const dz = builder.temporary('preactivation gradient', dy.shape);
      builder.call('clipped_relu_gradient', [x.size, ...numbers, read(x), read(dy), write(dz)], 2 * x.size);
      return dz;
    },
  };
}

const functions: Readonly<Record<ActivationName, ActivationFunction>> = {
  linear: byOutput(0),
  sigmoid: byOutput(1),
  relu: byOutput(2),
  tanh: byOutput(3),
  relu6: byOutput(4),
  leakyRelu: leaky(0.2),
  elu: exponentialLinear(1),
  selu: withSlope(7),
  gelu: withSlope(8),
  geluTanh: withSlope(9),
  silu: withSlope(10),
  swish: withSlope(10),
  softplus: withSlope(11),
  hardSigmoid: byInput(12),
  hardSwish: byInput(13),
  softmax: ofRows('softmax', 15),
  logSoftmax: ofRows('log_softmax', 16),
  mish: withSlope(14),
  softsign: byInput(15),
  hardTanh: byInput(16),
  exponential: byOutput(17),
  logSigmoid: withSlope(18),
  softShrink: byInput(19, 0.5),
  hardShrink: byInput(20, 0.5),
  tanhShrink: withSlope(21),
  squareplus: byInput(22, 4),
};

/** The names of all activation functions. */
export const activationNames = Object.keys(functions) as ActivationName[];

/** The function of a name. @throws {OptionError} when the name is not known. */
export function activationFunction(name: ActivationName, where: string): ActivationFunction {
  return lookUp<ActivationFunction>(functions, name, `${where}: activation`);
}
