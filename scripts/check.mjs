/** Formatting, lints and the rules of the house. Ends with 1 when one of them is broken. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { checkDocs } from './rules/check-docs.mjs';
import { checkImports } from './rules/check-imports.mjs';
import { checkLinks } from './rules/check-links.mjs';
import { checkSize } from './rules/check-size.mjs';
import { checkUnsafe } from './rules/check-unsafe.mjs';
import { root } from './setup/shell.mjs';

const bin = (name) => join(root, 'node_modules/.bin', name);
const env = { ...process.env, CARGO_TARGET_DIR: join(root, 'target', 'native') };
const programs = [
  ['cargo', ['fmt', '--check']],
  ['cargo', ['clippy', '--quiet', '--all-targets', '--', '-D', 'warnings']],
  [bin('tsc'), ['-p', 'tsconfig.json']],
  [bin('biome'), ['check', '--error-on-warnings', '.']],
];

let broken = 0;
for (const [program, args] of programs) {
  console.log(`── ${program.split('/').at(-1)} ${args.join(' ')}`);
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit', env });
  if (error) console.log(error.message);
  if (status !== 0) broken++;
}
for (const rule of [checkImports, checkUnsafe, checkDocs, checkLinks, checkSize]) {
  console.log(`── ${rule.name}`);
  for (const line of rule(root)) {
    console.log(line);
    broken++;
  }
}
console.log(broken === 0 ? 'all rules hold' : `${broken} rule(s) broken`);
process.exitCode = broken === 0 ? 0 : 1;
