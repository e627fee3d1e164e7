/**
 * The way from a bare machine to every command: `npm start`, `npm test`, `npm run build`, `npm run bench` begin
 * here. Plain Node without packages; installs and builds only what is missing or changed.
 */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureBundle } from './setup/bundle.mjs';
import { ensureModules, ensurePeers, newNode } from './setup/modules.mjs';
import { root, SetupError } from './setup/shell.mjs';
import { ensureWasm } from './setup/wasm.mjs';

const commands = {
  build: undefined,
  // The package `node` has relaxed SIMD, which the Node that runs this may lack.
  start: (args) => [newNode(), ['dist/cli.js', ...args]],
  test: (args) => [process.execPath, ['scripts/test.mjs', ...args]],
  check: (args) => [process.execPath, ['scripts/check.mjs', ...args]],
  asm: (args) => [newNode(), ['scripts/asm.mjs', ...args]],
  soak: (args) => [newNode(), ['--expose-gc', join('bench', 'soak.mjs'), ...args]],
  bench: (args) => [newNode(), [join('bench', 'run.mjs'), ...args]],
};

const [command = '', ...args] = process.argv.slice(2);
try {
  if (!Object.hasOwn(commands, command)) {
    throw new SetupError(`expected one of ${Object.keys(commands).join(', ')}, got "${command}"`);
  }
  const [major = 0] = process.versions.node.split('.').map(Number);
  if (major < 20) throw new SetupError(`expected Node 20 or newer, got ${process.version}`);
  ensureModules();
  ensureWasm();
  ensureBundle();
  if (command === 'bench') ensurePeers();
  const next = commands[command]?.(args);
  if (next !== undefined) follow(...next);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`convgrad: ${error.message}`);
  process.exitCode = 1;
}

/** Runs the program in this one's place: same terminal, same exit code; it decides what Ctrl-C means. */
function follow(program, programArgs) {
  const child = spawn(program, programArgs, { cwd: root, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {});
  child.on('error', (error) => {
    console.error(`convgrad: could not run ${program}: ${error.message}`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 130);
  });
}
