/** What a row could reach at best: the arithmetic peak of this process (crate/src/kernels/peak.rs), or another bound. */

import { boundOf } from './bounds.mjs';
import { startEngine } from './library.mjs';

/** Independent sums of the loops: with few a processor waits for their results, with many its registers may not do. */
const SUMS = [8, 12];
/** Floating point operations of one iteration of a sum. */
const FLOPS = 8;
/** Values of the loops. */
const VALUES = 56;
const ITERATIONS = 20_000;
let engine;

/** @returns {Promise<{ fma: number, mulAdd: number }>} GFLOP/s of fused and of separate multiply and add, one thread. */
export async function measurePeak() {
  engine ??= await startEngine({ simd: 'relaxed' });
  const address = engine.allocate(4 * VALUES);
  const speed = (kernel, sums) => {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 400; round++) {
      engine.memory.write(address, new Float32Array(VALUES).fill(0.5));
      const start = performance.now();
      kernel(ITERATIONS, sums, address);
      best = Math.min(best, performance.now() - start);
    }
    return (FLOPS * sums * ITERATIONS) / best / 1e6;
  };
  const fastest = (kernel) => Math.max(...SUMS.map((sums) => speed(kernel, sums)));
  const peak = { fma: fastest(engine.kernel('peak_fma')), mulAdd: fastest(engine.kernel('peak_mul_add')) };
  engine.release(address);
  return peak;
}

/** The limit of an engine's row: the peak of its instructions on its threads, or the time of a bound of another kind. */
export function limitOf({ bound }, { variant, threads }, { fma, mulAdd }) {
  const peak = variant === 'simd128' ? { bound: 'mul+add', gflops: mulAdd } : { bound: 'fma', gflops: fma };
  if (bound === undefined) return { bound: peak.bound, gflops: peak.gflops * threads };
  const { bound: name, milliseconds } = boundOf(bound, fma, peak);
  return { bound: name, milliseconds: milliseconds / threads };
}
