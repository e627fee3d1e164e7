/** A plan with addresses: runs a step without allocating anything. */

import { NonFiniteError, WasmError } from '../errors';
import type { Engine, KernelFunction } from '../runtime/kernels';
import { formatShape } from '../shape';
import type { Arena } from './arena';
import type { Buffer } from './buffer';
import { bufferArguments, type KernelCall } from './call';
import type { Plan } from './plan';

interface LinkedCall {
  readonly run: KernelFunction;
  readonly args: readonly number[];
  readonly call: KernelCall;
}

/** A plan bound to an engine, a model's state and an arena. */
export class Executable {
  /** The plan. */
  readonly plan: Plan;
  readonly #engine: Engine;
  readonly #arena: Arena;
  readonly #stateAddress: number;
  readonly #constantAddress: number;
  #preparations: LinkedCall[] = [];
  #linked: LinkedCall[] = [];
  #linkedArena = -1;
  #preparedFor = -1;

  constructor(plan: Plan, engine: Engine, stateAddress: number, arena: Arena) {
    this.plan = plan;
    this.#engine = engine;
    this.#arena = arena;
    this.#stateAddress = stateAddress;
    const ownBytes = plan.constantBytes + plan.keptBytes;
    this.#constantAddress = ownBytes > 0 ? engine.allocate(ownBytes) : 0;
    for (const { buffer, words } of plan.constants) {
      engine.memory.writeWords(this.#constantAddress + buffer.offset, words);
    }
  }

  /** Byte address of a buffer of this plan. Valid until another plan makes the arena grow: call {@link prepare} first. */
  addressOf(buffer: Buffer): number {
    switch (buffer.region) {
      case 'state':
        return this.#stateAddress + buffer.offset;
      case 'constant':
        return this.#constantAddress + buffer.offset;
      case 'kept':
        return this.#constantAddress + this.plan.constantBytes + buffer.offset;
      default:
        return this.#arena.address + buffer.offset;
    }
  }

  /** Resolves every address, when the arena has moved since the last time. */
  prepare(): void {
    this.#arena.reserve(Math.max(this.plan.layout.bytes, 4));
    if (this.#linkedArena === this.#arena.address) return;
    this.#linkedArena = this.#arena.address;
    const link = (call: KernelCall): LinkedCall => ({
      call,
      run: this.#engine.kernel(call.kernel),
      args: call.args.map((argument) =>
        typeof argument === 'number' ? argument : this.addressOf(argument.buffer) + argument.byteOffset,
      ),
    });
    this.#preparations = this.plan.preparations.map(link);
    this.#linked = this.plan.calls.map(link);
  }

  /**
   * Makes what is kept of the weights, when these have changed since the last time. {@link prepare} comes before it.
   *
   * @param changes - How many times they have changed.
   * @throws {EngineCrashedError} as {@link run}.
   */
  refresh(changes: number): void {
    if (this.#preparedFor === changes || this.#preparations.length === 0) return;
    this.#runAll(this.#preparations, false);
    this.#preparedFor = changes;
  }

  /**
   * Runs all calls.
   *
   * @param checked - Looks for NaN and infinity in what each call wrote, and names the first one found.
   * @param observe - Is told the milliseconds of each call.
   * @throws {NonFiniteError} in checked mode.
   * @throws {EngineCrashedError} when the instance trapped, now or before.
   */
  run(checked: boolean, observe?: (index: number, milliseconds: number) => void): void {
    this.#runAll(this.#linked, checked, observe);
  }

  #runAll(
    calls: readonly LinkedCall[],
    checked: boolean,
    observe?: (index: number, milliseconds: number) => void,
  ): void {
    this.#engine.assertAlive();
    try {
      for (let index = 0; index < calls.length; index++) {
        const linked = calls[index] as LinkedCall;
        const start = observe === undefined ? 0 : performance.now();
        const status = linked.run(...linked.args);
        observe?.(index, performance.now() - start);
        if (status !== 0) throw new WasmError(`${linked.call.layer} ${linked.call.kernel}`, status);
        if (checked) this.#check(linked.call);
      }
    } catch (error) {
      throw this.#engine.poison(error);
    }
  }

  /** Gives the memory of constants, and of what is kept, back. */
  release(): void {
    if (this.#constantAddress !== 0) this.#engine.release(this.#constantAddress);
  }

  #check(call: KernelCall): void {
    const floats = this.#engine.memory.floats;
    for (const { buffer, access } of bufferArguments(call)) {
      if (access === 'read' || buffer.name.endsWith('/workspace')) continue;
      const start = this.addressOf(buffer) >>> 2;
      for (let index = 0; index < buffer.size; index++) {
        const value = floats[start + index] as number;
        if (Number.isFinite(value)) continue;
        throw new NonFiniteError(
          `${call.layer}: expected finite numbers after ${call.kernel} (${call.phase}), got ${value} in ${buffer.name} ${formatShape(buffer.shape)} at index ${index}`,
        );
      }
    }
  }
}
