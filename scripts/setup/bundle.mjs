/** Bundles TypeScript into dist: ESM and CJS for Node, ESM for browsers, the command line, types. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { hashOf, once, root, SetupError, say } from './shell.mjs';

const sources = ['ts', 'tsup.config.ts', 'tsconfig.json', 'package.json', 'package-lock.json'];
const results = [
  'dist/index.js',
  'dist/index.cjs',
  'dist/index.d.ts',
  'dist/index.d.cts',
  'dist/node.js',
  'dist/node.cjs',
  'dist/node.d.ts',
  'dist/node.d.cts',
  'dist/tfjs.js',
  'dist/tfjs.cjs',
  'dist/tfjs.d.ts',
  'dist/tfjs.d.cts',
  'dist/browser/index.js',
  'dist/browser/tfjs.js',
  'dist/cli.js',
];

/** Bundles when a source changed. */
export function ensureBundle() {
  // The glue is generated from the crate's sources, which therefore count too.
  once('bundle', hashOf(sources, hashOf(['crate/src', 'crate/Cargo.toml', 'Cargo.lock'])), results, () => {
    say('bundling TypeScript');
    const options = { cwd: root, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] };
    const { status, stderr, error } = spawnSync(join(root, 'node_modules/.bin/tsup'), ['--silent'], options);
    if (error) throw new SetupError(`could not run tsup: ${error.message}`);
    // The entries share some types that no user names; they lie in a file of their own, as they should.
    const told = stderr
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.includes('private shared type exports'));
    if (told.length > 0) console.error(told.join('\n'));
    if (status !== 0) throw new SetupError('tsup failed');
  });
}
