/** Chooses and starts the engine that models and bare kernels use. */

import { LoadError, OptionError } from '../errors';
import { checkOptions, describe, positiveInteger } from '../options';
import { type Build, hasRelaxedSimd, hasSimd, type SimdMode, type Variant } from './detect';
import { ADDRESSABLE, Engine } from './kernels';
import { canLoadSync, loadModule, loadModuleSync } from './loadNode';
import { canShareMemory, defaultThreads, importsMemory } from './pool';

/** Options of {@link init}. */
export interface InitOptions {
  /**
   * Which build of the kernels. `'auto'` (default) takes fused multiply-add where the engine has it, and convolutions
   * of many channels by fewer multiplications, which round otherwise (docs/performance/winograd.md). `'strict'` gives the
   * same bits on every engine, `'relaxed'` is `'auto'` that insists on fused multiply-add.
   */
  readonly simd?: SimdMode;
  /**
   * Threads that work together, 1 to 64, the caller's among them. The default is one for each processor, up to 8, in Node
   * and in pages that are cross-origin isolated, and 1 elsewhere. Any number gives the same bits.
   */
  readonly threads?: number;
  /**
   * The compiled file, for hosts that load it themselves; it must be the build that `simd` names. With a file for one
   * thread there is one.
   */
  readonly wasm?: WebAssembly.Module;
  /**
   * Most bytes that models, samples and tensors may take together. What would take more is refused before anything of it is
   * allocated. Default what WebAssembly memory can grow to, 4 GiB, or less where shared memory of that size is not to be had.
   */
  readonly maxMemoryBytes?: number;
}

/** What {@link init} started. */
export interface EngineInfo {
  /** `'relaxed'` has fused multiply-add, `'simd128'` has not. */
  readonly variant: Variant;
  /** Whether it gives the same bits on every engine, as `'strict'` asks. */
  readonly strict: boolean;
  /** Threads that work together, the caller's among them. */
  readonly threads: number;
}

/** Most threads that can be asked for. */
const MOST_THREADS = 64;

let current: Engine | undefined;
let starting: Promise<EngineInfo> | undefined;

/**
 * Starts the WebAssembly engine. Optional in Node; in a browser it must have resolved before the first
 * synchronous use (`explain`, `plan`, `kernels.*`). `fit`, `evaluate` and `predict` call it themselves.
 * Calling it again with options starts a fresh engine for models that are made afterwards.
 *
 * @throws {OptionError} when an option is not known.
 * @throws {LoadError} when the engine lacks SIMD or the file cannot be loaded.
 */
export async function init(options?: InitOptions): Promise<EngineInfo> {
  if (options === undefined && current !== undefined) return infoOf(current);
  if (options === undefined && starting !== undefined) return starting;
  starting = start(options ?? {});
  try {
    return await starting;
  } finally {
    starting = undefined;
  }
}

/** The engine that runs, started on demand where that is possible. @throws {LoadError} in a browser before `init`. */
export function getEngine(): Engine {
  if (current === undefined) {
    const variant = chooseVariant('auto');
    const threads = defaultThreads();
    current = new Engine(loadModuleSync(buildOf(variant, threads)), variant, threads, ADDRESSABLE, false);
  }
  return current;
}

/** The engine, if one runs. */
export function runningEngine(): Engine | undefined {
  return current;
}

/** Whether {@link getEngine} would answer without waiting. */
export function engineReady(): boolean {
  return current !== undefined || canLoadSync;
}

async function start(options: InitOptions): Promise<EngineInfo> {
  checkOptions('init', options, ['simd', 'threads', 'wasm', 'maxMemoryBytes']);
  const variant = chooseVariant(options.simd ?? 'auto');
  const wanted = chooseThreads(options.threads);
  const mostBytes = positiveInteger(options.maxMemoryBytes ?? ADDRESSABLE, 'init: maxMemoryBytes');
  const module = options.wasm ?? (await loadModule(buildOf(variant, wanted)));
  const threads = importsMemory(module) ? wanted : 1;
  if (options.wasm !== undefined && options.threads !== undefined && threads !== options.threads) {
    throw new OptionError(
      `init: expected a build for threads as wasm with threads ${options.threads}, got one for one thread`,
    );
  }
  const engine = new Engine(module, variant, threads, mostBytes, options.simd === 'strict');
  await engine.ready();
  current?.retire();
  current = engine;
  return infoOf(engine);
}

function infoOf({ variant, strict, threads }: Engine): EngineInfo {
  return { variant, strict, threads };
}

function buildOf(variant: Variant, threads: number): Build {
  return threads > 1 ? `${variant}-threads` : variant;
}

function chooseThreads(threads: number | undefined): number {
  if (threads === undefined) return defaultThreads();
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS) {
    throw new OptionError(
      `init: expected threads to be an integer from 1 to ${MOST_THREADS}, got ${describe(threads)}`,
    );
  }
  if (threads > 1 && !canShareMemory()) {
    throw new LoadError(
      `init: expected threads 1 where memory cannot be shared, got ${threads}; a page must be cross-origin isolated (headers Cross-Origin-Opener-Policy: same-origin, Cross-Origin-Embedder-Policy: require-corp)`,
    );
  }
  return threads;
}

function chooseVariant(mode: SimdMode): Variant {
  if (!hasSimd()) {
    throw new LoadError(
      'init: expected an engine with WebAssembly SIMD (Node ≥ 16.4, Chrome ≥ 91, Firefox ≥ 89, Safari ≥ 16.4)',
    );
  }
  switch (mode) {
    case 'auto':
      return hasRelaxedSimd() ? 'relaxed' : 'simd128';
    case 'strict':
      return 'simd128';
    case 'relaxed':
      if (!hasRelaxedSimd()) {
        throw new LoadError(
          'init: expected an engine with relaxed SIMD (Node ≥ 22, Chrome ≥ 114, Firefox ≥ 145), use simd: "auto"',
        );
      }
      return 'relaxed';
    default:
      throw new OptionError(`init: expected simd "auto", "strict" or "relaxed", got ${describe(mode)}`);
  }
}
