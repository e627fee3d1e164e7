/** Runs the specs in a process of their own: `node node.mjs BUNDLE BACKEND SIMD WASM OUTPUT`. */

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

const [path, backend, simd, wasm, output] = process.argv.slice(2);
const require = createRequire(import.meta.url);
require(path);
const folder = `${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`;
const module = new WebAssembly.Module(readFileSync(wasm));
const specs = await globalThis.runConformance(backend, simd, module, folder);
writeFileSync(output, JSON.stringify(specs));
process.exit(0);
