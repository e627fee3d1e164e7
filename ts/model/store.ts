/** The values of a model's weights and of what its optimizer keeps: plain arrays until their first use, then in WebAssembly. */

import { Arena } from '../plan/arena';
import type { Buffer } from '../plan/buffer';
import type { Executable } from '../plan/executable';
import type { Engine } from '../runtime/kernels';
import { ModelState, type StateLayout } from './state';
import type { StepPlan } from './step';

/** A step that can run. */
export interface Step extends StepPlan {
  /** The plan with addresses. */
  readonly executable: Executable;
}

/** What a model has in WebAssembly memory. */
export interface Home {
  /** Whose memory. */
  readonly engine: Engine;
  /** Weights, gradients, and what the optimizer keeps. */
  readonly state: ModelState;
  /** Where steps compute. */
  readonly arena: Arena;
  /** The steps that were made. */
  readonly steps: Map<string, Step>;
}

/** The place of a model's values. */
export class Store {
  /** The weights while they have no home; undefined also before their first use. */
  #values: readonly Float32Array[] | undefined;
  /** What the optimizer keeps while it has no home; undefined for zeros. */
  #slots: readonly Float32Array[] | undefined;
  #home: Home | undefined;
  readonly #initialize: () => readonly Float32Array[];

  /**
   * @param values - The first values of all weights; not copied.
   * @param initialize - Makes them where there are none.
   */
  constructor(values: readonly Float32Array[] | undefined, initialize: () => readonly Float32Array[]) {
    this.#values = values;
    this.#initialize = initialize;
  }

  /** The memory, once there is one. */
  get home(): Home | undefined {
    return this.#home;
  }

  /** Moves everything into WebAssembly memory. */
  enter(engine: Engine, layout: StateLayout): Home {
    const state = new ModelState(engine, layout);
    this.#first().forEach((value, index) => {
      state.write(bufferOf(state, index), value);
    });
    state.slotParts().forEach((part, index) => {
      const value = this.#slots?.[index];
      if (value !== undefined) state.write(part, value);
    });
    this.#values = undefined;
    this.#slots = undefined;
    this.#home = { engine, state, arena: new Arena(engine), steps: new Map() };
    return this.#home;
  }

  /** Takes the weights out of WebAssembly memory; what the optimizer keeps is zero again. */
  reset(): void {
    if (this.#home !== undefined) this.#values = this.readWeights();
    this.#slots = undefined;
    this.leave();
  }

  /** Gives the memory back, with all that is in it. */
  leave(): void {
    const home = this.#home;
    this.#home = undefined;
    if (home === undefined || home.engine.crashed) return;
    for (const { executable } of home.steps.values()) executable.release();
    home.arena.release();
    home.state.release();
  }

  /** Gives everything up. */
  dispose(): void {
    this.#values = undefined;
    this.leave();
  }

  /** Copies of all weights. */
  readWeights(): Float32Array[] {
    const state = this.#home?.state;
    return state === undefined
      ? this.#first().map((value) => value.slice())
      : state.weights.map(({ value }) => state.read(value));
  }

  /** Replaces all weights. */
  writeWeights(values: readonly Float32Array[]): void {
    const state = this.#home?.state;
    if (state === undefined) this.#values = values;
    else for (const [index, value] of values.entries()) state.write(bufferOf(state, index), value);
  }

  /** Copies of what the optimizer keeps. @param sizes - Of its arrays. */
  readSlots(sizes: readonly number[]): Float32Array[] {
    const state = this.#home?.state;
    if (state === undefined) return sizes.map((size, index) => this.#slots?.[index]?.slice() ?? new Float32Array(size));
    const parts = state.slotParts();
    return sizes.map((_, index) => state.read(parts[index] as Buffer));
  }

  /** Replaces what the optimizer keeps. */
  writeSlots(values: readonly Float32Array[]): void {
    const state = this.#home?.state;
    if (state === undefined) this.#slots = values;
    else for (const [index, part] of state.slotParts().entries()) state.write(part, values[index] as Float32Array);
  }

  /** Takes a weight of the same size from another model. */
  copyWeight(index: number, from: Store, fromIndex: number): void {
    const [to, source] = [this.#home, from.#home];
    if (to !== undefined && source !== undefined && to.engine === source.engine) {
      const target = bufferOf(to.state, index);
      const start = (source.state.address + bufferOf(source.state, fromIndex).offset) >>> 2;
      const at = (to.state.address + target.offset) >>> 2;
      to.engine.memory.floats.copyWithin(at, start, start + target.size);
      return;
    }
    const value =
      source === undefined
        ? (from.#first()[fromIndex] as Float32Array)
        : source.state.read(bufferOf(source.state, fromIndex));
    if (to === undefined) (this.#first()[index] as Float32Array).set(value);
    else to.state.write(bufferOf(to.state, index), value);
  }

  /** The weights while they have no home. */
  #first(): readonly Float32Array[] {
    this.#values ??= this.#initialize();
    return this.#values;
  }
}

function bufferOf(state: ModelState, index: number): Buffer {
  return (state.weights[index] as { readonly value: Buffer }).value;
}
