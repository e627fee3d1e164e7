/** Builds the kernels: wasm-pack makes glue and binary, wasm-opt makes the binary small. */

import { cpSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sharedMemory, variants } from '../variants.mjs';
import { ensureRust } from './rust.mjs';
import { hashOf, once, root, run, say } from './shell.mjs';
import { ensureTools, toolFolder } from './tools.mjs';

const sources = [
  'crate/src',
  'crate/Cargo.toml',
  'Cargo.toml',
  'Cargo.lock',
  'scripts/variants.mjs',
  'scripts/setup/wasm.mjs',
];

/**
 * What wasm-opt does. Large functions stay apart from their only callers: what V8 gets as one huge function it optimizes
 * less.
 */
export const optimizing = ['-Os', '--one-caller-inline-max-function-size=200'];

/** Builds every variant when sources changed. */
export function ensureWasm() {
  const results = variants.flatMap(({ name }) => [
    `dist/wasm/convgrad.${name}.wasm`,
    `ts/generated/${name}/convgrad_bg.js`,
  ]);
  once('wasm', hashOf(sources), results, () => {
    const rust = ensureRust();
    ensureTools(rust);
    for (const variant of variants) build(variant, rust);
  });
}

/** What the linker is told of a memory that threads share, and of what each thread has for itself. */
function sharedLinking() {
  const { initial, maximum } = sharedMemory;
  const exported = ['__heap_base', '__wasm_init_tls', '__tls_size', '__tls_align', '__tls_base'];
  return [
    ...['--shared-memory', '--import-memory', `--initial-memory=${initial}`, `--max-memory=${maximum}`],
    ...exported.map((symbol) => `--export=${symbol}`),
  ].map((argument) => `-C link-arg=${argument}`);
}

function build({ name, features, shared }, rust) {
  say(`building the kernels: ${name}`);
  const flags = features.map((feature) => `+${feature}`).join(',');
  const env = {
    ...process.env,
    ...rust.env,
    ...(shared ? rust.withStdFromSource : {}),
    PATH: `${toolFolder}:${rust.env.PATH ?? process.env.PATH}`,
    CARGO_TARGET_DIR: join(root, 'target', name),
    // LLVM's loop strength reduction rewrites addresses so that constant offsets no longer fold into loads. Its scheduler groups products by
    // their first factor, whichever way they are written, and the vectors of a whole step then lie in registers, or do not fit them.
    RUSTFLAGS: [
      `-C target-feature=${flags} -C llvm-args=-disable-lsr -C llvm-args=-pre-RA-sched=source`,
      ...(shared ? sharedLinking() : []),
    ].join(' '),
  };
  const out = join(root, 'ts/generated', name);
  rmSync(out, { recursive: true, force: true });
  run(
    join(toolFolder, 'wasm-pack'),
    [
      '--quiet',
      'build',
      'crate',
      '--release',
      '--target',
      'bundler',
      '--mode',
      'no-install',
      '--no-pack',
      '--out-dir',
      out,
    ],
    { env, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const binary = join(out, 'convgrad_bg.wasm');
  const small = join(root, 'dist/wasm', `convgrad.${name}.wasm`);
  mkdirSync(join(root, 'dist/wasm'), { recursive: true });
  const enabled = [
    ...features.map((feature) => (feature === 'simd128' ? 'simd' : feature === 'atomics' ? 'threads' : feature)),
    ...['bulk-memory', 'bulk-memory-opt', 'mutable-globals', 'nontrapping-float-to-int', 'sign-ext'],
    ...['reference-types', 'multivalue'],
  ];
  const options = [...new Set(enabled)].map((feature) => `--enable-${feature}`);
  run(join(root, 'node_modules/.bin/wasm-opt'), [...optimizing, ...options, '--strip-debug', binary, '-o', small]);
  if (!WebAssembly.validate(readFileSync(small)) && !features.includes('relaxed-simd')) {
    // An optimizer that broke the file must not reach anybody.
    cpSync(binary, small);
    say(`wasm-opt made an invalid ${name}; the file is not optimized`);
  }
  say(`${name}: ${(statSync(binary).size / 1024).toFixed(1)} → ${(statSync(small).size / 1024).toFixed(1)} KiB`);
}
