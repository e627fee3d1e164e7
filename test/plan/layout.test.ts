/** The memory of a plan: what lives at the same time never overlaps. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Buffer, read, write } from '../../ts/plan/buffer';
import type { KernelCall } from '../../ts/plan/call';
import { layOut } from '../../ts/plan/layout';
import { draw } from '../support/draw';

const buffer = (name: string, size: number): Buffer => ({ name, region: 'arena', shape: [size], size, offset: -1 });

test('random plans: buffers that live at the same time lie apart, aligned, inside the arena', () => {
  const plans = fc.record({
    sizes: fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 2, maxLength: 30 }),
    uses: fc.array(fc.tuple(fc.nat(29), fc.nat(29)), { minLength: 1, maxLength: 60 }),
    first: fc.nat(29),
    last: fc.nat(29),
  });
  fc.assert(
    fc.property(plans, ({ sizes, uses, first, last }) => {
      const buffers = sizes.map((size, index) => buffer(String(index), size));
      const pick = (index: number): Buffer => buffers[index % buffers.length] as Buffer;
      const calls = uses.map(
        ([a, b]): KernelCall => ({
          kernel: 'add',
          args: [read(pick(a)), write(pick(b))],
          layer: 'l',
          phase: 'forward',
          flops: 0,
        }),
      );
      const layout = layOut(calls, { first: [pick(first)], last: [pick(last)] }, true);
      const spans = new Map<Buffer, [number, number]>();
      const touch = (b: Buffer, time: number): void => {
        const [from, to] = spans.get(b) ?? [time, time];
        spans.set(b, [Math.min(from, time), Math.max(to, time)]);
      };
      touch(pick(first), -1);
      calls.forEach((call, time) => {
        for (const argument of call.args) if (typeof argument !== 'number') touch(argument.buffer, time);
      });
      touch(pick(last), calls.length);
      const list = [...spans];
      for (const [a, [from, to]] of list) {
        expect(a.offset % 64).toBe(0);
        expect(a.offset + a.size * 4).toBeLessThanOrEqual(layout.bytes);
        for (const [b, [begin, end]] of list) {
          if (a === b || from > end || begin > to) continue;
          expect(a.offset + a.size * 4 <= b.offset || b.offset + b.size * 4 <= a.offset).toBe(true);
        }
      }
      expect(layout.bytes).toBeLessThanOrEqual(layout.bytesWithoutReuse);
    }),
    draw(300, 1),
  );
});

/** Each buffer is added up into the next one. */
function chain(sizes: readonly number[]): { buffers: Buffer[]; calls: KernelCall[] } {
  const buffers = sizes.map((size, index) => buffer(String(index), size));
  const calls = buffers.slice(1).map(
    (target, index): KernelCall => ({
      kernel: 'add',
      args: [read(buffers[index] as Buffer), write(target)],
      layer: 'l',
      phase: 'forward',
      flops: 0,
    }),
  );
  return { buffers, calls };
}

test('a chain of equal buffers needs two of them', () => {
  const { buffers, calls } = chain(Array(10).fill(1024));
  const external = { first: [buffers[0] as Buffer], last: [buffers[9] as Buffer] };
  expect(layOut(calls, external, true)).toEqual({ bytes: 2 * 4096, bytesWithoutReuse: 10 * 4096 });
  expect(layOut(calls, external, false).bytes).toBe(10 * 4096);
});

test('large buffers begin in different cache lines of a page, so that arrays of 2ⁿ channels do not evict each other', () => {
  const { buffers, calls } = chain([65536, 65536, 16384, 4096, 65536, 131072, 4096]);
  layOut(calls, { first: [], last: [] }, false);
  const lines = buffers.map(({ offset }) => (offset % 4096) / 64);
  expect(new Set(lines).size).toBe(buffers.length);
});
