/** Runs the specs in a process of their own: `node node.mjs BUNDLE BACKEND SIMD WASM OUTPUT`. */

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [path, backend, simd, wasm, output] = process.argv.slice(2);
createRequire(import.meta.url)(path);
const specs = await globalThis.runConformance(backend, simd, new WebAssembly.Module(readFileSync(wasm)));
writeFileSync(output, JSON.stringify(specs));
process.exit(0);
