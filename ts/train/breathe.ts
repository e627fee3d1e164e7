/** Gives the event loop a turn, so that a page stays responsive and Ctrl-C is heard during training. */

import { OptionError } from '../errors';
import { describe } from '../options';

/** When `fit` yields: `'auto'` about 30 times a second, every `n` milliseconds, after every batch, epoch, or never. */
export type YieldEvery = 'auto' | 'batch' | 'epoch' | 'never' | number;

/** Decides when to yield. */
export class Breather {
  readonly #milliseconds: number;
  readonly #epochs: boolean;
  #last = performance.now();

  /** @throws {OptionError} when `every` is not a {@link YieldEvery}. */
  constructor(every: YieldEvery, where: string) {
    this.#epochs = every !== 'never';
    if (every === 'auto') this.#milliseconds = 32;
    else if (every === 'batch') this.#milliseconds = 0;
    else if (every === 'epoch' || every === 'never') this.#milliseconds = Number.POSITIVE_INFINITY;
    else if (typeof every === 'number' && every >= 0) this.#milliseconds = every;
    else {
      throw new OptionError(
        `${where}: expected yieldEvery "auto", "batch", "epoch", "never" or milliseconds ≥ 0, got ${describe(every)}`,
      );
    }
  }

  /** Whether it is time, after a batch. */
  get due(): boolean {
    return performance.now() - this.#last >= this.#milliseconds;
  }

  /** Whether to yield after each epoch. */
  get dueAfterEpoch(): boolean {
    return this.#epochs;
  }

  /** Waits for one turn of the event loop. */
  async breathe(): Promise<void> {
    await turn();
    this.#last = performance.now();
  }
}

function turn(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve));
  // Browsers hold repeated timers back by 4 ms; a message is not held back.
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
