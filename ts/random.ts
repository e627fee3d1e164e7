/**
 * The one source of chance: a counter-based generator, so that every number is a function of seed, stream and
 * position, and the same on every engine.
 *
 * Philox4x32-10: J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011; tested against the
 * known answers that its authors publish.
 */

import { naturalLogarithm } from './elementary';
import { OptionError } from './errors';

/** Position of a generator, to be stored and restored. */
export interface RandomState {
  /** The two key words. */
  readonly key: readonly [number, number];
  /** The stream's two counter words. */
  readonly stream: readonly [number, number];
  /** Number of 32-bit words taken so far. */
  readonly position: number;
}

/** The high word of a 32 × 32 bit product. No part of it is larger than 32 bits, so that all are integers to the engine. */
function high(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) >>> 0;
  const rest = (Math.imul(aLow, bHigh) + (middle & 0xffff)) >>> 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (rest >>> 16)) >>> 0;
}

/** Ten rounds of Philox4x32 on a counter and a key. @returns `block`, with the answer. */
export function philox(counter: ArrayLike<number>, key: ArrayLike<number>, block = new Uint32Array(4)): Uint32Array {
  let c0 = counter[0] as number;
  let c1 = counter[1] as number;
  let c2 = counter[2] as number;
  let c3 = counter[3] as number;
  let k0 = key[0] as number;
  let k1 = key[1] as number;
  for (let round = 0; round < 10; round++) {
    const high0 = high(0xd2511f53, c0);
    const high1 = high(0xcd9e8d57, c2);
    const low0 = Math.imul(0xd2511f53, c0);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  block[0] = c0;
  block[1] = c1;
  block[2] = c2;
  block[3] = c3;
  return block;
}

/** A stream of random numbers. */
export class Random {
  readonly #key: readonly [number, number];
  /** Number of a block, low word first, and the stream. */
  readonly #counter = new Uint32Array(4);
  #position = 0;
  readonly #block = new Uint32Array(4);
  #filled = false;

  /**
   * @param seed - An integer from 0 to 2⁵³ − 1.
   * @param stream - Streams of one seed are independent; a text or an integer.
   * @throws {OptionError} when the seed is out of range.
   */
  constructor(seed: number, stream: number | string = 0) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new OptionError(`seed: expected an integer from 0 to 2^53 - 1, got ${String(seed)}`);
    }
    this.#key = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
    this.#counter.set(typeof stream === 'number' ? [stream >>> 0, 0] : hash(stream), 2);
  }

  /** Where the generator stands. */
  state(): RandomState {
    const [, , stream0 = 0, stream1 = 0] = this.#counter;
    return { key: this.#key, stream: [stream0, stream1], position: this.#position };
  }

  /** A generator that goes on where another one stood. */
  static restore({ key, stream, position }: RandomState): Random {
    const random = new Random(key[1] * 2 ** 32 + key[0]);
    random.#counter.set(stream, 2);
    random.#position = position;
    return random;
  }

  /** 32 random bits. */
  uint32(): number {
    const at = this.#position & 3;
    if (at === 0 || !this.#filled) this.#fill();
    this.#position++;
    return this.#block[at] as number;
  }

  /** Draws the block of four words that the position is in. */
  #fill(): void {
    const number = Math.floor(this.#position / 4);
    this.#counter[0] = number;
    this.#counter[1] = number / 2 ** 32;
    philox(this.#counter, this.#key, this.#block);
    this.#filled = true;
  }

  /** Uniform in [low, high), from 24 random bits, so that [0, 1) is exact in float32. */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * ((this.uint32() >>> 8) / 0x1000000);
  }

  /** Normal, by Marsaglia's polar method. */
  normal(mean = 0, standardDeviation = 1): number {
    for (;;) {
      const x = this.uniform(-1, 1);
      const y = this.uniform(-1, 1);
      const square = x * x + y * y;
      if (square < 1 && square > 0) {
        return mean + standardDeviation * x * Math.sqrt((-2 * naturalLogarithm(square)) / square);
      }
    }
  }

  /** Normal, drawn again while more than two deviations from the mean. */
  truncatedNormal(mean = 0, standardDeviation = 1): number {
    for (;;) {
      const value = this.normal();
      if (Math.abs(value) <= 2) return mean + standardDeviation * value;
    }
  }

  /** Uniform integer in [0, n), n ≤ 2³², without bias. */
  integer(n: number): number {
    for (;;) {
      const word = this.uint32();
      // Words beyond the last whole multiple of n would favour small results. Few are so large that it matters which it is.
      if (word <= 2 ** 32 - n || word < 2 ** 32 - (2 ** 32 % n)) return n < 2 ** 32 ? (word >>> 0) % (n >>> 0) : word;
    }
  }

  /** The numbers 0 … n − 1 in random order (Fisher and Yates). */
  permutation(n: number): Uint32Array {
    const order = ascending(n);
    for (let last = n - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      const value = order[last] as number;
      order[last] = order[other] as number;
      order[other] = value;
    }
    return order;
  }
}

/** The numbers 0 … n − 1. */
export function ascending(n: number): Uint32Array {
  const order = new Uint32Array(n);
  for (let index = 0; index < n; index++) order[index] = index;
  return order;
}

/** Two words from a text: FNV-1a, from two starts. Never [n, 0], which numbered streams use. */
function hash(text: string): readonly [number, number] {
  const run = (start: number): number => {
    let value = start;
    for (let index = 0; index < text.length; index++) {
      value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
    }
    return value >>> 0;
  };
  return [run(0x811c9dc5), (run(0x9747b28c) | 1) >>> 0];
}
