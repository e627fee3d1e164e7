/**
 * The slots of a backend by data id. Data ids that the backend makes carry their slot: a step of training makes and drops
 * thousands, and each entry of a weak map costs the garbage collector more than a member.
 */

import { type DataId, DataStorage, type KernelBackend, engine as tfEngine } from '@tensorflow/tfjs';
import type { Slot } from './slot';

/** A data id of a backend of ours. */
class OwnDataId {
  /** The storage that the slot is in; none when the data is gone or on another backend. */
  storage: SlotStorage | undefined;
  /** What the id stands for. */
  slot: Slot | undefined;
}

/** Slots by data id; data of other backends is fetched when it is asked for, as in TensorFlow.js's own storage. */
export class SlotStorage extends DataStorage<Slot> {
  readonly #backend: KernelBackend;
  #count = 0;

  /** @param backend - The one that the data belongs to. */
  constructor(backend: KernelBackend) {
    super(backend, tfEngine());
    this.#backend = backend;
  }

  /** Stores a slot under a new data id. */
  keep(slot: Slot): DataId {
    const dataId = new OwnDataId();
    this.set(dataId, slot);
    return dataId;
  }

  /** The slot, which is fetched from the backend that has the data. */
  override get(dataId: DataId): Slot {
    if (!(dataId instanceof OwnDataId)) return super.get(dataId);
    if (dataId.storage !== this) tfEngine().moveData(this.#backend, dataId);
    return dataId.slot as Slot;
  }

  /** Stores a slot under a data id. */
  override set(dataId: DataId, slot: Slot): void {
    if (!(dataId instanceof OwnDataId)) {
      super.set(dataId, slot);
      return;
    }
    this.#count++;
    dataId.storage = this;
    dataId.slot = slot;
  }

  /** Whether the data is here. */
  override has(dataId: DataId): boolean {
    return dataId instanceof OwnDataId ? dataId.storage === this : super.has(dataId);
  }

  /** Forgets a slot. */
  override delete(dataId: DataId): boolean {
    if (!(dataId instanceof OwnDataId)) return super.delete(dataId);
    this.#count--;
    dataId.storage = undefined;
    dataId.slot = undefined;
    return true;
  }

  /** Number of slots. */
  override numDataIds(): number {
    return this.#count + super.numDataIds();
  }
}
