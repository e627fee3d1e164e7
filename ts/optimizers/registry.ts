/** The optimizers by their names, and as data. */

import { fromConfig, type PartConfig, toPart } from '../config';
import { OptionError } from '../errors';
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
  return toPart<Optimizer>(value, `${where}: optimizer`, {
    names: optimizers,
    mark: 'writeScalars',
    make: (data, what) => fromConfig(classes, data, what),
    expected: `${where}: expected optimizer to be one of ${Object.keys(optimizers).join(', ')} or made by one of them`,
  });
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
