/** Adam. */

import { checkOptions, numberIn } from '../options';
import { read, update } from '../plan/buffer';
import type { Optimizer } from './optimizer';

/** Options of {@link adam}. */
export interface AdamOptions {
  /** Step width η. Default 0.001. */
  readonly learningRate?: number;
  /** Decay of the running mean of gradients. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the running mean of squared gradients. Default 0.999. */
  readonly beta2?: number;
  /** Keeps the step finite where gradients vanish. Default 1e-7. */
  readonly epsilon?: number;
}

/**
 * Adam: `p ← p − η · m̂ / (√v̂ + ε)` with the bias-corrected means m̂ and v̂ of the gradient and of its square (Kingma and
 * Ba, ICLR 2015). As in Keras, ε stands beside √v before its correction.
 *
 * @throws {OptionError} when an option is out of range.
 */
export function adam(options: AdamOptions = {}): Optimizer {
  checkOptions('adam', options, ['learningRate', 'beta1', 'beta2', 'epsilon']);
  const beta1 = numberIn(options.beta1 ?? 0.9, 0, 1 - Number.EPSILON, 'adam: beta1');
  const beta2 = numberIn(options.beta2 ?? 0.999, 0, 1 - Number.EPSILON, 'adam: beta2');
  const epsilon = numberIn(options.epsilon ?? 1e-7, 0, Number.POSITIVE_INFINITY, 'adam: epsilon');
  return {
    className: 'Adam',
    learningRate: numberIn(options.learningRate ?? 0.001, 0, Number.POSITIVE_INFINITY, 'adam: learningRate'),
    config: { beta1, beta2, epsilon },
    slots: ['m', 'v'],
    scalarCount: 4,
    writeScalars(scalars, start, iteration) {
      scalars[start] = (this.learningRate * Math.sqrt(1 - beta2 ** iteration)) / (1 - beta1 ** iteration);
      scalars[start + 1] = beta1;
      scalars[start + 2] = beta2;
      scalars[start + 3] = epsilon;
    },
    emit(builder, { parameters, gradients, slots, scalars }) {
      builder.call(
        'adam_update',
        [parameters.size, update(parameters), read(gradients), ...slots.map((slot) => update(slot)), read(scalars)],
        12 * parameters.size,
      );
    },
  };
}
