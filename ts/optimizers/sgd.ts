/** Stochastic gradient descent. */

import { checkOptions, numberIn } from '../options';
import { read, update } from '../plan/buffer';
import type { Optimizer } from './optimizer';

/** Options of {@link sgd}. */
export interface SgdOptions {
  /** Step width η. Default 0.01. */
  readonly learningRate?: number;
}

/**
 * Stochastic gradient descent, the seed's update equation: `p ← p − η · dE/dp`.
 *
 * @throws {OptionError} when the learning rate is not a finite number ≥ 0.
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  checkOptions('sgd', options, ['learningRate']);
  return {
    className: 'SGD',
    learningRate: numberIn(options.learningRate ?? 0.01, 0, Number.POSITIVE_INFINITY, 'sgd: learningRate'),
    config: {},
    slots: [],
    scalarCount: 1,
    writeScalars(scalars, start) {
      scalars[start] = this.learningRate;
    },
    emit(builder, { parameters, gradients, scalars }) {
      builder.call(
        'sgd_update',
        [parameters.size, update(parameters), read(gradients), read(scalars)],
        2 * parameters.size,
      );
    },
  };
}
