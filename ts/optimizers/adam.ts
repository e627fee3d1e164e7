/** Adam and its kin. */

import { power } from '../elementary';
import { boolean, checkOptions, numberIn } from '../options';
import { arraysOf, type CommonOptions, commonOptions, makeOptimizer } from './make';
import type { Optimizer } from './optimizer';

/** Options of {@link adam}; the learning rate is 0.001 by default. */
export interface AdamOptions extends CommonOptions {
  /** Decay of the running mean of gradients. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the running mean of squared gradients. Default 0.999. */
  readonly beta2?: number;
  /** Keeps the step finite where gradients vanish. Default 1e-7. */
  readonly epsilon?: number;
  /** Whether the largest mean of squares so far counts (Reddi, Kale and Kumar, 2018). Default false. */
  readonly amsgrad?: boolean;
}

/**
 * Adam: `p ← p − η · m̂ / (√v̂ + ε)` with the bias-corrected means m̂ and v̂ of the gradient and of its square (Kingma and
 * Ba, ICLR 2015). As in Keras, ε stands beside √v before its correction.
 *
 * @throws {OptionError} when an option is out of range.
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return adamOfClass('Adam', 'adam', options);
}

/**
 * Adam whose weights decay beside the step (Loshchilov and Hutter, 2019): {@link adam} with `weightDecay` 0.004 by
 * default, as in Keras.
 *
 * @throws {OptionError} when an option is out of range.
 */
export function adamW(options: AdamOptions = {}): Optimizer {
  return adamOfClass('AdamW', 'adamW', { weightDecay: 0.004, ...options });
}

function adamOfClass(className: string, label: string, options: AdamOptions): Optimizer {
  checkOptions(label, options, [...commonOptions, 'beta1', 'beta2', 'epsilon', 'amsgrad']);
  const { beta1, beta2, epsilon } = readDecays(options, label);
  const amsgrad = boolean(options.amsgrad ?? false, `${label}: amsgrad`);
  return makeOptimizer(
    {
      className,
      label,
      defaultRate: 0.001,
      config: { beta1, beta2, epsilon, amsgrad },
      slots: amsgrad ? ['m', 'v', 'largest v'] : ['m', 'v'],
      writeScalars(scalars, start, rate, iteration) {
        scalars[start] = (rate * Math.sqrt(1 - power(beta2, iteration))) / (1 - power(beta1, iteration));
        scalars[start + 1] = beta1;
        scalars[start + 2] = beta2;
        scalars[start + 3] = epsilon;
      },
      emit(builder, buffers) {
        const { size } = buffers.parameters;
        const kernel = amsgrad ? 'amsgrad_update' : 'adam_update';
        builder.call(kernel, [size, ...arraysOf(buffers)], 12 * size);
      },
    },
    options,
  );
}

/** Options of {@link adamax}; the learning rate is 0.001 by default. */
export interface AdamaxOptions extends CommonOptions {
  /** Decay of the running mean of gradients. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the largest gradient so far. Default 0.999. */
  readonly beta2?: number;
  /** Keeps the step finite where gradients vanish. Default 1e-7. */
  readonly epsilon?: number;
}

/**
 * Adamax: `p ← p − η · m̂ / (u + ε)` with Adam's bias-corrected mean m̂ of the gradient and `u ← max(β₂u, |g|)` (Kingma and
 * Ba, ICLR 2015).
 *
 * @throws {OptionError} when an option is out of range.
 */
export function adamax(options: AdamaxOptions = {}): Optimizer {
  checkOptions('adamax', options, [...commonOptions, 'beta1', 'beta2', 'epsilon']);
  const { beta1, beta2, epsilon } = readDecays(options, 'adamax');
  return makeOptimizer(
    {
      className: 'Adamax',
      label: 'adamax',
      defaultRate: 0.001,
      config: { beta1, beta2, epsilon },
      slots: ['m', 'u'],
      writeScalars(scalars, start, rate, iteration) {
        scalars[start] = rate / (1 - power(beta1, iteration));
        scalars[start + 1] = beta1;
        scalars[start + 2] = beta2;
        scalars[start + 3] = epsilon;
      },
      emit(builder, buffers) {
        const { size } = buffers.parameters;
        builder.call('adamax_update', [size, ...arraysOf(buffers)], 9 * size);
      },
    },
    options,
  );
}

/** The numbers that Adam and its kin share. */
function readDecays(
  options: AdamaxOptions,
  label: string,
): { readonly beta1: number; readonly beta2: number; readonly epsilon: number } {
  return {
    beta1: numberIn(options.beta1 ?? 0.9, 0, 1 - Number.EPSILON, `${label}: beta1`),
    beta2: numberIn(options.beta2 ?? 0.999, 0, 1 - Number.EPSILON, `${label}: beta2`),
    epsilon: numberIn(options.epsilon ?? 1e-7, 0, Number.POSITIVE_INFINITY, `${label}: epsilon`),
  };
}
