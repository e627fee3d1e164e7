/**
 * max(x, 0) of four lanes. f32x4.max must treat NaN and −0 as IEEE says, for which x64 has no instruction; as integers,
 * the negative floats are the negative numbers. The integer way makes 0 of a NaN with its sign set.
 */

import { compile } from '../wat.mjs';

const COUNT = 10_000;
const zero = '(v128.const i32x4 0 0 0 0)';
const WAYS = {
  'f32x4.max': (x) => `(f32x4.max ${x} ${zero})`,
  'f32x4.pmax': (x) => `(f32x4.pmax ${x} ${zero})`,
  'f32x4.relaxed_max': (x) => `(f32x4.relaxed_max ${x} ${zero})`,
  'i32x4.max_s': (x) => `(i32x4.max_s ${x} ${zero})`,
  'and with a comparison': (x) => `(v128.and ${x} (f32x4.gt ${x} ${zero}))`,
};

/** The race. */
export function relu() {
  return {
    title: `relu of ${COUNT} values`,
    ways: Object.entries(WAYS).map(([name, expression]) => {
      const { run, floats } = compile(`
        (local $i i32)
        (loop $again
          (v128.store offset=65536 (local.get $i) ${expression('(v128.load (local.get $i))')})
          (local.set $i (i32.add (local.get $i) (i32.const 16)))
          (br_if $again (i32.lt_u (local.get $i) (i32.const ${4 * COUNT}))))`);
      for (let index = 0; index < COUNT; index++) floats[index] = ((index * 7) % 11) - 5;
      run();
      return { name, flops: COUNT, step: run, answer: Array.from(floats.slice(16384, 16384 + COUNT)) };
    }),
  };
}
