/** The README's code runs as it stands, and so does the example. */

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from './support/folder';

const root = fileURLToPath(new URL('..', import.meta.url));
const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```js\n([\s\S]*?)```/g)].map(
  ([, code]) => code as string,
);

function run(file: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

test.each(blocks.map((code, index) => [index, code] as const))('block %i of the README runs', (index, code) => {
  const library = pathToFileURL(join(root, 'dist/index.js')).href;
  const file = join(temporaryFolder(), 'block.mjs');
  writeFileSync(file, code.replaceAll("'convgrad'", JSON.stringify(library)));
  const out = run(file);
  if (index === 0) expect(out).toContain('check: product of the factors = dE/df');
  if (index === 1) expect(out).toContain('profile of one step, batch 32');
  if (index === 2) expect(out.trim()).toBe('9 162');
});

test('there are three blocks', () => expect(blocks).toHaveLength(3));

test('docs/training.md runs, and prints what its comments say', () => {
  const text = readFileSync(join(root, 'docs/training.md'), 'utf8');
  const code = [...text.matchAll(/```js\n([\s\S]*?)```/g)].map(([, block]) => block as string).join('\n');
  const library = pathToFileURL(join(root, 'dist/index.js')).href;
  const file = join(temporaryFolder(), 'training.mjs');
  writeFileSync(file, code.replaceAll("'convgrad'", JSON.stringify(library)));
  const expected = [...code.matchAll(/^ *console\.log\(.*\); \/\/ (.*)$/gm)].map(([, words]) => words as string);
  // Every line that is printed says what it prints.
  expect(expected).toHaveLength(code.split('console.log(').length - 1);
  expect(run(file).trim().split('\n')).toEqual(expected);
});

test('the example learns', () => {
  const out = run(join(root, 'examples/seed-network/main.mjs'), '3');
  const losses = [...out.matchAll(/E = ([\d.]+)$/gm)].map(([, loss]) => Number(loss));
  expect(losses).toHaveLength(6);
  expect(losses.at(-1)).toBeLessThan((losses[0] as number) / 2);
});
