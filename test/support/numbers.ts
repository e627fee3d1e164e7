/** Test data that the reference scripts make in the same way, and measures of distance. */

/** Multiples of 2⁻¹⁶ in [-1, 1): the generator of test/reference/seed.py. */
export function numbers(seed: number, count: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 15) / 65536 - 1;
  });
}

/** Integers from -limit to limit: sums of products of small ones are exact in any order. */
export function integers(seed: number, count: number, limit: number): Float32Array {
  return numbers(seed, count).map((value) => Math.floor(((value + 1) / 2) * (2 * limit + 1)) - limit);
}

/** Norm of the difference over the norm of the expected values. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let scale = 0;
  for (let index = 0; index < expected.length; index++) {
    difference += ((actual[index] as number) - (expected[index] as number)) ** 2;
    scale += (expected[index] as number) ** 2;
  }
  return Math.sqrt(difference / (scale || 1));
}
