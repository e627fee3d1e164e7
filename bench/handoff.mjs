/**
 * How long a word takes from one core to another and back. Virtual cores lie on the same die of a processor, or on two: there it
 * takes three to five times as long, and what one thread wrote and another reads, in its order, comes at a third of the speed. A virtual
 * machine's cores may move while it runs, so this belongs to every time that was measured with several threads.
 */

import { Worker } from 'node:worker_threads';

/** Round trips between two looks at the clock, milliseconds of a probe, and probes, of which the fastest counts. */
const TRIPS = 100;
const LONG = 0.5;
const PROBES = 4;

/** Where the word is, and where is said that there is something to do (1) or that all is over (-1): cache lines of their own. */
export const [WORD, TASK] = [0, 64];

/** A thread that hands a word back. */
export class Handoff {
  #words = new Int32Array(new SharedArrayBuffer(1024));
  #worker = new Worker(new URL('./handoffWorker.mjs', import.meta.url), { workerData: this.#words });
  #ended = new Promise((resolve) => this.#worker.once('exit', resolve));

  /** Starts the thread. */
  static async start() {
    const handoff = new Handoff();
    await new Promise((resolve) => handoff.#worker.once('message', resolve));
    return handoff;
  }

  /** Nanoseconds of a round trip. */
  measure() {
    Atomics.store(this.#words, TASK, 1);
    Atomics.notify(this.#words, TASK);
    const times = Array.from({ length: PROBES }, () => this.#probe());
    Atomics.store(this.#words, TASK, 0);
    return Math.min(...times);
  }

  #probe() {
    const start = performance.now();
    let trips = 0;
    let time = 0;
    for (; time < LONG; time = performance.now() - start) {
      for (let trip = 0; trip < TRIPS; trip++, trips++) {
        Atomics.store(this.#words, WORD, 1);
        while (Atomics.load(this.#words, WORD) === 1);
      }
    }
    return (time / trips) * 1e6;
  }

  /** Ends the thread. */
  async end() {
    Atomics.store(this.#words, TASK, -1);
    Atomics.notify(this.#words, TASK);
    await this.#ended;
  }
}
