/** The npm packages: installed when they are missing or of another lock file. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashOf, root, run, say } from './shell.mjs';

/** Packages whose install script must run: it fetches the Node that has relaxed SIMD, for tests and benchmarks. */
const scripted = ['node', 'esbuild'];

const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];

/** Installs the packages of the lock file. */
export function ensureModules() {
  installOnce('.', 'installing npm packages', () => {
    run('npm', ['rebuild', ...scripted, ...quiet], { stdio: ['ignore', 'ignore', 'inherit'] });
  });
}

/** Installs what only benchmarks need, into bench/peers. */
export function ensurePeers() {
  installOnce('bench/peers', 'installing what the benchmarks compare with', () => {});
}

function installOnce(folder, what, next) {
  // Inside node_modules, so that a deleted folder takes its stamp along.
  const stamp = join(root, folder, 'node_modules', '.convgrad-lock');
  const hash = hashOf(['package-lock.json'].map((name) => join(folder, name)));
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  say(what);
  const options = { cwd: join(root, folder), stdio: ['ignore', 'ignore', 'inherit'] };
  run('npm', ['ci', '--ignore-scripts', ...quiet], options);
  next();
  writeFileSync(stamp, hash);
}

/** The Node of the npm package `node`, which has relaxed SIMD. */
export function newNode() {
  return join(root, 'node_modules', 'node', 'bin', 'node');
}
