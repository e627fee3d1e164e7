/** Initializers that need no chance. */

import { checkOptions, numberIn } from '../options';
import type { Initializer } from './initializer';

/** All zeros: the default of every bias. */
export function zeros(): Initializer {
  return { className: 'Zeros', config: {}, fill: (values) => void values.fill(0) };
}

/** All ones. */
export function ones(): Initializer {
  return { className: 'Ones', config: {}, fill: (values) => void values.fill(1) };
}

/** One value everywhere. @param options.value - Default 0. @throws {OptionError} when it is not finite. */
export function constant(options: { readonly value?: number } = {}): Initializer {
  checkOptions('constant', options, ['value']);
  const value = numberIn(options.value ?? 0, -Number.MAX_VALUE, Number.MAX_VALUE, 'constant value');
  return { className: 'Constant', config: { value }, fill: (values) => void values.fill(value) };
}
