/**
 * The least time of work that multiply-add does not bound, or not alone: reading and writing its arrays once, its divisions
 * and roots, which share a unit, its other instructions, or its products. Measured by loops that do nothing else, in WebAssembly's text format.
 */

import { compile } from './wat.mjs';

/** Bytes between arrays, so that they do not share the low bits of their addresses. */
const GAP = 4096 + 256;
const cache = new Map();

/**
 * The largest of what cannot be avoided: `reads` and `writes` are lengths of arrays; `divisions` and `roots` numbers of
 * values; `operations` other arithmetic instructions on four lanes, at the speed of fused multiply-adds, which most of them
 * are or which nothing else passes on most processors; `products` numbers of values that are multiplied and added, at the peak of
 * the build.
 *
 * @param fma GFLOP/s of fused multiply-adds.
 * @param {{ bound: string, gflops: number }} peak That of the build.
 * @returns {{ bound: string, milliseconds: number }}
 */
export function boundOf({ reads, writes, divisions = 0, roots = 0, operations = 0, products = 0 }, fma, peak) {
  const bounds = [
    { bound: 'memory', milliseconds: streamTime(reads, writes) },
    { bound: 'division', milliseconds: (divisions * unitTime('div') + roots * unitTime('sqrt')) / 4 },
    { bound: 'instructions', milliseconds: (operations * 8) / fma / 1e6 },
    { bound: peak.bound, milliseconds: (products * 2) / peak.gflops / 1e6 },
  ];
  return bounds.reduce((most, bound) => (bound.milliseconds > most.milliseconds ? bound : most));
}

/** Loads four values of every array that is read, and stores as many to those that are written, while they last. */
function streamTime(reads, writes) {
  const key = `${reads} | ${writes}`;
  if (cache.has(key)) return cache.get(key);
  let address = 0;
  const place = (length) => {
    const start = address;
    address += Math.ceil((4 * length) / 64) * 64 + GAP;
    return { start, bytes: Math.floor((4 * length) / 64) * 64 };
  };
  const [sources, targets] = [reads.map(place), writes.map(place)];
  const ends = [...new Set([...sources, ...targets].map(({ bytes }) => bytes))].sort((a, b) => a - b);
  const loops = ends.map((end, index) => {
    const lasting = ({ bytes }) => bytes >= end;
    return streamLoop(sources.filter(lasting), targets.filter(lasting), ends[index - 1] ?? 0, end);
  });
  const run = filled(`(local $i i32) (local $v v128) ${loops.join('\n')}`, address);
  cache.set(key, fastest(run, 1));
  return cache.get(key);
}

function streamLoop(sources, targets, from, to) {
  const steps = [0, 16, 32, 48].map((offset) => {
    const loads = sources.map(
      ({ start }) => `(local.set $v (v128.xor (local.get $v) (v128.load offset=${start + offset} (local.get $i))))`,
    );
    const stores = targets.map(({ start }) => `(v128.store offset=${start + offset} (local.get $i) (local.get $v))`);
    return [...loads, ...stores].join('\n');
  });
  return `(local.set $i (i32.const ${from}))
    (loop $again ${steps.join('\n')}
      (local.set $i (i32.add (local.get $i) (i32.const 64)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const ${to}))))
    (v128.store (i32.const 0) (local.get $v))`;
}

/** Milliseconds of one instruction on four lanes, eight of which do not wait for each other. */
function unitTime(instruction) {
  if (cache.has(instruction)) return cache.get(instruction);
  const lanes = Array.from({ length: 8 }, (_, index) => `$v${index}`);
  const operation = (lane) =>
    instruction === 'div' ? `(f32x4.div (local.get $c) (local.get ${lane}))` : `(f32x4.sqrt (local.get ${lane}))`;
  const rounds = 1000;
  const run = filled(
    `(local $i i32) (local $c v128) ${lanes.map((lane) => `(local ${lane} v128)`).join(' ')}
    (local.set $c (v128.load (i32.const 0)))
    ${lanes.map((lane) => `(local.set ${lane} (v128.load (i32.const 16)))`).join('\n')}
    (loop $again
      ${lanes.map((lane) => `(local.set ${lane} ${operation(lane)})`).join('\n')}
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const ${rounds}))))
    ${lanes.map((lane, index) => `(v128.store (i32.const ${32 + 16 * index}) (local.get ${lane}))`).join('\n')}`,
    1024,
  );
  cache.set(instruction, fastest(run, 20) / (rounds * lanes.length));
  return cache.get(instruction);
}

/** A function whose memory is full of numbers. */
function filled(body, bytes) {
  const { run, floats } = compile(body, bytes);
  floats.fill(1.5);
  return run;
}

/** Milliseconds of a call, the least of many samples. */
function fastest(run, calls) {
  let best = Number.POSITIVE_INFINITY;
  const end = performance.now() + 200;
  while (performance.now() < end) {
    const start = performance.now();
    for (let call = 0; call < calls; call++) run();
    best = Math.min(best, (performance.now() - start) / calls);
  }
  return best;
}
