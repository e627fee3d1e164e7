/**
 * The machine code that V8's optimizing compiler makes of kernels: `npm run asm -- NAME [--variant simd128] [--code]`.
 * For each function whose name has NAME in it, the innermost loops with vector arithmetic: how many instructions,
 * loads, and vectors that did not fit the registers and went to the stack (spills) and back (reloads); `scalars` are
 * numbers, mostly addresses, that went either way.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { countLoop, innermostLoops, readListing } from './asm/listing.mjs';
import { newNode } from './setup/modules.mjs';
import { root } from './setup/shell.mjs';
import { optimizing } from './setup/wasm.mjs';

const program = new Command('asm')
  .description('Shows the machine code of kernels, and counts what their inner loops do.')
  .argument('<name>', 'a part of a function’s name, for example dotted::row; matmul::blocked')
  .option('--variant <variant>', 'which build of the kernels', 'relaxed')
  .option('--code', 'print the loops themselves', false)
  .option('--least <n>', 'leave out loops with fewer vector instructions', Number, 4)
  .parse();
const [wanted] = program.args;
const { variant, code, least } = program.opts();

if (process.arch !== 'x64') {
  console.error(`asm: expected an x64 machine, whose code it can read, got ${process.arch}`);
  process.exit(2);
}
const functions = readListing(compile());
const found = functions.filter(({ name }) => name.includes(wanted));
if (found.length === 0) {
  console.error(`asm: no function's name has "${wanted}" in it; there are:`);
  const kernels = functions.filter(({ name }) => /^(kernels|gemm|optimizers)::/.test(name));
  for (const { name, code } of kernels) console.error(`  ${name} (${code.length} instructions)`);
  process.exit(2);
}
for (const { name, code: all } of found) {
  const loops = innermostLoops(all)
    .map((loop) => ({ loop, counts: countLoop(loop) }))
    .filter(({ counts }) => counts.arithmetic >= least)
    .sort((a, b) => b.counts.arithmetic - a.counts.arithmetic);
  console.log(`\n${name}: ${all.length} instructions, ${loops.length} inner loop(s) with vector arithmetic`);
  for (const { loop, counts } of loops) {
    const words = Object.entries(counts).map(([what, count]) => `${String(count).padStart(3)} ${what}`);
    console.log(`  +0x${loop[0].offset.toString(16).padEnd(6)} ${words.join(' ')}`);
    if (code) for (const { line } of loop) console.log(`      ${line}`);
  }
}

/** Optimizes the build as for the package, but keeps the names, and lets V8 print what it compiles. */
function compile() {
  const folder = join(root, '.cache', 'asm');
  mkdirSync(folder, { recursive: true });
  const named = join(folder, `${variant}.wasm`);
  const built = join(root, 'ts/generated', variant, 'convgrad_bg.wasm');
  run(join(root, 'node_modules/.bin/wasm-opt'), [...optimizing, '-g', '--all-features', built, '-o', named]);
  const load = join(folder, 'load.mjs');
  writeFileSync(
    load,
    "import { readFileSync } from 'node:fs';\nnew WebAssembly.Module(readFileSync(process.argv[2]));\n",
  );
  return run(newNode(), ['--no-liftoff', '--no-wasm-lazy-compilation', '--print-wasm-code', load, named]);
}

function run(file, args) {
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: 'utf8', maxBuffer: 2 ** 30 });
  if (status === 0) return stdout;
  console.error(`asm: ${error?.message ?? stderr.trim().split('\n')[0]}`);
  process.exit(1);
}
