/** The training step of the seed's network: forward, backward, update; batch 100. */

import { readFileSync } from 'node:fs';
import { assertClose } from './check.mjs';
import { numbers } from './numbers.mjs';

const BATCH = 100;
/** What JAX computed for these inputs: see test/reference/seed.py, whose rate and generator are used here. */
const { cases } = JSON.parse(readFileSync(new URL('../../test/reference/seed.json', import.meta.url), 'utf8'));

/** The workload for a number of filters; the answer are the losses of the first two steps. */
export function seedStep(filters) {
  const jax = cases.find((entry) => entry.filters === filters && entry.batch === BATCH);
  const outputs = BATCH * 400 * filters;
  return {
    name: `seed step, ${filters} filter(s), batch ${BATCH}`,
    group: 'seed',
    kind: 'seed step',
    filters,
    batch: BATCH,
    rate: jax.learningRate,
    // Two convolutions of nine taps and three products with W; a multiply and an add count two.
    flops: 2 * (9 * outputs * 2 + outputs * 3),
    load: () => ({
      inputs: {
        x: numbers(1, BATCH * 484).map((value) => (value + 1) / 2),
        f: numbers(2, 9 * filters).map((value) => value * 0.5),
        w: numbers(3, 400 * filters).map((value) => value * 0.125),
        b: numbers(4, 1).map((value) => value * 0.5),
        y: numbers(5, BATCH).map((value) => (value > 0 ? 1 : 0)),
      },
      check: (who, answer) => assertClose(who, answer, jax.curve.slice(0, 2), 1e-3),
    }),
  };
}
