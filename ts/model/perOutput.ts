/** Options and data that a model takes for each of its outputs: one for all, a list, or an object by the outputs' names. */

import { OptionError } from '../errors';
import { describe } from '../options';

/** One for all outputs, a list with one for each, or an object by their names; null where an output has none. */
export type PerOutput<T> = T | readonly (T | null)[] | Readonly<Record<string, T | null>>;

/**
 * Gives each output its own.
 *
 * @param names - The outputs.
 * @param isOne - Whether a value is one for all outputs.
 * @returns For each output its value; undefined where a list has null and an object has no entry.
 * @throws {OptionError} when a list has not one entry for each output, or an object has other names.
 */
export function perOutput<T>(
  value: unknown,
  names: readonly string[],
  isOne: (value: unknown) => boolean,
  what: string,
): (T | undefined)[] {
  if (isOne(value)) return names.map(() => value as T);
  if (Array.isArray(value)) {
    if (value.length !== names.length) {
      throw new OptionError(`${what}: expected ${names.length} entries, ${listing(names)}, got ${value.length}`);
    }
    return value.map((entry) => (entry ?? undefined) as T | undefined);
  }
  if (value === null || typeof value !== 'object') {
    throw new OptionError(`${what}: expected one for all outputs, a list or an object by name, got ${describe(value)}`);
  }
  checkNames(value, names, what);
  return names.map((name) => (ownEntry(value, name) ?? undefined) as T | undefined);
}

/** @throws {OptionError} when an object has entries that are not named as outputs are. */
export function checkNames(value: object, names: readonly string[], what: string): void {
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new OptionError(`${what}: expected the name of an output, ${names.join(', ')}, got "${unknown}"`);
}

/** The entry of this name, not an inherited one. */
export function ownEntry(value: object, name: string): unknown {
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

/** `one for each of digit, size`, for messages. */
export function listing(names: readonly string[]): string {
  return `one for each of ${names.join(', ')}`;
}
