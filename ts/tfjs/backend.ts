/**
 * The TensorFlow.js backend: tensors lie in WebAssembly memory, one allocation a data id.
 *
 * Kernels come in two kinds. Ours get addresses. Those inherited from tfjs's cpu backend get windows on the memory,
 * which growth would detach; so while one runs nothing is allocated: what it writes waits outside and moves in
 * when it has returned.
 */

import {
  type BackendTimingInfo,
  type backend_util,
  buffer,
  type DataId,
  type DataType,
  KernelBackend,
  kernel_impls,
  type Rank,
  type ShapeMap,
  type Tensor,
  type Tensor2D,
  type TensorBuffer,
  type TensorInfo,
  type TypedArray,
  engine as tfEngine,
  backend_util as toolbox,
  util,
} from '@tensorflow/tfjs';
import type { Engine } from '../runtime/kernels';
import { Slot } from './slot';
import { SlotStorage } from './storage';

/** What `tf.memory()` says beside the counts that TensorFlow.js keeps itself. */
export interface BackendMemory {
  /** False: every byte is given back when its last tensor is disposed. */
  readonly unreliable: boolean;
  /** Bytes of tensors in WebAssembly memory now. */
  readonly numBytesInWasm: number;
  /** Size of the WebAssembly memory, which grows and never shrinks, in bytes. */
  readonly numBytesInWasmAllocated: number;
}

/** A backend of TensorFlow.js whose data lies in WebAssembly memory. */
export class ConvgradBackend extends KernelBackend {
  /** The instance that computes. */
  readonly engine: Engine;
  /** Slots by data id. The kernels of the cpu backend read it. */
  readonly data: SlotStorage;
  /** Block size of the cpu backend's matrix product, which it reads here. */
  readonly blockSize = 48;
  readonly #slots = new Set<Slot>();
  readonly #waiting: Slot[] = [];
  #depth = 0;

  constructor(engine: Engine) {
    super();
    this.engine = engine;
    this.data = new SlotStorage(this);
  }

  /** Whether an inherited kernel runs, during which nothing may be allocated. */
  get inherits(): boolean {
    return this.#depth > 0;
  }

