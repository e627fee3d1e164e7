/** The optimizers and their registry. */

import { OptionError } from '../errors';
import { describe, lookUp } from '../options';
import { adam, adamW } from './adam';
import type { Optimizer } from './optimizer';
import { adadelta, adagrad, lion, rmsprop } from './others';
import { sgd } from './sgd';

export * from './adam';
export type { CommonOptions } from './make';
export type { Optimizer } from './optimizer';
export * from './others';
export * from './schedules';
export * from './sgd';

/** Every optimizer by its name in options. */
export const optimizers = { sgd, adam, adamW, rmsprop, adagrad, adadelta, lion } as const;

/** Name of an optimizer, as in `optimizer: 'sgd'`, with its default options. */
export type OptimizerName = keyof typeof optimizers;

/** A name or an optimizer. @throws {OptionError} when it is neither. */
export function toOptimizer(value: OptimizerName | Optimizer, where: string): Optimizer {
  if (typeof value === 'string') return lookUp<() => Optimizer>(optimizers, value, `${where}: optimizer`)();
  if (value === null || typeof value !== 'object' || typeof value.writeScalars !== 'function') {
    throw new OptionError(
      `${where}: expected optimizer to be one of ${Object.keys(optimizers).join(', ')} or made by one of them, got ${describe(value)}`,
    );
  }
  return value;
}
