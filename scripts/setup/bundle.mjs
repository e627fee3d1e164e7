/** Bundles TypeScript into dist: ESM and CJS for Node, ESM for browsers, the command line, types. */

import { join } from 'node:path';
import { hashOf, once, root, run, say } from './shell.mjs';

const sources = ['ts', 'tsup.config.ts', 'tsconfig.json', 'package.json', 'package-lock.json'];
const results = [
  'dist/index.js',
  'dist/index.cjs',
  'dist/index.d.ts',
  'dist/index.d.cts',
  'dist/browser/index.js',
  'dist/cli.js',
];

/** Bundles when a source changed. */
export function ensureBundle() {
  // The glue is generated from the crate's sources, which therefore count too.
  once('bundle', hashOf(sources, hashOf(['crate/src', 'crate/Cargo.toml', 'Cargo.lock'])), results, () => {
    say('bundling TypeScript');
    run(join(root, 'node_modules/.bin/tsup'), ['--silent'], { stdio: ['ignore', 'ignore', 'inherit'] });
  });
}
