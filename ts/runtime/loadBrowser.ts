/** Fetches the WebAssembly files in a browser or a worker; bundlers see the `new URL` and copy the file. */

import { LoadError } from '../errors';
import { type Build, fileOf } from './detect';

/** Whether {@link loadModuleSync} can work here: pages may not block on the network. */
export const canLoadSync = false;

/** Never succeeds in a browser. @throws {LoadError} always, saying what to call instead. */
export function loadModuleSync(_build: Build): WebAssembly.Module {
  throw new LoadError('init: in a browser call `await init()` before the first synchronous use');
}

// Written out one by one: bundlers only follow literal names.
const places: Record<Build, URL> = {
  simd128: new URL('../wasm/convgrad.simd128.wasm', import.meta.url),
  relaxed: new URL('../wasm/convgrad.relaxed.wasm', import.meta.url),
  'simd128-threads': new URL('../wasm/convgrad.simd128-threads.wasm', import.meta.url),
  'relaxed-threads': new URL('../wasm/convgrad.relaxed-threads.wasm', import.meta.url),
};

/** Fetches and compiles the file of a build. @throws {LoadError} when it cannot be fetched or compiled. */
export async function loadModule(build: Build): Promise<WebAssembly.Module> {
  const place = places[build];
  try {
    const response = await fetch(place);
    if (!response.ok) throw new Error(`HTTP ${response.status} for ${place.pathname}`);
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    throw new LoadError(
      `init: could not load ${fileOf(build)}: ${error instanceof Error ? error.message : 'unknown cause'}`,
      { cause: error },
    );
  }
}
