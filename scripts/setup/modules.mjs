/** The npm packages: installed when they are missing or of another lock file. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashOf, root, run, say } from './shell.mjs';

/** Packages whose install script must run: it fetches the Node that has relaxed SIMD, for tests and benchmarks. */
const scripted = ['node', 'esbuild'];

/** Installs the packages of the lock file. */
export function ensureModules() {
  // Inside node_modules, so that a deleted folder takes its stamp along.
  const stamp = join(root, 'node_modules', '.convgrad-lock');
  const hash = hashOf(['package-lock.json']);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  say('installing npm packages');
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  run('npm', ['ci', '--ignore-scripts', ...quiet], { stdio: ['ignore', 'ignore', 'inherit'] });
  run('npm', ['rebuild', ...scripted, ...quiet], { stdio: ['ignore', 'ignore', 'inherit'] });
  writeFileSync(stamp, hash);
}

/** The Node of the npm package `node`, which has relaxed SIMD. */
export function newNode() {
  return join(root, 'node_modules', 'node', 'bin', 'node');
}
