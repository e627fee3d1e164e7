/** Stochastic gradient descent. */

import { boolean, checkOptions, numberIn } from '../options';
import { arraysOf, type CommonOptions, commonOptions, makeOptimizer } from './make';
import type { Optimizer } from './optimizer';

/** Options of {@link sgd}; the learning rate is 0.01 by default. */
export interface SgdOptions extends CommonOptions {
  /** Share of the last step that goes on. Default 0. */
  readonly momentum?: number;
  /** Whether the gradient counts as if taken where the momentum leads. Default false. */
  readonly nesterov?: boolean;
}

/**
 * Stochastic gradient descent, the seed's update equation: `p ← p − η · dE/dp`. With momentum `v ← μ·v − η·g`,
 * `p ← p + v`; with Nesterov `p ← p + μ·v − η·g`.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  checkOptions('sgd', options, [...commonOptions, 'momentum', 'nesterov']);
  const momentum = numberIn(options.momentum ?? 0, 0, 1, 'sgd: momentum');
  const nesterov = boolean(options.nesterov ?? false, 'sgd: nesterov');
  return makeOptimizer(
    {
      className: 'SGD',
      label: 'sgd',
      defaultRate: 0.01,
      config: { momentum, nesterov },
      slots: momentum > 0 ? ['velocity'] : [],
      writeScalars(scalars, start, rate) {
        scalars[start] = rate;
        scalars[start + 1] = momentum;
        // The velocity holds steps, not gradients.
        scalars[start + 2] = 0;
      },
      emit(builder, buffers) {
        const { size } = buffers.parameters;
        if (momentum > 0) {
          builder.call('momentum_update', [size, Number(nesterov), ...arraysOf(buffers)], 4 * size);
        } else {
          builder.call('sgd_update', [size, ...arraysOf(buffers)], 2 * size);
        }
      },
    },
    options,
  );
}
