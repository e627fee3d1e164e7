/** The scratch memory of a model: one allocation, as large as its largest plan. */

import type { Engine } from '../runtime/kernels';

/** Memory that all plans of a model use in turn. */
export class Arena {
  readonly #engine: Engine;
  #address = 0;
  #bytes = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Byte address; changes when the arena grows, which is when plans must be linked anew. */
  get address(): number {
    return this.#address;
  }

  /** Bytes reserved. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Makes the arena at least this large. The contents are lost when it grows. @throws {OutOfMemoryError} */
  reserve(bytes: number): void {
    if (bytes <= this.#bytes) return;
    // Released first: the peak is the larger of the two, not their sum.
    this.release();
    this.#address = this.#engine.allocate(bytes);
    this.#bytes = bytes;
  }

  /** Gives the memory back. */
  release(): void {
    if (this.#address !== 0) this.#engine.release(this.#address);
    this.#address = 0;
    this.#bytes = 0;
  }
}
