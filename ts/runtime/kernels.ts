/**
 * Typed calls of the kernels: one WebAssembly instance, its memory, and what happens when a call fails.
 * The only importer of the generated glue.
 */

import { EngineCrashedError, OutOfMemoryError, WasmError } from '../errors';
import * as glue from '../generated/simd128/convgrad_bg.js';
import type * as Raw from '../generated/simd128/convgrad_bg.wasm';
import type { Variant } from './detect';
import { EngineMemory } from './memory';
import { createSharedMemory, importsMemory, Pool } from './pool';

type Exports = typeof Raw;

/** Exports that take addresses and counts and return a status: the kernels. */
export type KernelName = {
  [Name in keyof Exports & string]: Exports[Name] extends (...args: number[]) => number ? Name : never;
}[keyof Exports & string];

/** A kernel bound to an instance. Returns 0 or a status number. */
export type KernelFunction = (...args: number[]) => number;

/** Bytes that WebAssembly can address. */
export const ADDRESSABLE = 2 ** 32;

/** One instance of the WebAssembly module. */
export class Engine {
  /** Which build runs. */
  readonly variant: Variant;
  /** Whether it gives the bits that every engine gives. */
  readonly strict: boolean;
  /** The linear memory. */
  readonly memory: EngineMemory;
  /** Most bytes that may be allocated at a time. */
  readonly memoryLimit: number;
  readonly #exports: Exports;
  readonly #pool: Pool | undefined;
  #crash: EngineCrashedError | undefined;
  #retired = false;

  /**
   * @param threads - Threads that work together, the caller's among them; more than one needs a build for threads, which
   *   imports its memory.
   * @param mostBytes - Most bytes that may be allocated at a time. Default what the memory can grow to.
   * @param strict - Whether it gives the bits that every engine gives, which the relaxed variant cannot. Default whether
   *   the variant can.
   */
  constructor(
    module: WebAssembly.Module,
    variant: Variant,
    threads = 1,
    mostBytes = ADDRESSABLE,
    strict = variant === 'simd128',
  ) {
    this.variant = variant;
    this.strict = strict;
    const shared = importsMemory(module) ? createSharedMemory() : undefined;
    // The glue of all variants is the same; its functions only fill a table at start.
    const instance = new WebAssembly.Instance(module, {
      './convgrad_bg.js': { ...glue, memory: shared?.memory } as unknown as WebAssembly.ModuleImports,
    });
    this.#exports = instance.exports as unknown as Exports;
    glue.__wbg_set_wasm(this.#exports);
    this.#exports.__wbindgen_start();
    if (!strict) this.kernel('conv2d_use_winograd')(1);
    this.memory = new EngineMemory(shared?.memory ?? this.#exports.memory);
    this.memoryLimit = Math.min(mostBytes, shared?.mostBytes ?? ADDRESSABLE);
    if (shared !== undefined && threads > 1) {
      this.#pool = new Pool(module, shared.memory, threads - 1, (name) => this.kernel(name)());
    }
  }

  /** Threads that work together, the caller's among them. */
  get threads(): number {
    return 1 + (this.#pool?.size ?? 0);
  }

  /** Resolves when all threads are up, or after a second: then they are waited for no longer, and come when they come. */
  async ready(): Promise<void> {
    await this.#pool?.ready(1000);
  }

  /** Ends the workers once nothing is allocated any more: another engine has taken this one's place. */
  retire(): void {
    this.#retired = true;
    this.#endWhenIdle();
  }

  #endWhenIdle(): void {
    if (this.#pool === undefined || this.#pool.size === 0) return;
    if (this.crashed || (this.#retired && this.liveAllocations === 0)) this.#pool.end();
  }

  /** The function of a kernel, for calls that are prepared once and made often through {@link run}. */
  kernel(name: KernelName): KernelFunction {
    return this.#exports[name] as KernelFunction;
  }

  /**
   * Calls a kernel.
   *
   * @throws {WasmError} when the kernel refuses its arguments.
   * @throws {EngineCrashedError} when the instance trapped, now or before.
   */
  call(name: KernelName, ...args: number[]): void {
    const status = this.guard(() => this.kernel(name)(...args));
    if (status !== 0) throw new WasmError(name, status);
  }

  /** Calls an export that answers with a number instead of a status, such as a workspace size. */
  query(name: KernelName, ...args: number[]): number {
    return this.guard(() => this.kernel(name)(...args)) >>> 0;
  }

  /** Whether the instance has trapped; then its memory is lost and nothing needs to be released. */
  get crashed(): boolean {
    return this.#crash !== undefined;
  }

  /** @throws {EngineCrashedError} when the instance has trapped before. */
  assertAlive(): void {
    if (this.#crash !== undefined) throw this.#crash;
  }

  /** Runs `work`; a trap inside it poisons the instance. @throws {EngineCrashedError} on a trap, now or before. */
  guard<T>(work: () => T): T {
    this.assertAlive();
    try {
      return work();
    } catch (error) {
      throw this.poison(error);
    }
  }

  /** The error that stands for a trap; every later call gets the first one. Other errors pass unchanged. */
  poison(error: unknown): unknown {
    if (!(error instanceof WebAssembly.RuntimeError)) return error;
    // The panic hook left its words in memory before it aborted; after a trap memory is only read.
    const length = this.#exports.panic_message_length() >>> 0;
    const words =
      length > 0 ? this.memory.readText(this.#exports.panic_message_address() >>> 0, length) : error.message;
    this.#crash ??= new EngineCrashedError(`WebAssembly trapped: ${words}`, { cause: error });
    this.#endWhenIdle();
    return this.#crash;
  }

  /**
   * Reserves memory, 64-byte aligned.
   *
   * @param contents - `'zeros'`, or `'anything'` for what is written before it is read, which takes less time.
   * @returns The address; give it to {@link release}.
   * @throws {OutOfMemoryError} when it cannot be had, or would pass {@link Engine.memoryLimit}.
   */
  allocate(bytes: number, contents: 'zeros' | 'anything' = 'zeros'): number {
    if (this.memoryLimit < ADDRESSABLE && this.liveBytes + bytes > this.memoryLimit) {
      throw new OutOfMemoryError(
        `out of memory: expected ${bytes} bytes beside the ${this.liveBytes} that are taken, the limit is ${this.memoryLimit}`,
      );
    }
    const address = bytes > 0xffff_ffc0 ? 0 : this.query('allocate', bytes, Number(contents === 'zeros'));
    if (address === 0) {
      throw new OutOfMemoryError(
        `out of memory: expected ${bytes} bytes, WebAssembly memory has ${this.memory.byteLength} and cannot grow by so much`,
      );
    }
    this.memory.cover(address + bytes);
    return address;
  }

  /** Gives an allocation back. */
  release(address: number): void {
    this.call('release', address);
    if (this.#retired) this.#endWhenIdle();
  }

  /** Bytes that are allocated now. */
  get liveBytes(): number {
    return this.query('live_bytes');
  }

  /** Number of allocations that are live now. */
  get liveAllocations(): number {
    return this.query('live_allocations');
  }
}
