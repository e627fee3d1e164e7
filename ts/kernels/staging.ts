/** Memory for the length of one call: everything that was reserved goes back, also when the call fails. */

import { ShapeError } from '../errors';
import type { Engine } from '../runtime/kernels';
import { formatShape, type Shape, sizeOf } from '../shape';

/** Reserves memory on an engine until {@link Staging.release}. */
export class Staging {
  readonly #engine: Engine;
  readonly #addresses: number[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Reserves room for `count` float32 values; at least one, so that every argument has an address. */
  floats(count: number): number {
    const address = this.#engine.allocate(Math.max(count, 1) * 4);
    this.#addresses.push(address);
    return address;
  }

  /** Copies an argument in, checking its length against its shape. @throws {ShapeError} when they differ. */
  input(values: ArrayLike<number>, shape: Shape, what: string): number {
    if (values.length !== sizeOf(shape)) {
      throw new ShapeError(`${what}: expected ${sizeOf(shape)} values for ${formatShape(shape)}, got ${values.length}`);
    }
    const address = this.floats(values.length);
    this.#engine.memory.write(address, values);
    return address;
  }

  /** Copies 32-bit words in. */
  words(values: readonly number[]): number {
    const address = this.floats(values.length);
    this.#engine.memory.writeWords(address, values);
    return address;
  }

  /** Copies a result out, into `out` when the caller gave one. */
  output(address: number, shape: Shape, out: Float32Array | undefined, what: string): Float32Array {
    const size = sizeOf(shape);
    if (out === undefined) return this.#engine.memory.read(address, size);
    if (out.length !== size) {
      throw new ShapeError(`${what}: expected out of ${size} values for ${formatShape(shape)}, got ${out.length}`);
    }
    const start = address >>> 2;
    out.set(this.#engine.memory.floats.subarray(start, start + size));
    return out;
  }

  /** Gives all memory back. */
  release(): void {
    for (const address of this.#addresses.splice(0)) this.#engine.release(address);
  }
}

/** Runs `work` with memory that is released at its end, however it ends. */
export function staged<T>(engine: Engine, work: (staging: Staging) => T): T {
  const staging = new Staging(engine);
  let done = false;
  try {
    const result = work(staging);
    done = true;
    return result;
  } finally {
    try {
      staging.release();
    } catch (error) {
      // After a trap nothing can be released; the trap itself is the news.
      // biome-ignore lint/correctness/noUnsafeFinally: only rethrown when the work itself succeeded
      if (done) throw error;
    }
  }
}
