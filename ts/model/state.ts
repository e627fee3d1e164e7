/** The memory of a model's weights: all trainable parameters in one piece, then the others, gradients, optimizer. */

import type { WeightBuffers, WeightSpec } from '../layers/layer';
import type { UpdateBuffers } from '../optimizers/optimizer';
import { align, type Buffer } from '../plan/buffer';
import type { Engine } from '../runtime/kernels';
import { sizeOf } from '../shape';

/** A weight of a model. */
export interface ModelWeight {
  /** `layer/kernel`. */
  readonly name: string;
  /** What the layer asked for. */
  readonly spec: WeightSpec;
}

/** Weights, gradients and optimizer state in WebAssembly memory. */
export class ModelState {
  /** Byte address of everything. */
  readonly address: number;
  /** Bytes of everything. */
  readonly bytes: number;
  /** Memory of each weight, in the model's order. */
  readonly weights: readonly WeightBuffers[];
  /** Four words: number of the step and seed, low words first. */
  readonly clock: Buffer;
  /** What the optimizer works on; undefined when nothing is trained. */
  readonly update: UpdateBuffers | undefined;
  readonly #engine: Engine;

  /**
   * @param slots - Number of arrays that the optimizer keeps for the parameters; undefined for a model that is
   *   not compiled, which has no gradients.
   */
  constructor(engine: Engine, weights: readonly ModelWeight[], slots: number | undefined) {
    this.#engine = engine;
    const space = new Space();
    const training = slots !== undefined;
    // The gaps between weights are zero and stay zero under every update, so that one call serves all of them.
    const values = new Map<ModelWeight, Buffer>();
    const trainable = weights.filter(({ spec }) => spec.trainable);
    for (const weight of trainable) values.set(weight, space.take(weight.name, weight.spec.shape));
    const trainableBytes = space.bytes;
    for (const weight of weights) {
      if (!weight.spec.trainable) values.set(weight, space.take(weight.name, weight.spec.shape));
    }
    const gradientStart = space.bytes;
    const gradients = new Map<ModelWeight, Buffer>();
    if (training) {
      for (const weight of trainable) {
        gradients.set(weight, space.take(`${weight.name} gradient`, weight.spec.shape));
      }
    }
    this.weights = weights.map((weight) => ({
      value: values.get(weight) as Buffer,
      gradient: gradients.get(weight),
    }));
    this.clock = space.take('clock', [4]);
    if (training && trainable.length > 0) {
      const slab = (name: string, offset: number): Buffer => ({
        name,
        region: 'state',
        shape: [trainableBytes / 4],
        size: trainableBytes / 4,
        offset,
      });
      this.update = {
        parameters: slab('parameters', 0),
        gradients: slab('gradients', gradientStart),
        slots: Array.from({ length: slots }, (_, index) => space.take(`slot ${index}`, [trainableBytes / 4])),
        scalars: space.take('scalars', [align(4) / 4]),
        variables: trainable.map((weight) => ({
          spec: weight.spec,
          value: values.get(weight) as Buffer,
          gradient: gradients.get(weight) as Buffer,
        })),
      };
    }
    this.bytes = Math.max(space.bytes, 4);
    this.address = engine.allocate(this.bytes);
  }

  /** What the optimizer keeps: slot by slot the part of each trained weight. */
  slotParts(): Buffer[] {
    const { slots = [], variables = [] } = this.update ?? {};
    // Slots are laid out as the parameters are, and these begin at 0.
    return slots.flatMap((slot) => variables.map(({ value }) => ({ ...value, offset: slot.offset + value.offset })));
  }

  /** A copy of the values of a state buffer. */
  read(buffer: Buffer): Float32Array {
    return this.#engine.memory.read(this.address + buffer.offset, buffer.size);
  }

  /** Overwrites a state buffer. */
  write(buffer: Buffer, values: Float32Array): void {
    this.#engine.memory.write(this.address + buffer.offset, values);
  }

  /** Gives the memory back. */
  release(): void {
    this.#engine.release(this.address);
  }
}

/** Hands out aligned places one after the other. */
class Space {
  bytes = 0;

  take(name: string, shape: readonly number[]): Buffer {
    const buffer: Buffer = { name, region: 'state', shape, size: sizeOf(shape), offset: this.bytes };
    this.bytes += align(buffer.size * 4);
    return buffer;
  }
}