  /** Runs a kernel of the cpu backend; what it wrote lies in WebAssembly memory afterwards. */
  inherit<T>(kernel: () => T): T {
    this.#depth++;
    try {
      return kernel();
    } finally {
      this.#depth--;
      if (this.#depth === 0) for (const slot of this.#waiting.splice(0)) slot.settle();
    }
  }

  /** Address of a tensor's numbers. */
  address(info: TensorInfo): number {
    return this.data.get(info.dataId).address;
  }

  /** A tensor's numbers: a window on WebAssembly memory that is valid until the next allocation. */
  window(info: TensorInfo): Float32Array | Int32Array | Uint8Array {
    return this.data.get(info.dataId).values as Float32Array;
  }

  /** A new tensor in WebAssembly memory, with anything in it, for a kernel to write over. */
  output(shape: readonly number[], dtype: 'float32' | 'int32' | 'bool' = 'float32'): TensorInfo {
    return this.#reserved(shape, dtype, 'anything');
  }

  /** A new tensor of one value in WebAssembly memory. */
  filled(shape: readonly number[], dtype: 'float32' | 'int32' | 'bool', value: number): TensorInfo {
    if (value === 0 && !Object.is(value, -0)) return this.#reserved(shape, dtype, 'zeros');
    const y = this.#reserved(shape, dtype, 'anything');
    this.window(y).fill(value);
    return y;
  }

  #reserved(shape: readonly number[], dtype: 'float32' | 'int32' | 'bool', contents: 'zeros' | 'anything'): TensorInfo {
    const slot = new Slot(this.engine, dtype, 1, undefined);
    slot.reserve(util.sizeFromShape([...shape]), contents);
    return { dataId: this.#keep(slot), shape: [...shape], dtype };
  }

  /** The same data under another shape. */
  reshaped(info: TensorInfo, shape: readonly number[]): TensorInfo {
    this.incRef(info.dataId);
    return { dataId: info.dataId, shape: [...shape], dtype: info.dtype };
  }

  /** Stores values under a new data id. The array is copied. */
  override write(values: backend_util.BackendValues, _shape: number[], dtype: DataType): DataId {
    return this.#keep(this.#place(values, dtype, 1));
  }

  /** Takes over a data id of another backend. */
  override move(
    dataId: DataId,
    values: backend_util.BackendValues,
    _shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    if (dtype !== 'complex64') {
      this.#take(dataId, this.#place(values, dtype, refCount));
      return;
    }
    const slot = new Slot(this.engine, dtype, refCount, undefined);
    const { real, imag } = toolbox.splitRealAndImagArrays(values as Float32Array);
    slot.complexTensorInfos = {
      real: this.makeTensorInfo([real.length], 'float32', real),
      imag: this.makeTensorInfo([imag.length], 'float32', imag),
    };
    this.#take(dataId, slot);
  }

  /** Stores values under a new data id and answers a tensor of it; strings are encoded. */
  makeTensorInfo(shape: number[], dtype: DataType, values?: backend_util.BackendValues | string[]): TensorInfo {
    const isText = dtype === 'string' && values !== undefined && values !== null && util.isString(values[0] as string);
    const stored = isText ? (values as string[]).map((text) => util.encodeString(text)) : values;
    return { dataId: this.write(stored as backend_util.BackendValues, shape, dtype), shape, dtype };
  }

  /** Like {@link makeTensorInfo}, as a tensor of the running engine. */
  makeOutput(values: backend_util.BackendValues, shape: number[], dtype: DataType): Tensor {
    return tfEngine().makeTensorFromTensorInfo(this.makeTensorInfo(shape, dtype, values), this);
  }

  /** A copy of the data, later. */
  override async read(dataId: DataId): Promise<backend_util.BackendValues> {
    return this.readSync(dataId);
  }

  /** A copy of the data. */
  override readSync(dataId: DataId): backend_util.BackendValues {
    const { dtype, values, complexTensorInfos } = this.data.get(dataId);
    if (dtype === 'complex64' && complexTensorInfos !== undefined) {
      return toolbox.mergeRealAndImagArrays(
        this.readSync(complexTensorInfos.real.dataId) as Float32Array,
        this.readSync(complexTensorInfos.imag.dataId) as Float32Array,
      );
    }
    return (ArrayBuffer.isView(values) ? values.slice() : values) as backend_util.BackendValues;
  }

  /** A buffer with a copy of the data. */
  bufferSync<R extends Rank, D extends DataType>(info: TensorInfo): TensorBuffer<R, D> {
    const data = this.readSync(info.dataId);
    const values = info.dtype === 'string' ? (data as Uint8Array[]).map((bytes) => util.decodeString(bytes)) : data;
    return buffer(info.shape as ShapeMap[R], info.dtype as D, values as never) as TensorBuffer<R, D>;
  }

  /** How many tensors share the data. */
  override refCount(dataId: DataId): number {
    return this.data.has(dataId) ? this.data.get(dataId).refCount : 0;
  }

  /** One more tensor shares the data. */
  override incRef(dataId: DataId): void {
    this.data.get(dataId).refCount++;
  }

  /** One tensor less shares the data, which stays. */
  decRef(dataId: DataId): void {
    if (this.data.has(dataId)) this.data.get(dataId).refCount--;
  }

  /**
   * One tensor less shares the data; the last one gives the memory back at once.
   *
   * @param force - Gives it back whoever else shares it.
   * @returns Whether the data is gone.
   */
  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.data.has(dataId)) return true;
    const slot = this.data.get(dataId);
    slot.refCount--;
    if (!force && slot.refCount > 0) return false;
    if (slot.complexTensorInfos !== undefined) {
      this.disposeData(slot.complexTensorInfos.real.dataId, true);
      this.disposeData(slot.complexTensorInfos.imag.dataId, true);
    }
    slot.release();
    this.#slots.delete(slot);
    this.data.delete(dataId);
    return true;
  }

  /** Gives back what a kernel made for itself. */
  disposeIntermediateTensorInfo(info: TensorInfo): void {
    this.disposeData(info.dataId);
  }

  /** Number of data ids that are live. */
  override numDataIds(): number {
    return this.data.numDataIds();
  }

  /** The elements that are not zero, as `tf.whereAsync` wants them. */
  where(condition: Tensor): Tensor2D {
    return kernel_impls.whereImpl(condition.shape, this.readSync(condition.dataId) as TypedArray) as Tensor2D;
  }

  /** Runs `work` and tells how long it took. */
  override async time(work: () => void): Promise<BackendTimingInfo> {
    const start = util.now();
    work();
    return { kernelMs: util.now() - start } as BackendTimingInfo;
  }

  /** What the backend holds now. */
  override memory(): BackendMemory {
    let numBytesInWasm = 0;
    for (const { bytes } of this.#slots) numBytesInWasm += bytes;
    return { unreliable: false, numBytesInWasm, numBytesInWasmAllocated: this.engine.memory.byteLength };
  }

  /** Bits of a floating point number. */
  override floatPrecision(): 32 {
    return 32;
  }

  /** Gives all memory back; called by `tf.removeBackend`. */
  override dispose(): void {
    for (const slot of this.#slots) slot.release();
    this.#slots.clear();
  }

  #place(values: backend_util.BackendValues, dtype: DataType, refCount: number): Slot {
    const slot = new Slot(this.engine, dtype, refCount, values);
    if (this.inherits) this.#waiting.push(slot);
    else slot.settle();
    return slot;
  }

  #keep(slot: Slot): DataId {
    this.#slots.add(slot);
    return this.data.keep(slot);
  }

  #take(dataId: DataId, slot: Slot): void {
    this.#slots.add(slot);
    this.data.set(dataId, slot);
  }
}
