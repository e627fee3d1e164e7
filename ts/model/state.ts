/** The memory of a model's weights: all trainable parameters in one piece, then the others, gradients, optimizer. */

import type { WeightBuffers, WeightSpec } from '../layers/layer';
import type { Optimizer, UpdateBuffers } from '../optimizers/optimizer';
import { align, type Buffer } from '../plan/buffer';
import type { Engine } from '../runtime/kernels';
import { type Shape, sizeOf } from '../shape';
import type { FoldedBuffers } from './folding';

/** A weight of a model. */
export interface ModelWeight {
  /** `layer/kernel`. */
  readonly name: string;
  /** What the layer asked for. */
  readonly spec: WeightSpec;
}

/** Where weights, gradients and optimizer state lie, before they have memory. */
export interface StateLayout {
  /** Bytes of everything. */
  readonly bytes: number;
  /** Memory of each weight, in the model's order. */
  readonly weights: readonly WeightBuffers[];
  /** Four words: number of the step and seed, low words first. */
  readonly clock: Buffer;
  /** What the optimizer works on; undefined when nothing is trained. */
  readonly update: UpdateBuffers | undefined;
  /** Kernels and biases with a batch normalization folded in, for inference. */
  readonly folded: readonly FoldedBuffers[];
  /** Bytes of the weights alone. */
  readonly weightBytes: number;
  /** Bytes of the gradients alone. */
  readonly gradientBytes: number;
  /** Bytes of what the optimizer keeps for the weights. */
  readonly slotBytes: number;
}

/**
 * Gives weights, gradients and what the optimizer keeps their places.
 *
 * @param slots - Number of arrays that the optimizer keeps for the parameters; undefined for a model that is
 *   not compiled, which has no gradients.
 * @param folds - For each folded batch normalization the kernel and the bias that hold it.
 */
export function layOutState(
  weights: readonly ModelWeight[],
  slots: number | undefined,
  folds: readonly (readonly { readonly name: string; readonly shape: Shape }[])[] = [],
): StateLayout {
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
  const weightBytes = space.bytes;
  const gradients = new Map<ModelWeight, Buffer>();
  if (training) {
    for (const weight of trainable) {
      gradients.set(weight, space.take(`${weight.name} gradient`, weight.spec.shape));
    }
  }
  const gradientBytes = space.bytes - weightBytes;
  const clock = space.take('clock', [4]);
  let update: UpdateBuffers | undefined;
  if (training && trainable.length > 0) {
    const slab = (name: string, offset: number): Buffer => ({
      name,
      region: 'state',
      shape: [trainableBytes / 4],
      size: trainableBytes / 4,
      offset,
    });
    update = {
      parameters: slab('parameters', 0),
      gradients: slab('gradients', weightBytes),
      slots: Array.from({ length: slots }, (_, index) => space.take(`slot ${index}`, [trainableBytes / 4])),
      scalars: space.take('scalars', [align(4) / 4]),
      variables: trainable.map((weight) => ({
        spec: weight.spec,
        value: values.get(weight) as Buffer,
        gradient: gradients.get(weight) as Buffer,
      })),
    };
  }
  const folded = folds.map((specs) => {
    const [kernel, bias] = specs.map(({ name, shape }) => space.take(name, shape)) as [Buffer, Buffer];
    return { kernel, bias };
  });
  return {
    bytes: Math.max(space.bytes, 4),
    weights: weights.map((weight) => ({
      value: values.get(weight) as Buffer,
      gradient: gradients.get(weight),
    })),
    clock,
    update,
    folded,
    weightBytes,
    gradientBytes,
    slotBytes: (update?.slots.length ?? 0) * trainableBytes,
  };
}

/** Weights, gradients and optimizer state in WebAssembly memory. */
export class ModelState {
  /** Byte address of everything. */
  readonly address: number;
  /** Where everything lies behind that address. */
  readonly layout: StateLayout;
  readonly #engine: Engine;

  /** @throws {OutOfMemoryError} */
  constructor(engine: Engine, layout: StateLayout) {
    this.#engine = engine;
    this.layout = layout;
    this.address = engine.allocate(layout.bytes);
  }

  /** Bytes of everything. */
  get bytes(): number {
    return this.layout.bytes;
  }

  /** Memory of each weight, in the model's order. */
  get weights(): readonly WeightBuffers[] {
    return this.layout.weights;
  }

  /** What the optimizer works on; undefined when nothing is trained. */
  get update(): UpdateBuffers | undefined {
    return this.layout.update;
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

  /** Writes what changes from step to step: the clock, and the numbers of the optimizer. */
  beginStep(iteration: number, seed: number, optimizer: Optimizer | undefined): void {
    const { words, floats } = this.#engine.memory;
    const clock = (this.address + this.layout.clock.offset) >>> 2;
    words[clock] = iteration >>> 0;
    words[clock + 1] = Math.floor(iteration / 2 ** 32);
    words[clock + 2] = seed >>> 0;
    words[clock + 3] = Math.floor(seed / 2 ** 32);
    if (optimizer === undefined || this.update === undefined) return;
    optimizer.writeScalars(floats, (this.address + this.update.scalars.offset) >>> 2, iteration);
  }

  /** Writes what a slot of the optimizer has over the trained weights. */
  takeSlot(slot: number): void {
    const from = this.update?.slots[slot];
    if (this.update !== undefined && from !== undefined) this.write(this.update.parameters, this.read(from));
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
