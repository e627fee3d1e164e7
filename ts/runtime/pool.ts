/**
 * The workers of an engine: threads of Node or Workers of a browser that share its memory. They are handed the module and
 * the memory once; afterwards everything goes through memory, and nothing is posted within a step.
 */

import type { KernelName } from './kernels';
import { processors, type StartedWorker, startWorker } from './workersNode';

/** Bytes of a page of WebAssembly memory. */
const PAGE = 65536;

/** Pages of a shared memory at the start: more than scripts/variants.mjs tells the linker and wasm-bindgen adds. */
const INITIAL_PAGES = 2 ** 22 / PAGE;

/** Most pages to ask for, from 4 GiB down: address space for all of them is reserved at once. */
const MAXIMA = [65536, 32768, 16384, 8192, 4096];

/** Most threads that an engine starts by itself. */
const MOST_THREADS = 8;

/** Bytes of a worker's stack. */
const STACK = 262144;

/** What runs in a worker, as text: it must not need a file of its own, which bundlers would have to find. */
const PROGRAM = `
function serve({ module, memory, stack }) {
  const imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    imports[from] = imports[from] ?? {};
    imports[from][name] = kind === 'memory' ? memory : () => {};
  }
  const { exports } = new WebAssembly.Instance(module, imports);
  exports.__wbindgen_start(stack);
  try { exports.pool_work(); } catch (error) { exports.pool_fail(); }
}`;

/** Whether memory can be shared with workers here: Node, and pages that are cross-origin isolated. */
export function canShareMemory(): boolean {
  return (
    typeof SharedArrayBuffer !== 'undefined' &&
    (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated !== false
  );
}

/** Threads that an engine uses when nobody says how many: one for each processor, up to eight. */
export function defaultThreads(): number {
  return canShareMemory() ? Math.max(1, Math.min(processors(), MOST_THREADS)) : 1;
}

/** Whether a module imports its memory: then it is one of the builds for threads. */
export function importsMemory(module: WebAssembly.Module): boolean {
  return WebAssembly.Module.imports(module).some(({ kind }) => kind === 'memory');
}

/** A memory that workers can share, and to how many bytes it can grow. @throws {RangeError} when there is no address space. */
export function createSharedMemory(): { readonly memory: WebAssembly.Memory; readonly mostBytes: number } {
  let failure: unknown;
  for (const maximum of MAXIMA) {
    try {
      const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum, shared: true });
      return { memory, mostBytes: maximum * PAGE };
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** The workers of one engine. */
export class Pool {
  readonly #call: (name: KernelName) => number;
  #workers: StartedWorker[];

  /**
   * Starts workers; they come to help as soon as they are up.
   *
   * @param call - Calls an export of the engine without arguments.
   */
  constructor(
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    count: number,
    call: (name: KernelName) => number,
  ) {
    this.#call = call;
    const data = { module, memory, stack: STACK };
    this.#workers = Array.from({ length: count }, () => startWorker(PROGRAM, data));
    // A page's thread may not sleep, those of Node and of Workers may.
    if (typeof document === 'undefined') call('pool_allow_waiting');
  }

  /** Number of workers that were started. */
  get size(): number {
    return this.#workers.length;
  }

  /** Resolves when all workers are up, or after `milliseconds`; until then the caller works alone. */
  async ready(milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds;
    while (this.#call('pool_workers') < this.#workers.length && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** Ends the workers. What was computed stays; the engine works on alone. */
  end(): void {
    if (this.#workers.length === 0) return;
    this.#call('pool_end');
    for (const worker of this.#workers) worker.terminate();
    this.#workers = [];
  }
}
