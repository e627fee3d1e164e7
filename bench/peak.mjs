/** The arithmetic peak of this process: the loops of crate/src/kernels/peak.rs. */

import { readFileSync } from 'node:fs';

/** Floating point operations of one iteration. */
const FLOPS = 64;
const ITERATIONS = 20_000;

/** @returns {Promise<{ fma: number, mulAdd: number }>} GFLOP/s of fused and of separate multiply and add. */
export async function measurePeak() {
  const glue = await import('../ts/generated/relaxed/convgrad_bg.js');
  const bytes = readFileSync(new URL('../dist/wasm/convgrad.relaxed.wasm', import.meta.url));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { './convgrad_bg.js': glue });
  const address = exports.allocate(160) >>> 0;
  const fastest = (kernel) => {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 400; round++) {
      new Float32Array(exports.memory.buffer, address, 40).fill(0.5);
      const start = performance.now();
      kernel(ITERATIONS, address);
      best = Math.min(best, performance.now() - start);
    }
    return (FLOPS * ITERATIONS) / best / 1e6;
  };
  return { fma: fastest(exports.peak_fma), mulAdd: fastest(exports.peak_mul_add) };
}
