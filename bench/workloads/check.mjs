/** Answers of engines, compared with those of the definition. */

/** Two arrays must agree, every element to `tolerance` of the largest. @throws {Error} naming the worst element. */
export function assertClose(who, got, expected, tolerance) {
  if (got.length !== expected.length) throw new Error(`${who}: expected ${expected.length} numbers, got ${got.length}`);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let index = 0; index < expected.length; index++) {
    if (!(Math.abs(got[index] - expected[index]) <= tolerance * largest)) {
      throw new Error(`${who}: expected ${expected[index]} at ${index}, got ${got[index]}`);
    }
  }
}

/**
 * The product of every row with a fixed vector of small integers: a checksum a row. What is linear in its last axis can
 * be checked by it at the cost of a single column (R. Freivalds, 1977).
 */
export function project(values, width) {
  const vector = projection(width);
  return Float64Array.from({ length: values.length / width }, (_, row) => {
    let sum = 0;
    for (let column = 0; column < width; column++) sum += values[row * width + column] * vector[column];
    return sum;
  });
}

/** That vector: 1, 2, 3, 1, 2, 3 with signs that do not repeat with it, so that swapped columns are seen. */
export function projection(width) {
  return Float64Array.from({ length: width }, (_, index) => ((index % 3) + 1) * ((index * 7) % 5 < 2 ? -1 : 1));
}
