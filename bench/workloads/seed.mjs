/** The training step of the seed's network: forward, backward, update; batch 100. */

const BATCH = 100;
const RATE = 0.001;

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
  const outputs = BATCH * 400 * filters;
  return {
    name: `seed step, ${filters} filter(s), batch ${BATCH}`,
    filters,
    batch: BATCH,
    rate: RATE,
    data: { x, f, w, b, y },
    // Two convolutions of nine taps and three products with W; a multiply and an add count two.
    flops: 2 * (9 * outputs * 2 + outputs * 3),
    /** The losses of the first two steps, from test/reference/seed.py's network in float64, to three digits. */
    check(engine, [first, second]) {
      const expected = reference(filters, { x, f, w, b, y });
      const close = (a, e) => Math.abs(a / e - 1) < 1e-3;
      if (!close(first, expected[0]) || !close(second, expected[1])) {
        throw new Error(`${engine}: expected the losses ${expected.join(', ')}, got ${first}, ${second}`);
      }
    },
  };
}

/** Losses of two steps in double precision, in plain loops. */
function reference(k, { x, f, w, b, y }) {
  const p = { f: Float64Array.from(f), w: Float64Array.from(w), b: Float64Array.from(b) };
  const sigmoid = (z) => 1 / (1 + Math.exp(-z));
  return [0, 1].map(() => {
    const df = new Float64Array(p.f.length);
    const dw = new Float64Array(p.w.length);
    let db = 0;
    let loss = 0;
    for (let n = 0; n < BATCH; n++) {
      const h = new Float64Array(400 * k);
      let z2 = p.b[0];
      for (let index = 0; index < h.length; index++) {
        const at = n * 484 + Math.floor(index / k / 20) * 22 + (Math.floor(index / k) % 20);
        let z = 0;
        for (let t = 0; t < 9; t++) z += x[at + Math.floor(t / 3) * 22 + (t % 3)] * p.f[t * k + (index % k)];
        h[index] = sigmoid(z);
        z2 += h[index] * p.w[index];
      }
      const o = sigmoid(z2);
      loss += (y[n] - o) ** 2 / 2;
      const delta = (o - y[n]) * o * (1 - o);
      db += delta;
      for (let index = 0; index < h.length; index++) {
        dw[index] += h[index] * delta;
        const dz = p.w[index] * delta * h[index] * (1 - h[index]);
        const at = n * 484 + Math.floor(index / k / 20) * 22 + (Math.floor(index / k) % 20);
        for (let t = 0; t < 9; t++) df[t * k + (index % k)] += x[at + Math.floor(t / 3) * 22 + (t % 3)] * dz;
      }
    }
    for (const [index, g] of df.entries()) p.f[index] -= RATE * g;
    for (const [index, g] of dw.entries()) p.w[index] -= RATE * g;
    p.b[0] -= RATE * db;
    return loss;
  });
}
