/** What callbacks that watch a number of each epoch have in common. */

import { OptionError } from '../errors';
import { describe, numberIn } from '../options';
import type { Logs } from './callback';

/** Options of callbacks that watch a number of each epoch. */
export interface MonitorOptions {
  /** Which number of an epoch is watched. Default `'val_loss'`. */
  readonly monitor?: string;
  /**
   * Whether smaller or larger is better. `'auto'` takes larger for names that contain `accuracy`, `auc`, `precision`,
   * `recall` or `f1`. Default `'auto'`.
   */
  readonly mode?: 'auto' | 'min' | 'max';
}

/** The names of {@link MonitorOptions}. */
export const monitorOptions = ['monitor', 'mode'];

/** Watches one number: which of its values is the best so far. */
export class Monitor {
  readonly #where: string;
  readonly #name: string;
  readonly #minDelta: number;
  readonly #larger: boolean;
  readonly #threshold: number | undefined;
  #best: number | undefined;

  /**
   * @param minDelta - Smallest change that counts as better.
   * @param threshold - What the first value must be better than. Default nothing.
   * @throws {OptionError} when an option is out of range.
   */
  constructor(where: string, options: MonitorOptions, minDelta = 0, threshold?: number) {
    const { monitor = 'val_loss', mode = 'auto' } = options;
    if (typeof monitor !== 'string') {
      throw new OptionError(`${where}: monitor: expected a name, got ${describe(monitor)}`);
    }
    if (mode !== 'auto' && mode !== 'min' && mode !== 'max') {
      throw new OptionError(`${where}: expected mode "auto", "min" or "max", got ${describe(mode)}`);
    }
    this.#where = where;
    this.#name = monitor;
    this.#minDelta = numberIn(minDelta, 0, Number.POSITIVE_INFINITY, `${where}: minDelta`);
    this.#larger = mode === 'max' || (mode === 'auto' && /accuracy|auc|precision|recall|f1/i.test(monitor));
    this.#threshold = threshold;
    this.reset();
  }

  /** Forgets the best value. */
  reset(): void {
    this.#best = this.#threshold;
  }

  /** The best value so far; undefined for none. */
  get best(): number | undefined {
    return this.#best;
  }

  /** Goes on from a best value. */
  restore(best: number | undefined): void {
    this.#best = best;
  }

  /** The watched number of an epoch. @throws {OptionError} when the epoch does not have it. */
  read(logs: Logs): number {
    const value = Object.hasOwn(logs, this.#name) ? logs[this.#name] : undefined;
    if (value === undefined) {
      throw new OptionError(
        `${this.#where}: expected monitor to be one of ${Object.keys(logs).join(', ')}, got "${this.#name}"`,
      );
    }
    return value;
  }

  /** Whether a value is better than another by the smallest change that counts; NaN never is. */
  isBetter(value: number, other: number): boolean {
    return this.#larger ? value - this.#minDelta > other : value + this.#minDelta < other;
  }

  /** Whether a value is the best since {@link reset}, and keeps it then. NaN is not, and any number is better than none. */
  isBest(value: number): boolean {
    if (Number.isNaN(value) || (this.#best !== undefined && !this.isBetter(value, this.#best))) return false;
    this.#best = value;
    return true;
  }
}
