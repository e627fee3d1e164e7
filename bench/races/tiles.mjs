/**
 * How many sums a tile of a matrix product may keep: rows times vectors of four columns, operands packed, k = 288. On x64
 * V8 has 15 vector registers to give, so that ten sums and more, with what they are made of, go to the stack.
 */

import { compile } from '../wat.mjs';

const K = 288;
const SHAPES = [
  [4, 1],
  [4, 2],
  [3, 3],
  [2, 4],
  [9, 1],
  [5, 2],
  [6, 2],
  [4, 3],
  [4, 4],
];
/** Where b, a and the result lie, in bytes; tiles are padded to the largest shape. */
const [B, A, C] = [0, 65536, 131072];

/** The race. */
export function tiles() {
  return {
    title: `register tiles, k = ${K}`,
    ways: SHAPES.map(([rows, vectors]) => {
      const { run, floats } = compile(tile(rows, vectors));
      for (let k = 0; k < K; k++) {
        for (let column = 0; column < 4 * vectors; column++)
          floats[B / 4 + k * 4 * vectors + column] = (k % 3) + column;
        for (let row = 0; row < rows; row++) floats[A / 4 + k * rows + row] = (k % 5) - row;
      }
      run();
      return {
        name: `${rows}×${4 * vectors}, ${rows * vectors} sums`,
        flops: 2 * K * rows * 4 * vectors,
        step: run,
        // The corner that all shapes share.
        answer: Array.from({ length: 8 }, (_, index) => floats[C / 4 + (index >> 2) * 4 * vectors + (index % 4)]),
      };
    }),
  };
}

function tile(rows, vectors) {
  const all = (make) =>
    Array.from({ length: rows * vectors }, (_, index) => make(Math.floor(index / vectors), index % vectors)).join('\n');
  const columns = Array.from({ length: vectors }, (_, v) => v);
  return `
    (local $a i32) (local $b i32) (local $x v128)
    ${columns.map((v) => `(local $b${v} v128)`).join(' ')}
    ${all((r, v) => `(local $c${r}_${v} v128)`)}
    (local.set $a (i32.const ${A}))
    (local.set $b (i32.const ${B}))
    (loop $again
      ${columns.map((v) => `(local.set $b${v} (v128.load offset=${16 * v} (local.get $b)))`).join('\n')}
      ${all(
        (r, v) => `${v === 0 ? `(local.set $x (v128.load32_splat offset=${4 * r} (local.get $a)))` : ''}
        (local.set $c${r}_${v} (f32x4.relaxed_madd (local.get $x) (local.get $b${v}) (local.get $c${r}_${v})))`,
      )}
      (local.set $a (i32.add (local.get $a) (i32.const ${4 * rows})))
      (local.set $b (i32.add (local.get $b) (i32.const ${16 * vectors})))
      (br_if $again (i32.lt_u (local.get $a) (i32.const ${A + 4 * rows * K}))))
    ${all((r, v) => `(v128.store (i32.const ${C + 16 * (r * vectors + v)}) (local.get $c${r}_${v}))`)}`;
}
