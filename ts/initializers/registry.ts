/** The initializers by their names, and as data. */

import { fromFullConfig, type PartConfig, toPart } from '../config';
import { constant, ones, zeros } from './constant';
import { randomNormal, randomUniform, truncatedNormal, varianceScaling } from './distributions';
import type { Initializer } from './initializer';
import { identity, orthogonal } from './orthogonal';
import { glorotNormal, glorotUniform, heNormal, heUniform, lecunNormal, lecunUniform } from './scaled';

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
  randomNormal,
  randomUniform,
  truncatedNormal,
  varianceScaling,
  orthogonal,
  identity,
} as const;

/** Name of an initializer, as in `kernelInitializer: 'heNormal'`. */
export type InitializerName = keyof typeof initializers;

/** Every initializer by Keras's class name. */
const classes = Object.fromEntries(
  Object.entries(initializers).map(([name, make]) => [name.slice(0, 1).toUpperCase() + name.slice(1), make]),
);

/** A name, an initializer made by one of the functions, or one as data. @throws {OptionError} when it is none of them. */
export function toInitializer(value: InitializerName | Initializer | PartConfig, what: string): Initializer {
  return toPart<Initializer>(value, what, {
    names: initializers,
    mark: 'fill',
    make: (data, what) => fromFullConfig(classes, data, what),
    expected: `${what}: expected a name or an initializer`,
  });
}
