/** What a row could reach at best: the arithmetic peak of this process, or another bound (bounds.mjs). */

import { boundOf } from './bounds.mjs';
import { compile } from './wat.mjs';

/**
 * Independent sums of a loop: a processor waits for the results of few, and many go to the stack. What two units want at least,
 * the most that fit the registers of x64, and more, for arm64.
 */
const FUSED_SUMS = [8, 12, 16];
/** The same for sums that have a product each. */
const SEPARATE_SUMS = [6, 7, 12];
/** Floating point operations of one iteration of a sum. */
const FLOPS = 8;
const ITERATIONS = 20_000;
const ROUNDS = 400;
let loops;

/** @returns {Promise<{ fma: number, mulAdd: number }>} GFLOP/s of fused and of separate multiply and add, one thread. */
export async function measurePeak() {
  loops ??= {
    fma: FUSED_SUMS.map((sums) => ({ sums, ...compile(fused(sums)) })),
    mulAdd: SEPARATE_SUMS.map((sums) => ({ sums, ...compile(separate(sums)) })),
  };
  return { fma: Math.max(...loops.fma.map(speed)), mulAdd: Math.max(...loops.mulAdd.map(speed)) };
}

function speed({ sums, run, floats }) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    floats.fill(1, 0, 1024);
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  return (FLOPS * sums * ITERATIONS) / best / 1e6;
}

/** `sum = sum · a + b` in one instruction. */
function fused(sums) {
  const madd = (sum) => `(f32x4.relaxed_madd ${get(sum)} (local.get $a) (local.get $b))`;
  return loop(numbered('sum', sums), (sum) => `(local.set ${sum} ${madd(sum)})`);
}

/**
 * `product = product · a` and `sum = sum + product`: nothing waits for more than one instruction. Were the product one of the sum,
 * each would wait for both, and twice as many sums as x64 has registers for would be needed.
 */
function separate(sums) {
  const products = numbered('product', sums);
  return loop([...products, ...numbered('sum', sums)], (name, index) =>
    index < sums
      ? `(local.set ${name} (f32x4.mul ${get(name)} (local.get $a)))`
      : `(local.set ${name} (f32x4.add ${get(name)} ${get(products[index - sums])}))`,
  );
}

/** Values come from memory and go there, so that nothing can be left out. */
function loop(names, step) {
  const load = (name, place) => `(local.set ${name} (v128.load (i32.const ${16 * place})))`;
  return `(local $n i32) ${['$a', '$b', ...names].map((name) => `(local ${name} v128)`).join(' ')}
    ${['$a', '$b', ...names].map(load).join('\n')}
    (local.set $n (i32.const ${ITERATIONS}))
    (loop $again
      ${names.map(step).join('\n')}
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $again (local.get $n)))
    ${names.map((name, place) => `(v128.store (i32.const ${16 * place}) ${get(name)})`).join('\n')}`;
}

const numbered = (name, count) => Array.from({ length: count }, (_, index) => `$${name}${index}`);
const get = (name) => `(local.get ${name})`;

/** The limit of an engine's row: the peak of its instructions on its threads, or the time of a bound of another kind. */
export function limitOf({ bound }, { variant, threads }, { fma, mulAdd }) {
  const peak = variant === 'simd128' ? { bound: 'mul+add', gflops: mulAdd } : { bound: 'fma', gflops: fma };
  if (bound === undefined) return { bound: peak.bound, gflops: peak.gflops * threads };
  const { bound: name, milliseconds } = boundOf(bound, fma, peak);
  return { bound: name, milliseconds: milliseconds / threads };
}
