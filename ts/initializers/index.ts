/** The initializers and their registry. */

import { OptionError } from '../errors';
import { describe, lookUp } from '../options';
import { constant, ones, zeros } from './constant';
import type { Initializer } from './initializer';
import { glorotNormal, glorotUniform, heNormal, heUniform, lecunNormal, lecunUniform } from './scaled';

export * from './constant';
export type { Initializer } from './initializer';
export * from './scaled';

/** Every initializer by its name in options. */
export const initializers = {
  zeros,
  ones,
  constant,
  glorotUniform,
  glorotNormal,
  heUniform,
  heNormal,
  lecunUniform,
  lecunNormal,
} as const;

/** Name of an initializer, as in `kernelInitializer: 'heNormal'`. */
export type InitializerName = keyof typeof initializers;

/** A name or an initializer made by one of the functions. @throws {OptionError} when it is neither. */
export function toInitializer(value: InitializerName | Initializer, what: string): Initializer {
  if (typeof value === 'string') return lookUp<() => Initializer>(initializers, value, what)();
  if (value === null || typeof value !== 'object' || typeof value.fill !== 'function') {
    throw new OptionError(`${what}: expected a name or an initializer, got ${describe(value)}`);
  }
  return value;
}
