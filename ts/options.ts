/** Checks of options: an option that is unknown or out of range is an error, never ignored. */

import { OptionError } from './errors';

/** @throws {OptionError} when `options` is no object or has a key that is not in `known`. */
export function checkOptions(where: string, options: unknown, known: readonly string[]): void {
  if (options === null || typeof options !== 'object' || Array.isArray(options)) {
    throw new OptionError(`${where}: expected an object of options, got ${describe(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new OptionError(`${where}: expected only the options ${known.join(', ')}, got "${name}"`);
    }
  }
}

/** Checks an integer ≥ 1. @throws {OptionError} naming `what`. */
export function positiveInteger(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
    throw new OptionError(`${what}: expected an integer ≥ 1, got ${describe(value)}`);
  }
  return value;
}

/** Checks an integer ≥ 0. @throws {OptionError} naming `what`. */
export function wholeNumber(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new OptionError(`${what}: expected an integer ≥ 0, got ${describe(value)}`);
  }
  return value;
}

/** Checks a finite number in `[low, high]`. @throws {OptionError} naming `what`. */
export function numberIn(value: unknown, low: number, high: number, what: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < low || value > high) {
    const range = high === Number.POSITIVE_INFINITY ? `a finite number ≥ ${low}` : `a number in [${low}, ${high}]`;
    throw new OptionError(`${what}: expected ${range}, got ${describe(value)}`);
  }
  return value;
}

/** Checks true or false. @throws {OptionError} naming `what`. */
export function boolean(value: unknown, what: string): boolean {
  if (typeof value !== 'boolean') throw new OptionError(`${what}: expected true or false, got ${describe(value)}`);
  return value;
}

/** Checks a padding of windows. @throws {OptionError} naming `what`. */
export function windowPadding(value: unknown, what: string): 'valid' | 'same' {
  if (value !== 'valid' && value !== 'same') {
    throw new OptionError(`${what}: expected padding "valid" or "same", got ${describe(value)}`);
  }
  return value;
}

/** Looks a name up in a table. @throws {OptionError} naming `what` and the known names. */
export function lookUp<T>(table: Readonly<Record<string, T>>, name: string, what: string): T {
  const entry = typeof name === 'string' && Object.hasOwn(table, name) ? table[name] : undefined;
  if (entry === undefined) {
    throw new OptionError(`${what}: expected one of ${Object.keys(table).join(', ')}, got ${describe(name)}`);
  }
  return entry;
}

/** A value for an error message, cut to a readable length. */
export function describe(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
