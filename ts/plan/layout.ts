/**
 * Gives the buffers of a plan their places in one arena. Two buffers share memory when no call needs both.
 * Greedy by size: the largest buffers choose first, each takes the smallest gap that fits among those that
 * live at the same time ("Efficient Memory Management for Deep Neural Net Inference", Pisarchyk and Lee, 2020).
 */

import { ALIGNMENT, align, type Buffer } from './buffer';
import { bufferArguments, type KernelCall } from './call';

/** Bytes from which on an array is large: half of a first-level cache. */
const LARGE = 16384;
/**
 * Bytes between a large array and the next one: an odd number of cache lines. Arrays of 2ⁿ channels would else begin at a
 * multiple of a page all of them, and what a kernel reads and writes of a pixel would share one set of the cache.
 */
const APART = 5 * ALIGNMENT;

/** The places found. */
export interface Layout {
  /** Bytes of the arena. */
  readonly bytes: number;
  /** Bytes that the same buffers would need without sharing. */
  readonly bytesWithoutReuse: number;
}

interface Interval {
  readonly buffer: Buffer;
  readonly bytes: number;
  first: number;
  last: number;
}

/**
 * Sets `offset` of every arena buffer of the calls.
 *
 * @param calls - In the order of execution.
 * @param external - Buffers written before the first call (inputs) or read after the last (outputs):
 *   `first` and `last` say which; they stay alive to that end.
 * @param reuse - Whether buffers may share memory; without it every buffer keeps its values until the next step.
 */
export function layOut(
  calls: readonly KernelCall[],
  external: { readonly first: readonly Buffer[]; readonly last: readonly Buffer[] },
  reuse: boolean,
): Layout {
  const intervals = lifetimes(calls, external);
  if (!reuse) {
    for (const interval of intervals) {
      interval.first = -1;
      interval.last = calls.length;
    }
  }
  // The order of creation breaks ties, so that a plan is the same in every run.
  const bySize = intervals.map((interval, order) => ({ interval, order }));
  bySize.sort((a, b) => b.interval.bytes - a.interval.bytes || a.order - b.order);
  const placed: Interval[] = [];
  let bytes = 0;
  for (const { interval } of bySize) {
    interval.buffer.offset = place(interval, placed);
    bytes = Math.max(bytes, interval.buffer.offset + interval.bytes);
    placed.push(interval);
  }
  const bytesWithoutReuse = intervals.reduce((sum, interval) => sum + interval.bytes, 0);
  return { bytes, bytesWithoutReuse };
}

function lifetimes(
  calls: readonly KernelCall[],
  external: { readonly first: readonly Buffer[]; readonly last: readonly Buffer[] },
): Interval[] {
  const intervals = new Map<Buffer, Interval>();
  const touch = (buffer: Buffer, time: number): void => {
    if (buffer.region !== 'arena') return;
    const known = intervals.get(buffer);
    if (known === undefined) {
      intervals.set(buffer, { buffer, bytes: room(buffer.size * 4), first: time, last: time });
    } else {
      known.last = Math.max(known.last, time);
      known.first = Math.min(known.first, time);
    }
  };
  for (const buffer of external.first) touch(buffer, -1);
  calls.forEach((call, time) => {
    for (const { buffer } of bufferArguments(call)) touch(buffer, time);
  });
  for (const buffer of external.last) touch(buffer, calls.length);
  return [...intervals.values()];
}

/** Bytes that an array of so many takes, with what keeps the next one apart. */
function room(bytes: number): number {
  return align(bytes) + (bytes < LARGE ? 0 : APART);
}

/** The best offset for an interval: the smallest gap that fits between those that live at the same time. */
function place(interval: Interval, placed: readonly Interval[]): number {
  const rivals = placed
    .filter((other) => other.first <= interval.last && interval.first <= other.last)
    .sort((a, b) => a.buffer.offset - b.buffer.offset);
  let best: { offset: number; gap: number } | undefined;
  let end = 0;
  for (const rival of rivals) {
    const gap = rival.buffer.offset - end;
    if (gap >= interval.bytes && (best === undefined || gap < best.gap)) best = { offset: end, gap };
    end = Math.max(end, rival.buffer.offset + rival.bytes);
  }
  return best?.offset ?? end;
}
