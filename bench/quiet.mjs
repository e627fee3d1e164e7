/**
 * Whether this process has its core for itself. A virtual core is often half of a real one: while another machine works
 * on the other half, a core begins half as many instructions in a second. The loops of the peak (peak.mjs) need two in
 * five of them and do not notice; kernels do, and what is then measured is the neighbour. So a loop of additions, as many at once
 * as the core can begin, is timed before and after a sample: that tells a disturbed one without a look at its own time,
 * and alike for every engine.
 */

import { Worker } from 'node:worker_threads';
import { compile } from './wat.mjs';

/** Additions in a round that do not wait for each other, and rounds of a probe: about 30 microseconds. */
const SUMS = 8;
const ROUNDS = 12_000;
/** A core is quiet when it begins this share of the additions that it has begun at best. */
const QUIET = 0.93;
/** Milliseconds in which the best is looked for. */
const LOOK = 3000;
/** Milliseconds after which the quietest of the tries is taken. */
const PATIENCE = 2000;

/** A watch of the cores that this process is on; bind the process to as many as it has threads (`taskset -c 0`). */
export class QuietWatch {
  #probe;

  /** @param probe Answers the share of their best speed that the cores have now, such as {@link additionsOn}. */
  constructor(probe) {
    this.#probe = probe;
  }

  /** Ends the threads that watch. */
  async end() {
    await this.#probe.end?.();
  }

  /**
   * Takes a sample in a quiet moment.
   *
   * @param take Measures and answers milliseconds, or a promise of them.
   * @returns {Promise<{ milliseconds: number, quiet: number }>} the first sample with quiet before and after it, or the
   *   one of most quiet when there was none in two seconds; and the lesser of the two shares.
   */
  async sample(take) {
    const end = performance.now() + PATIENCE;
    let most = { quiet: -1 };
    do {
      let before = this.#probe();
      while (before < QUIET && performance.now() < end) before = this.#probe();
      const milliseconds = await take();
      const quiet = Math.min(before, this.#probe());
      if (quiet > most.quiet) most = { milliseconds, quiet };
    } while (most.quiet < QUIET && performance.now() < end);
    return most;
  }
}

/**
 * A probe of some cores at once: after three seconds in which it looks for the best, it answers the share of that, the least of
 * all cores. The process must be free to run on all of them.
 */
export function additionsOn(cores) {
  const own = additionsAgain();
  const [tickets, shares] = [
    new Int32Array(new SharedArrayBuffer(8)),
    new Float64Array(new SharedArrayBuffer(8 * cores)),
  ];
  const ended = [];
  for (let core = 1; core < cores; core++) {
    const worker = new Worker(new URL('./quietWorker.mjs', import.meta.url), { workerData: { tickets, shares, core } });
    ended.push(new Promise((resolve) => worker.once('exit', resolve)));
  }
  const probe = () => {
    Atomics.store(tickets, 1, 0);
    Atomics.add(tickets, 0, 1);
    Atomics.notify(tickets, 0);
    // As long as the others are at it, so that cores that are halves of one are seen together.
    shares[0] = 1;
    do shares[0] = Math.min(shares[0], own());
    while (Atomics.load(tickets, 1) < cores - 1);
    return Math.min(...shares);
  };
  probe.end = () => {
    Atomics.store(tickets, 0, -1);
    Atomics.notify(tickets, 0);
    return Promise.all(ended);
  };
  const end = performance.now() + LOOK;
  while (performance.now() < end) probe();
  return probe;
}

/** A probe of this thread's core: the share of the best that it has seen. */
export function additionsAgain() {
  const { run } = compile(additions());
  let best = Number.POSITIVE_INFINITY;
  return () => {
    const start = performance.now();
    run(ROUNDS);
    const milliseconds = performance.now() - start;
    best = Math.min(best, milliseconds);
    return best / milliseconds;
  };
}

function additions() {
  const sums = Array.from({ length: SUMS }, (_, index) => `$s${index}`);
  return `(param $rounds i32) (result i32)
    ${sums.map((sum) => `(local ${sum} i32)`).join(' ')}
    ${sums.map((sum, index) => `(local.set ${sum} (i32.load offset=${4 * index} (i32.const 0)))`).join('\n')}
    (loop $again
      ${sums.map((sum) => `(local.set ${sum} (i32.add (local.get ${sum}) (i32.const 3)))`).join('\n')}
      (local.set $rounds (i32.sub (local.get $rounds) (i32.const 1)))
      (br_if $again (local.get $rounds)))
    ${sums.map((sum) => `(local.get ${sum})`).join(' ')} ${'(i32.add)'.repeat(SUMS - 1)}`;
}
