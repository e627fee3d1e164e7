/** Optimizers that scale steps by what came before, and one that only takes signs. */

import { boolean, checkOptions, numberIn } from '../options';
import { arraysOf, type CommonOptions, commonOptions, makeOptimizer } from './make';
import type { Optimizer } from './optimizer';

/** Options of {@link rmsprop}; the learning rate is 0.001 by default. */
export interface RmspropOptions extends CommonOptions {
  /** Decay of the running mean of squares. Default 0.9. */
  readonly rho?: number;
  /** Share of the last step that goes on. Default 0. */
  readonly momentum?: number;
  /** Keeps the step finite where gradients vanish. Default 1e-7. */
  readonly epsilon?: number;
  /** Whether the mean of gradients is taken off the mean of squares. Default false. */
  readonly centered?: boolean;
}

/**
 * RMSProp: `v ← ρ·v + (1 − ρ)·g²`, `p ← p − η·g / √(v + ε)` (Hinton, 2012, in Keras's form).
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  checkOptions('rmsprop', options, [...commonOptions, 'rho', 'momentum', 'epsilon', 'centered']);
  const rho = numberIn(options.rho ?? 0.9, 0, 1, 'rmsprop: rho');
  const momentum = numberIn(options.momentum ?? 0, 0, 1, 'rmsprop: momentum');
  const epsilon = numberIn(options.epsilon ?? 1e-7, 0, Number.POSITIVE_INFINITY, 'rmsprop: epsilon');
  const centered = boolean(options.centered ?? false, 'rmsprop: centered');
  return makeOptimizer(
    {
      className: 'RMSprop',
      label: 'rmsprop',
      defaultRate: 0.001,
      config: { rho, momentum, epsilon, centered },
      slots: ['square', 'mean', 'step'],
      writeScalars(scalars, start, rate) {
        scalars[start] = rate;
        scalars[start + 1] = rho;
        scalars[start + 2] = momentum;
        scalars[start + 3] = epsilon;
      },
      emit(builder, buffers) {
        const { size } = buffers.parameters;
        builder.call('rmsprop_update', [size, Number(centered), ...arraysOf(buffers)], 10 * size);
      },
    },
    options,
  );
}

/** Options of {@link adagrad}; the learning rate is 0.001 by default. */
export interface AdagradOptions extends CommonOptions {
  /** Keeps the step finite where gradients vanish. Default 1e-7. */
  readonly epsilon?: number;
}

/**
 * Adagrad: `a ← a + g²`, `p ← p − η·g / √(a + ε)` (Duchi, Hazan and Singer, 2011). The sums begin at 0.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  checkOptions('adagrad', options, [...commonOptions, 'epsilon']);
  const epsilon = numberIn(options.epsilon ?? 1e-7, 0, Number.POSITIVE_INFINITY, 'adagrad: epsilon');
  return makeOptimizer(
    {
      className: 'Adagrad',
      label: 'adagrad',
      defaultRate: 0.001,
      config: { epsilon },
      slots: ['accumulator'],
      writeScalars(scalars, start, rate) {
        scalars[start] = rate;
        scalars[start + 1] = epsilon;
      },
      emit(builder, buffers) {
        const { size } = buffers.parameters;
        builder.call('adagrad_update', [size, ...arraysOf(buffers)], 6 * size);
      },
    },
    options,
  );
}

/** Options of {@link adadelta}; the learning rate is 0.001 by default, the paper's is 1. */
export interface AdadeltaOptions extends CommonOptions {
  /** Decay of both means. Default 0.95. */
  readonly rho?: number;
  /** Keeps the step finite where gradients vanish. Default 1e-7. */
  readonly epsilon?: number;
}

/**
 * Adadelta: steps as large as former steps were beside former gradients (Zeiler, 2012).
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function adadelta(options: AdadeltaOptions = {}): Optimizer {
  checkOptions('adadelta', options, [...commonOptions, 'rho', 'epsilon']);
  const rho = numberIn(options.rho ?? 0.95, 0, 1, 'adadelta: rho');
  const epsilon = numberIn(options.epsilon ?? 1e-7, 0, Number.POSITIVE_INFINITY, 'adadelta: epsilon');
  return makeOptimizer(
    {
      className: 'Adadelta',
      label: 'adadelta',
      defaultRate: 0.001,
      config: { rho, epsilon },
      slots: ['squares', 'steps'],
      writeScalars(scalars, start, rate) {
        scalars[start] = rate;
        scalars[start + 1] = rho;
        scalars[start + 2] = epsilon;
        // The mean of this step, not of the one before.
        scalars[start + 3] = 0;
      },
      emit(builder, buffers) {
        const { size } = buffers.parameters;
        builder.call('adadelta_update', [size, ...arraysOf(buffers)], 12 * size);
      },
    },
    options,
  );
}

/** Options of {@link lion}; the learning rate is 0.001 by default. */
export interface LionOptions extends CommonOptions {
  /** Share of the mean in a step's direction. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean. Default 0.99. */
  readonly beta2?: number;
}

/**
 * Lion: `p ← p − η·sign(β₁m + (1 − β₁)g)`, `m ← β₂m + (1 − β₂)g` (Chen et al., 2023).
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function lion(options: LionOptions = {}): Optimizer {
  checkOptions('lion', options, [...commonOptions, 'beta1', 'beta2']);
  const beta1 = numberIn(options.beta1 ?? 0.9, 0, 1, 'lion: beta1');
  const beta2 = numberIn(options.beta2 ?? 0.99, 0, 1, 'lion: beta2');
  return makeOptimizer(
    {
      className: 'Lion',
      label: 'lion',
      defaultRate: 0.001,
      config: { beta1, beta2 },
      slots: ['mean'],
      writeScalars(scalars, start, rate) {
        scalars[start] = rate;
        scalars[start + 1] = beta1;
        scalars[start + 2] = beta2;
      },
      emit(builder, buffers) {
        const { size } = buffers.parameters;
        builder.call('lion_update', [size, ...arraysOf(buffers)], 7 * size);
      },
    },
    options,
  );
}
