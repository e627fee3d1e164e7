/**
 * Parts of the library that the package keeps to itself, bundled from ts/: the engine, whose kernels are timed without
 * the copies of the public API, the readers of pictures, and the source of chance.
 */

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
// Beside .cache, so that the runtime finds dist/wasm as it does from ts/runtime.
const bundle = `${root}.cache/bench/library.mjs`;
const entry = `
export * from './ts/runtime/init';
export * from './ts/runtime/geometry';
export * from './ts/data';
export * from './ts/random';
`;

// esbuild is tsup's.
const require = createRequire(createRequire(import.meta.url).resolve('tsup'));
await require('esbuild').build({
  stdin: { contents: entry, resolveDir: root, loader: 'ts' },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'es2022',
  outfile: bundle,
  logLevel: 'warning',
});

/** Everything that the entry exports. */
export const library = await import(bundle);

/**
 * An engine of the library's own: a WebAssembly instance of a variant, with its memory and its threads.
 *
 * @param options.simd 'relaxed' or 'strict'; `threads` is the number of threads, 1 by default.
 */
export async function startEngine({ simd, threads = 1 }) {
  await library.init({ simd, threads });
  const engine = library.getEngine();
  // The workers of an engine that another one has replaced end when nothing is allocated on it.
  engine.allocate(64);
  return engine;
}
