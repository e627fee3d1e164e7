/** What one data id of TensorFlow.js stands for: numbers in WebAssembly memory, or strings and pairs that stay outside. */

import type { backend_util, DataType, TensorInfo } from '@tensorflow/tfjs';
import type { Engine } from '../runtime/kernels';

/** Bytes of an element of the types that lie in WebAssembly memory. */
const widths = { float32: 4, int32: 4, bool: 1 } as const;

type NumericType = keyof typeof widths;

/** The data of one data id. The kernels of tfjs's cpu backend read and write its members by name. */
export class Slot {
  /** Element type. */
  readonly dtype: DataType;
  /** How many tensors share the data. */
  refCount: number;
  /** The parts of a complex64 tensor, whose own slots hold the numbers. */
  complexTensorInfos?: { real: TensorInfo; imag: TensorInfo };
  readonly #engine: Engine;
  #address = 0;
  #length = 0;
  #outside: backend_util.BackendValues | undefined;

  /** @param values - The elements; left out for complex64 and for what a kernel fills later. */
  constructor(engine: Engine, dtype: DataType, refCount: number, values: backend_util.BackendValues | undefined) {
    this.#engine = engine;
    this.dtype = dtype;
    this.refCount = refCount;
    this.values = values;
  }

  /** Where the numbers lie in WebAssembly memory; 0 while they are outside or none. */
  get address(): number {
    return this.#address;
  }

  /** Bytes of WebAssembly memory that this slot holds. */
  get bytes(): number {
    return this.#address === 0 ? 0 : this.#length * widths[this.dtype as NumericType];
  }

  /** The elements: a window on WebAssembly memory that is valid until the next allocation, or an array outside. */
  get values(): backend_util.BackendValues | undefined {
    if (this.#address === 0) return this.#outside;
    return this.#engine.memory.window(this.dtype as NumericType, this.#address, this.#length);
  }

  /** Puts an array in place of the elements; it stays outside until {@link Slot.settle}. */
  set values(values: backend_util.BackendValues | undefined) {
    // A kernel of the cpu backend may hand on its input's window, which the next allocation would detach.
    const own = ArrayBuffer.isView(values) && this.#engine.memory.holds(values) ? values.slice() : values;
    this.release();
    this.#outside = own;
  }

  /** Reserves memory for `length` numbers: zeros, or anything for a kernel to write over. */
  reserve(length: number, contents: 'zeros' | 'anything'): void {
    this.release();
    this.#length = length;
    const bytes = length * widths[this.dtype as NumericType];
    if (length > 0) this.#address = this.#engine.allocate(bytes, contents);
    else this.#outside = this.#engine.memory.window(this.dtype as NumericType, 0, 0).slice();
  }

  /** Moves numbers that are outside into WebAssembly memory; strings and complex pairs stay. */
  settle(): void {
    const values = this.#outside as ArrayLike<number> | undefined;
    if (this.#address !== 0 || values === undefined || !(this.dtype in widths)) return;
    this.reserve(values.length, 'anything');
    if (values.length > 0) (this.values as Float32Array).set(values);
  }

  /** Gives the memory back. */
  release(): void {
    this.#outside = undefined;
    if (this.#address === 0) return;
    const address = this.#address;
    this.#address = 0;
    // After a trap the memory is lost as a whole, and disposing must not fail.
    if (!this.#engine.crashed) this.#engine.release(address);
  }
}
