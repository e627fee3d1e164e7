/**
 * The least time of work that multiply-add does not bound, or not alone: reading and writing its arrays once, its divisions
 * and roots, which share a unit, its other instructions, or its products. Measured by loops that do nothing else, in WebAssembly's text format.
 */

import { compile } from './wat.mjs';

/** Bytes between arrays, so that they do not share the low bits of their addresses. */
const GAP = 4096 + 256;
/** Bytes of an array that are read or written in a step. */
const STEP = 128;
/** Sums of what is read, so that no load waits for what was read before it: twice as many loads as a processor begins in a cycle. */
const CHAINS = 8;
const cache = new Map();

/**
 * The largest of what cannot be avoided: `passes` over arrays, each of which reads and writes some of them once, lengths by
 * names; `divisions` and `roots` numbers of values; `operations` other arithmetic instructions on four lanes, at the speed of fused
 * multiply-adds, which most of them are or which nothing else passes on most processors; `products` numbers of values that are
 * multiplied and added, at the peak of the build.
 *
 * @param fma GFLOP/s of fused multiply-adds.
 * @param {{ bound: string, gflops: number }} peak That of the build.
 * @returns {{ bound: string, milliseconds: number }}
 */
export function boundOf({ passes, divisions = 0, roots = 0, operations = 0, products = 0 }, fma, peak) {
  const bounds = [
    { bound: 'memory', milliseconds: streamTime(passes) },
    { bound: 'division', milliseconds: (divisions * unitTime('div') + roots * unitTime('sqrt')) / 4 },
    { bound: 'instructions', milliseconds: (operations * 8) / fma / 1e6 },
    { bound: peak.bound, milliseconds: (products * 2) / peak.gflops / 1e6 },
  ];
  return bounds.reduce((most, bound) => (bound.milliseconds > most.milliseconds ? bound : most));
}

/**
 * The passes, one after the other: loads and stores of arrays that lie in memory as those of a kernel do, and that a cache keeps
 * from call to call and from pass to pass where it would keep those.
 */
function streamTime(passes) {
  const key = JSON.stringify(passes);
  if (cache.has(key)) return cache.get(key);
  let size = 0;
  const starts = {};
  for (const [name, length] of passes.flatMap(({ reads, writes }) => Object.entries({ ...reads, ...writes }))) {
    if (name in starts) continue;
    starts[name] = size;
    size += Math.ceil((4 * length) / STEP) * STEP + GAP;
  }
  const place = ([name, length]) => ({ start: starts[name], bytes: Math.floor((4 * length) / STEP) * STEP });
  const placed = (arrays = {}) => Object.entries(arrays).map(place);
  const chains = Array.from({ length: CHAINS }, (_, chain) => `$v${chain}`);
  const loops = passes.flatMap(({ reads, writes }) => passLoops(placed(reads), placed(writes), chains));
  const results = chains.map((chain, index) => `(v128.store (i32.const ${size + 16 * index}) (local.get ${chain}))`);
  const locals = chains.map((chain) => `(local ${chain} v128)`);
  const run = filled([`(local $i i32)`, ...locals, ...loops, ...results].join('\n'), size + 16 * CHAINS);
  cache.set(key, fastest(run, Math.ceil(65536 / size)));
  return cache.get(key);
}

/** A loop for each set of arrays that last as long: the shorter ones end first. */
function passLoops(sources, targets, chains) {
  const lengths = new Set([...sources, ...targets].map(({ bytes }) => bytes));
  const ends = [...lengths].filter((end) => end > 0).sort((a, b) => a - b);
  return ends.map((end, index) => {
    const lasting = ({ bytes }) => bytes >= end;
    return streamLoop(sources.filter(lasting), targets.filter(lasting), [ends[index - 1] ?? 0, end], chains);
  });
}

function streamLoop(sources, targets, [from, to], chains) {
  const offsets = Array.from({ length: STEP / 16 }, (_, index) => 16 * index);
  const steps = offsets.flatMap((offset, index) => {
    const chain = (source) => chains[(index * sources.length + source) % CHAINS];
    const loads = sources.map(({ start }, source) => {
      const value = `(v128.load offset=${start + offset} (local.get $i))`;
      return `(local.set ${chain(source)} (v128.xor (local.get ${chain(source)}) ${value}))`;
    });
    const stores = targets.map(
      ({ start }) => `(v128.store offset=${start + offset} (local.get $i) (local.get ${chain(0)}))`,
    );
    return [...loads, ...stores];
  });
  return `(local.set $i (i32.const ${from}))
    (loop $again ${steps.join('\n')}
      (local.set $i (i32.add (local.get $i) (i32.const ${STEP})))
      (br_if $again (i32.lt_u (local.get $i) (i32.const ${to}))))`;
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
