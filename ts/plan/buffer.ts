/** What a plan's kernels read and write, before it has an address. */

import type { Shape } from '../shape';

/**
 * Where a buffer lives: `state` (parameters, their gradients, the optimizer's slots: as long as the model),
 * `constant` (geometry blocks: as long as the plan), `kept` (what is made of weights when these have changed: as long as the
 * plan) or `arena` (everything else, shared by lifetime).
 */
export type Region = 'state' | 'constant' | 'kept' | 'arena';

/** A piece of memory that a plan uses. Identity counts: two uses of one object are the same memory. */
export interface Buffer {
  /** For people: `conv2d_1/output`. */
  readonly name: string;
  /** Where it lives. */
  readonly region: Region;
  /** Dimensions, the batch first where there is one. */
  readonly shape: Shape;
  /** Number of 32-bit elements. */
  readonly size: number;
  /** Byte offset in its region; of an `arena` buffer only known when the plan is laid out. */
  offset: number;
}

/** Buffers start at multiples of this many bytes: a cache line. */
export const ALIGNMENT = 64;

/** Rounds a number of bytes up to {@link ALIGNMENT}. */
export function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** An argument of a kernel that is an address. */
export interface BufferArgument {
  /** The memory. */
  readonly buffer: Buffer;
  /** What the kernel does with it; `update` reads and writes. */
  readonly access: 'read' | 'write' | 'update';
  /** Bytes after the buffer's start. */
  readonly byteOffset: number;
}

/** The kernel reads `buffer`. */
export function read(buffer: Buffer, byteOffset = 0): BufferArgument {
  return { buffer, access: 'read', byteOffset };
}

/** The kernel overwrites `buffer`. */
export function write(buffer: Buffer): BufferArgument {
  return { buffer, access: 'write', byteOffset: 0 };
}

/** The kernel changes `buffer` in place. */
export function update(buffer: Buffer): BufferArgument {
  return { buffer, access: 'update', byteOffset: 0 };
}
