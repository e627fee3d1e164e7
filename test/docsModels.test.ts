/** The code of docs/models.md runs as it stands and prints what its comments say. */

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from './support/folder';

const root = fileURLToPath(new URL('..', import.meta.url));

test('docs/models.md', () => {
  const text = readFileSync(join(root, 'docs/models.md'), 'utf8');
  const code = [...text.matchAll(/```js\n([\s\S]*?)```/g)].map(([, block]) => block as string).join('\n');
  const file = join(temporaryFolder(), 'models.mjs');
  writeFileSync(file, code.replaceAll("'convgrad'", JSON.stringify(pathToFileURL(join(root, 'dist/index.js')).href)));
  const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' });
  expect(stderr).toBe('');
  const expected = [...code.matchAll(/^ *console\.log\(.*\); \/\/ (.*)$/gm)].map(([, words]) => words as string);
  expect(expected).not.toHaveLength(0);
  expect(stdout.trim().split('\n')).toEqual(expected);
});
