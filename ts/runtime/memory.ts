/**
 * The only maker of typed-array views on WebAssembly memory.
 *
 * Growth detaches views of an unshared memory and leaves views of a shared one silently short, so the
 * whole-memory views below are remade whenever the buffer's identity changes, and nobody else keeps one.
 */

/** Access to one linear memory. Addresses are byte addresses, multiples of four. */
export class EngineMemory {
  readonly #memory: WebAssembly.Memory;
  #floats: Float32Array;
  #words: Uint32Array;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    this.#floats = new Float32Array(memory.buffer);
    this.#words = new Uint32Array(memory.buffer);
  }

  /** The whole memory as float32, indexed by address / 4. Valid until the next allocation. */
  get floats(): Float32Array {
    if (this.#floats.buffer !== this.#memory.buffer) this.#floats = new Float32Array(this.#memory.buffer);
    return this.#floats;
  }

  /** The whole memory as uint32, indexed by address / 4. Valid until the next allocation. */
  get words(): Uint32Array {
    if (this.#words.buffer !== this.#memory.buffer) this.#words = new Uint32Array(this.#memory.buffer);
    return this.#words;
  }

  /**
   * Makes views possible up to byte `end`, which is inside the memory. Engines tell the other threads a little later when one makes a
   * shared memory grow, as a worker does for its stack; to grow by nothing shows the caller's thread what there is.
   */
  cover(end: number): void {
    if (end > this.#memory.buffer.byteLength) this.#memory.grow(0);
  }

  /** Size of the linear memory in bytes, live or not. */
  get byteLength(): number {
    return this.#memory.buffer.byteLength;
  }

  /** A copy of `length` float32 values at `address`. */
  read(address: number, length: number): Float32Array {
    return this.floats.slice(address >>> 2, (address >>> 2) + length);
  }

  /** Writes float32 values at `address`. */
  write(address: number, values: ArrayLike<number>): void {
    this.floats.set(values, address >>> 2);
  }

  /** Writes uint32 values at `address`. */
  writeWords(address: number, values: ArrayLike<number>): void {
    this.words.set(values, address >>> 2);
  }

  /**
   * A window on `length` elements at `address`. Valid until the next allocation, which may grow the memory and
   * detach it: use it at once and keep nothing of it.
   */
  window(type: 'float32' | 'int32' | 'bool', address: number, length: number): Float32Array | Int32Array | Uint8Array {
    switch (type) {
      case 'float32':
        return new Float32Array(this.#memory.buffer, address, length);
      case 'int32':
        return new Int32Array(this.#memory.buffer, address, length);
      default:
        return new Uint8Array(this.#memory.buffer, address, length);
    }
  }

  /** Whether an array is a window on this memory. */
  holds(array: ArrayBufferView): boolean {
    return array.buffer === this.#memory.buffer;
  }

  /** A UTF-8 text of `length` bytes at `address`. */
  readText(address: number, length: number): string {
    // Copied first: browsers refuse to decode from shared memory.
    const bytes = new Uint8Array(this.#memory.buffer, address, length).slice();
    return new TextDecoder().decode(bytes);
  }
}
