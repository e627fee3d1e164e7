/** The training step of the seed's network: forward, backward, update; batch 100. */

import { readFileSync } from 'node:fs';

const BATCH = 100;
/** What JAX computed for these inputs: see test/reference/seed.py, whose rate and generator are used here. */
const { cases } = JSON.parse(readFileSync(new URL('../../test/reference/seed.json', import.meta.url), 'utf8'));

/** The generator of test/support/numbers.ts. */
function numbers(seed, count) {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 15) / 65536 - 1;
  });
}

/** The workload for a number of filters, with its data and the answer that every engine must give. */
export function seedWorkload(filters) {
  const x = numbers(1, BATCH * 484).map((value) => (value + 1) / 2);
  const f = numbers(2, 9 * filters).map((value) => value * 0.5);
  const w = numbers(3, 400 * filters).map((value) => value * 0.125);
  const b = numbers(4, 1).map((value) => value * 0.5);
  const y = numbers(5, BATCH).map((value) => (value > 0 ? 1 : 0));
  const jax = cases.find((entry) => entry.filters === filters && entry.batch === BATCH);
  const outputs = BATCH * 400 * filters;
  return {
    name: `seed step, ${filters} filter(s), batch ${BATCH}`,
    filters,
    batch: BATCH,
    rate: jax.learningRate,
    data: { x, f, w, b, y },
    // Two convolutions of nine taps and three products with W; a multiply and an add count two.
    flops: 2 * (9 * outputs * 2 + outputs * 3),
    /** The losses of the first two steps must be those of JAX, to three digits. */
    check(engine, [first, second]) {
      const expected = jax.curve;
      const close = (a, e) => Math.abs(a / e - 1) < 1e-3;
      if (!close(first, expected[0]) || !close(second, expected[1])) {
        throw new Error(`${engine}: expected the losses ${expected[0]}, ${expected[1]}, got ${first}, ${second}`);
      }
    },
  };
}
