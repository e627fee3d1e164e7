/** Reads the WebAssembly files in Node: they lie beside the bundle, in `wasm/`. */

import { readFileSync } from 'node:fs';
import { LoadError } from '../errors';
import { type Build, fileOf } from './detect';

/** Whether {@link loadModuleSync} can work here. */
export const canLoadSync = true;

/**
 * Compiles the file of a build, synchronously.
 *
 * @throws {LoadError} when the file cannot be read or is not WebAssembly for this engine.
 */
export function loadModuleSync(build: Build): WebAssembly.Module {
  const name = fileOf(build);
  // From the bundle, and from the TypeScript sources when the project's own tests run them.
  const places = [new URL(`./wasm/${name}`, import.meta.url), new URL(`../../dist/wasm/${name}`, import.meta.url)];
  let failure: unknown;
  for (const place of places) {
    try {
      return new WebAssembly.Module(new Uint8Array(readFileSync(place)));
    } catch (error) {
      failure ??= error;
    }
  }
  throw new LoadError(`init: could not load ${name}: ${failure instanceof Error ? failure.message : 'unknown cause'}`, {
    cause: failure,
  });
}

/** Compiles the file of a build. @throws {LoadError} as {@link loadModuleSync}. */
export function loadModule(build: Build): Promise<WebAssembly.Module> {
  return Promise.resolve(loadModuleSync(build));
}
