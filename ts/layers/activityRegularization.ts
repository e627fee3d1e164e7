/** A penalty on large activations. */

import { checkOptions, numberIn } from '../options';
import { read, update, write } from '../plan/buffer';
import { type Layer, labelOf, only } from './layer';
import { single, unweighted } from './unweighted';

/** Options of {@link activityRegularization}. */
export interface ActivityRegularizationOptions {
  /** Factor of Σ|x|. Default 0. */
  readonly l1?: number;
  /** Factor of Σx². Default 0. */
  readonly l2?: number;
  /** Unique name in the model. Default `activity_regularization_1`, …. */
  readonly name?: string;
}

/**
 * Hands its input on and adds `(l1·Σ|x| + l2·Σx²) / batch` to the loss, in training and evaluation. Any shape.
 *
 * @throws {OptionError} when `l1` or `l2` is not a finite number ≥ 0.
 */
export function activityRegularization(options: ActivityRegularizationOptions = {}): Layer {
  const label = labelOf('activityRegularization', options);
  checkOptions(label, options, ['l1', 'l2', 'name']);
  const l1 = numberIn(options.l1 ?? 0, 0, Number.POSITIVE_INFINITY, `${label}: l1`);
  const l2 = numberIn(options.l2 ?? 0, 0, Number.POSITIVE_INFINITY, `${label}: l2`);
  return unweighted({
    className: 'ActivityRegularization',
    label: 'activityRegularization',
    name: options.name,
    config: { l1, l2 },
    infer: single,
    emit(builder, inputs, shape) {
      const { buffer: x } = only(inputs, label);
      const factors = [l1 / builder.batch, l2 / builder.batch] as const;
      builder.penalize({ l1: factors[0], l2: factors[1], buffer: x });
      return {
        output: { buffer: x, shape },
        backward(gradient, [needed]) {
          if (!needed) return [undefined];
          const dx = builder.inPlace(gradient, 'input gradient');
          // Code 0 is the identity: a copy.
          if (dx !== gradient) {
            builder.call('activation_forward', [0, 0, dx.size, read(gradient), write(dx)]);
          }
          builder.call('penalize', [dx.size, ...factors, read(x), update(dx)], 4 * dx.size);
          return [dx];
        },
      };
    },
  });
}
