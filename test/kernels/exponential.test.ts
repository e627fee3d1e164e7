/** exp, sigmoid and tanh inside WebAssembly: their accuracy in both builds, and the bits of the strict one. */

import { afterAll, describe, expect, test } from 'vitest';
import { hasRelaxedSimd, type Variant } from '../../ts/runtime/detect';
import { Engine } from '../../ts/runtime/kernels';
import { loadModuleSync } from '../../ts/runtime/loadNode';
import { numbers } from '../support/numbers';

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);
const toFloat = (value: number): number => {
  bits[0] = value;
  return float[0] as number;
};

/** Every 4001st float of both signs, and the places where results over- and underflow. */
const range = (() => {
  const values = [87.33, 88.72, 88.73, 103.9, 104.1, 0.625, Number.POSITIVE_INFINITY];
  for (let word = 0; word <= 0x7f800000; word += 4001) values.push(toFloat(word));
  return Float32Array.from([...values, ...values.map((value) => -value)]);
})();

/** Distance in units of the last place of the right answer, rounded to float32. */
function ulps(actual: number, expected: number): number {
  float[0] = expected;
  const rounded = float[0] as number;
  if (!Number.isFinite(rounded)) return actual === rounded ? 0 : Number.POSITIVE_INFINITY;
  const size = Math.abs(rounded);
  float[0] = size;
  const word = bits[0] as number;
  const next = toFloat(word + 1);
  const unit = Number.isFinite(next) ? next - size : 2 ** 104;
  return Math.abs(actual - expected) / unit;
}

const functions = [
  {
    name: 'exp',
    limit: 2,
    define: Math.exp,
    call: (e: Engine, n: number, x: number, y: number) => e.call('exp', n, x, y),
  },
  {
    name: 'sigmoid',
    limit: 3,
    define: (x: number) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
    call: (e: Engine, n: number, x: number, y: number) => e.call('activation_forward', 1, 0, n, x, y),
  },
  {
    name: 'tanh',
    limit: 3,
    define: Math.tanh,
    call: (e: Engine, n: number, x: number, y: number) => e.call('activation_forward', 3, 0, n, x, y),
  },
];

const variants: readonly Variant[] = hasRelaxedSimd() ? ['simd128', 'relaxed'] : ['simd128'];
describe.each(variants)('variant %s', (variant) => {
  const engine = new Engine(loadModuleSync(variant), variant);
  afterAll(() => expect(engine.liveAllocations).toBe(0));

  function apply(call: (typeof functions)[number]['call'], values: Float32Array): Float32Array {
    const [x, y] = [engine.allocate(values.length * 4), engine.allocate(values.length * 4)];
    engine.memory.write(x, values);
    call(engine, values.length, x, y);
    const result = engine.memory.read(y, values.length);
    engine.release(x);
    engine.release(y);
    return result;
  }

  test.each(functions)('$name is within $limit ULP over the whole range', ({ limit, define, call }) => {
    const result = apply(call, range);
    let worst = 0;
    for (let index = 0; index < range.length; index++) {
      worst = Math.max(worst, ulps(result[index] as number, define(range[index] as number)));
    }
    expect(worst).toBeLessThanOrEqual(limit);
  });

  if (variant !== 'simd128') return;
  test('the strict build gives the bits of the portable one', () => {
    // The same numbers and the same hash as in crate/tests/bits.rs.
    const x = numbers(7, 4099).map((value) => value * 40);
    const hashes = functions.map(({ call }) => {
      const result = apply(call, x);
      let hash = 0x811c9dc5;
      for (const word of new Uint32Array(result.buffer)) hash = Math.imul(hash ^ word, 0x01000193) >>> 0;
      return hash;
    });
    expect(hashes).toEqual([1_477_628_301, 2_486_907_298, 119_734_504]);
  });
});
