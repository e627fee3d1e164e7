/** Chooses and starts the engine that models and bare kernels use. */

import { LoadError, OptionError } from '../errors';
import { checkOptions, describe } from '../options';
import { hasRelaxedSimd, hasSimd, type SimdMode, type Variant } from './detect';
import { Engine } from './kernels';
import { canLoadSync, loadModule, loadModuleSync } from './loadNode';

/** Options of {@link init}. */
export interface InitOptions {
  /**
   * Which build of the kernels. `'auto'` (default) takes fused multiply-add where the engine has it,
   * `'strict'` gives the same bits on every engine, `'relaxed'` insists on fused multiply-add.
   */
  readonly simd?: SimdMode;
  /** The compiled file, for hosts that load it themselves; it must be the build that `simd` names. */
  readonly wasm?: WebAssembly.Module;
}

/** What {@link init} started. */
export interface EngineInfo {
  /** `'simd128'` (strict) or `'relaxed'`. */
  readonly variant: Variant;
}

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
  if (options === undefined && current !== undefined) return { variant: current.variant };
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
    current = new Engine(loadModuleSync(variant), variant);
  }
  return current;
}

/** Whether {@link getEngine} would answer without waiting. */
export function engineReady(): boolean {
  return current !== undefined || canLoadSync;
}

async function start(options: InitOptions): Promise<EngineInfo> {
  checkOptions('init', options, ['simd', 'wasm']);
  const variant = chooseVariant(options.simd ?? 'auto');
  const module = options.wasm ?? (await loadModule(variant));
  current = new Engine(module, variant);
  return { variant };
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
