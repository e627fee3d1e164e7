/** Fetches the WebAssembly files in a browser or a worker; bundlers see the `new URL` and copy the file. */

import { LoadError } from '../errors';
import type { Variant } from './detect';

/** Whether {@link loadModuleSync} can work here: pages may not block on the network. */
export const canLoadSync = false;

/** Never succeeds in a browser. @throws {LoadError} always, saying what to call instead. */
export function loadModuleSync(_variant: Variant): WebAssembly.Module {
  throw new LoadError('init: in a browser call `await init()` before the first synchronous use');
}

/** Fetches and compiles the file of a variant. @throws {LoadError} when it cannot be fetched or compiled. */
export async function loadModule(variant: Variant): Promise<WebAssembly.Module> {
  // Written out one by one: bundlers only follow literal names.
  const place =
    variant === 'relaxed'
      ? new URL('../wasm/convgrad.relaxed.wasm', import.meta.url)
      : new URL('../wasm/convgrad.simd128.wasm', import.meta.url);
  try {
    const response = await fetch(place);
    if (!response.ok) throw new Error(`HTTP ${response.status} for ${place.pathname}`);
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    throw new LoadError(
      `init: could not load convgrad.${variant}.wasm: ${error instanceof Error ? error.message : 'unknown cause'}`,
      { cause: error },
    );
  }
}
