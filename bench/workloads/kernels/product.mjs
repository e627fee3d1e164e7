/** Matrix products: square ones, and those of a dense layer. */

import { assertClose, project } from '../check.mjs';
import { integers } from '../numbers.mjs';

/** `c [m, n] = op(a) · op(b)`, over k. */
export function product(group, name, [m, n, k], transposeA = false, transposeB = false) {
  return {
    name,
    group,
    kind: 'matmul',
    m,
    n,
    k,
    transposeA,
    transposeB,
    flops: 2 * m * n * k,
    load() {
      const inputs = { a: integers(1, m * k, 4), b: integers(2, k * n, 3) };
      const expected = definition({ m, n, k, transposeA, transposeB }, inputs);
      return { inputs, check: (who, answer) => assertClose(who, project(answer, n), expected, 1e-4) };
    },
  };
}

/** The three products of a dense layer: forward, the gradients of its kernel and of its input. */
export function denseProducts(inputs, units, batch) {
  const name = `dense ${inputs}→${units}, batch ${batch}`;
  return [
    product('dense', `${name} forward`, [batch, units, inputs]),
    product('dense', `${name} dW`, [inputs, units, batch], true, false),
    product('dense', `${name} dX`, [batch, inputs, units], false, true),
  ];
}

/** The checksum of each row of c: op(a) times the checksums of op(b)'s rows. */
function definition({ m, n, k, transposeA, transposeB }, { a, b }) {
  const straight = transposeB ? transpose(b, n, k) : b;
  const column = project(straight, n);
  return Float64Array.from({ length: m }, (_, row) => {
    let sum = 0;
    for (let index = 0; index < k; index++) sum += a[transposeA ? index * m + row : row * k + index] * column[index];
    return sum;
  });
}

function transpose(values, rows, columns) {
  return values.map((_, index) => values[(index % rows) * columns + Math.floor(index / rows)]);
}
