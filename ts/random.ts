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

/** High and low word of a 32 × 32 bit product, in `product`. */
const product: [number, number] = [0, 0];

function multiply(a: number, b: number): void {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const rest = aLow * bHigh + (middle % 0x10000);
  product[0] = (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(rest / 0x10000)) >>> 0;
  product[1] = Math.imul(a, b) >>> 0;
}

/** Ten rounds of Philox4x32 on a counter and a key. */
export function philox(counter: readonly number[], key: readonly number[]): [number, number, number, number] {
  let [c0 = 0, c1 = 0, c2 = 0, c3 = 0] = counter;
  let [k0 = 0, k1 = 0] = key;
  for (let round = 0; round < 10; round++) {
    multiply(0xd2511f53, c0);
    const [high0, low0] = product;
    multiply(0xcd9e8d57, c2);
    const [high1, low1] = product;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** A stream of random numbers. */
export class Random {
  readonly #key: readonly [number, number];
  #stream: readonly [number, number];
  #position = 0;
  #block: readonly number[] = [];
  #blockNumber = -1;

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
    this.#stream = typeof stream === 'number' ? [stream >>> 0, 0] : hash(stream);
  }

  /** Where the generator stands. */
  state(): RandomState {
    return { key: this.#key, stream: this.#stream, position: this.#position };
  }

  /** A generator that goes on where another one stood. */
  static restore({ key, stream, position }: RandomState): Random {
    const random = new Random(key[1] * 2 ** 32 + key[0]);
    random.#stream = stream;
    random.#position = position;
    return random;
  }

  /** 32 random bits. */
  uint32(): number {
    const number = Math.floor(this.#position / 4);
    if (number !== this.#blockNumber) {
      const [stream0, stream1] = this.#stream;
      this.#block = philox([number >>> 0, Math.floor(number / 2 ** 32) >>> 0, stream0, stream1], this.#key);
      this.#blockNumber = number;
    }
    const word = this.#block[this.#position % 4] as number;
    this.#position++;
    return word;
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
    // Words beyond the last whole multiple of n would favour small results.
    const limit = 2 ** 32 - (2 ** 32 % n);
    for (;;) {
      const word = this.uint32();
      if (word < limit) return word % n;
    }
  }

  /** The numbers 0 … n − 1 in random order (Fisher and Yates). */
  permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, index) => index);
    for (let last = n - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      const value = order[last] as number;
      order[last] = order[other] as number;
      order[other] = value;
    }
    return order;
  }
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
