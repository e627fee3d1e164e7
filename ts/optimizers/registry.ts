/** The optimizers by their names, and as data. */

import { fromConfig, type PartConfig } from '../config';
import { OptionError } from '../errors';
import { describe, lookUp } from '../options';
import { adam, adamax, adamW } from './adam';
import type { Optimizer } from './optimizer';
import { adadelta, adagrad, lion, rmsprop } from './others';
import { sgd } from './sgd';

/** Every optimizer by its name in options. */
export const optimizers = { sgd, adam, adamW, adamax, rmsprop, adagrad, adadelta, lion } as const;

/** Name of an optimizer, as in `optimizer: 'sgd'`, with its default options. */
export type OptimizerName = keyof typeof optimizers;

/** Every optimizer by Keras's class name. */
const classes = {
  SGD: sgd,
  Adam: adam,
  AdamW: adamW,
  Adamax: adamax,
  RMSprop: rmsprop,
  Adagrad: adagrad,
  Adadelta: adadelta,
  Lion: lion,
};

/** A name, an optimizer or one as data. @throws {OptionError} when it is none of them. */
export function toOptimizer(value: OptimizerName | Optimizer | PartConfig, where: string): Optimizer {
  if (typeof value === 'string') return lookUp<() => Optimizer>(optimizers, value, `${where}: optimizer`)();
  if (value !== null && typeof value === 'object') {
    if ('writeScalars' in value && typeof value.writeScalars === 'function') return value;
    if ('className' in value) return fromConfig(classes, value, `${where}: optimizer`);
  }
  throw new OptionError(
    `${where}: expected optimizer to be one of ${Object.keys(optimizers).join(', ')} or made by one of them, got ${describe(value)}`,
  );
}

/**
 * An optimizer as it stands in files, with its learning rate of now or its schedule.
 *
 * @throws {OptionError} when its learning rate follows a function of the user's.
 */
export function optimizerConfig(optimizer: Optimizer, where: string): PartConfig {
  const { className, config, learningRate, schedule } = optimizer;
  if (schedule === undefined) return { className, config: { learningRate, ...config } };
  if (schedule.className === undefined || schedule.config === undefined) {
    throw new OptionError(
      `${where}: expected a learning rate that is a number or one of the library's schedules, got a function`,
    );
  }
  const rate = { className: schedule.className, config: schedule.config };
  return { className, config: { learningRate: rate, ...config } };
}
