/** Parts of a model as data, as they stand in files: Keras's class name and the options. */

import { OptionError } from './errors';
import { checkOptions, describe, lookUp } from './options';

/** A layer, an initializer, an optimizer, … as data. */
export interface PartConfig {
  /** Keras's class name, for example `HeNormal`. */
  readonly className: string;
  /** The options of the function that makes it, plain data. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** The class name and options of something that has them, and nothing else of it. */
export function configOf({ className, config }: PartConfig): PartConfig {
  return { className, config };
}

/**
 * Makes a part from data.
 *
 * @param makers - The functions by class name.
 * @param what - Begins error messages.
 * @throws {OptionError} when the data is something else, the class is not known, or an option is not.
 */
export function fromConfig<T>(makers: Readonly<Record<string, unknown>>, value: unknown, what: string): T {
  checkOptions(what, value, ['className', 'config']);
  const { className, config } = value as Partial<PartConfig>;
  if (typeof className !== 'string') {
    throw new OptionError(`${what}: expected a className, got ${describe(className)}`);
  }
  const make = lookUp(makers, className, `${what}: className`) as (options: unknown) => T;
  const options = config ?? {};
  checkOptions(`${what}: config`, options, Object.keys(options));
  return make(options);
}

/**
 * {@link fromConfig} for parts that tell all their options again: one that they do not tell is an error, also where the
 * function that makes them takes none.
 *
 * @throws {OptionError} as {@link fromConfig}.
 */
export function fromFullConfig<T extends { readonly config?: object }>(
  makers: Readonly<Record<string, unknown>>,
  value: unknown,
  what: string,
): T {
  const made = fromConfig<T>(makers, value, what);
  checkOptions(`${what}: config`, (value as PartConfig).config ?? {}, Object.keys(made.config ?? {}));
  return made;
}

/** What a part of one kind can be given as. */
export interface PartForms<T> {
  /** Functions that make it, by its names in options. */
  readonly names: Readonly<Record<string, () => T>>;
  /** A function that only it has. */
  readonly mark: keyof T & string;
  /** Makes it from data. */
  readonly make: (value: unknown, what: string) => T;
  /** The error where it is nothing of that; what came is added. */
  readonly expected: string;
}

/** A part by its name, itself, or as data. @param what - Begins error messages. @throws {OptionError} when it is none of them. */
export function toPart<T extends object>(value: unknown, what: string, forms: PartForms<T>): T {
  if (typeof value === 'string') return lookUp(forms.names, value, what)();
  if (value !== null && typeof value === 'object') {
    if (forms.mark in value && typeof (value as T)[forms.mark] === 'function') return value as T;
    if ('className' in value) return forms.make(value, what);
  }
  throw new OptionError(`${forms.expected}, got ${describe(value)}`);
}
