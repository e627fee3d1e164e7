/** Inputs of workloads: the same numbers in every run, and in Python by the same rule. */

/** The generator of test/support/numbers.ts: multiples of 2⁻¹⁶ from -1 to 1. */
export function numbers(seed, count) {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 15) / 65536 - 1;
  });
}

/** Integers from -limit to limit: sums and products of few of them are exact, in whatever order they are added. */
export function integers(seed, count, limit) {
  return numbers(seed, count).map((value) => Math.round(value * limit));
}
