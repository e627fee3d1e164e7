/** Bounds for files of unknown origin. Each has a default and an option. */

import { LimitError } from '../errors';
import { checkOptions, wholeNumber } from '../options';

/** Bounds that a file must keep; what exceeds one is refused before memory is taken for it. */
export interface Limits {
  /** Bytes of the whole file. Default 4 GiB. */
  readonly bytes: number;
  /** Bytes of a safetensors header. Default 100,000,000, the format's own bound. */
  readonly headerBytes: number;
  /** Values of a JSON text, objects and lists among them. Default 2,000,000. */
  readonly jsonValues: number;
  /** Objects and lists within each other in a JSON text. Default 64. */
  readonly jsonDepth: number;
  /** Tensors of a file. Default 65,536. */
  readonly tensors: number;
  /** Dimensions of a tensor. Default 8. */
  readonly rank: number;
  /** Size of one dimension. Default 2³¹ − 1. */
  readonly dimension: number;
  /** Layers of a model, those of nested models among them. Default 10,000. */
  readonly layers: number;
  /** Parameters that a configuration may ask for: memory that its first weights take. Default 2²⁸ (1 GiB). */
  readonly parameters: number;
}

/** The limits where no other are given. */
export const defaultLimits: Limits = {
  bytes: 2 ** 32,
  headerBytes: 100_000_000,
  jsonValues: 2_000_000,
  jsonDepth: 64,
  tensors: 65_536,
  rank: 8,
  dimension: 2 ** 31 - 1,
  layers: 10_000,
  parameters: 2 ** 28,
};

/** The defaults with the given limits in their place. @throws {OptionError} when one is unknown or no integer ≥ 0. */
export function readLimits(given: Partial<Limits> | undefined, where: string): Limits {
  if (given === undefined) return defaultLimits;
  checkOptions(`${where}: limits`, given, Object.keys(defaultLimits));
  const limits: Record<keyof Limits, number> = { ...defaultLimits };
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) limits[name as keyof Limits] = wholeNumber(value, `${where}: limits.${name}`);
  }
  return limits;
}

/** @throws {LimitError} when `value` is larger than `limit`. @param what - Begins the message and ends before a number. */
export function checkLimit(value: number, limit: number, where: string, what: string): void {
  if (value > limit) throw new LimitError(`${where}: expected at most ${limit} ${what}, got ${value}`);
}
