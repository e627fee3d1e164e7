/** Runs programs and says in one line what went wrong. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** A failure whose message is all that the user needs. */
export class SetupError extends Error {}

/** Runs a program, its output on the terminal. @throws {SetupError} when it fails. */
export function run(program, args, options = {}) {
  const result = spawnSync(program, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) throw new SetupError(`could not run ${program}: ${result.error.message}`);
  if (result.status !== 0) {
    throw new SetupError(`${program} ${args.join(' ')} failed${result.signal ? ` (${result.signal})` : ''}`);
  }
}

/** Runs a program quietly; its output, or undefined when it failed or is not there. */
export function capture(program, args, options = {}) {
  const result = spawnSync(program, args, { cwd: root, encoding: 'utf8', ...options });
  return result.error || result.status !== 0 ? undefined : result.stdout.trim();
}

/** Runs a program quietly; its output is shown when it fails. @returns whether it succeeded. */
export function attempt(program, args, options = {}) {
  const result = spawnSync(program, args, { cwd: root, encoding: 'utf8', ...options });
  return !result.error && result.status === 0;
}

/** One line about what set-up does. */
export function say(line) {
  console.error(`[setup] ${line}`);
}

/** A hash of the contents of files and folders, and of texts. */
export function hashOf(paths, ...texts) {
  const hash = createHash('sha256');
  const add = (path) => {
    const full = join(root, path);
    if (!existsSync(full)) return;
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort()) if (name !== 'generated') add(join(path, name));
    } else {
      hash.update(path).update('\0').update(readFileSync(full)).update('\0');
    }
  };
  for (const path of paths) add(path);
  for (const text of texts) hash.update(text);
  return hash.digest('hex');
}

/** Does `work` unless it was done for the same hash and its results are there. @returns whether it was done now. */
export function once(name, hash, results, work) {
  const stamp = join(root, '.cache', `${name}.stamp`);
  const done = existsSync(stamp) && readFileSync(stamp, 'utf8') === hash;
  if (done && results.every((path) => existsSync(join(root, path)))) return false;
  work();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
  return true;
}
