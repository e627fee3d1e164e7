/** The code of docs/files.md runs as it stands and prints what it says. */

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from './support/folder';

const root = fileURLToPath(new URL('..', import.meta.url));
const blocks = [...readFileSync(join(root, 'docs/files.md'), 'utf8').matchAll(/```js\n([\s\S]*?)```/g)];

test.each(blocks.map(([, code], index) => [index, code as string] as const))('block %i runs', (_, code) => {
  const folder = temporaryFolder();
  const href = (name: string): string => JSON.stringify(pathToFileURL(join(root, 'dist', `${name}.js`)).href);
  const text = code.replaceAll("'convgrad/node'", href('node')).replaceAll("'convgrad'", href('index'));
  writeFileSync(join(folder, 'block.mjs'), text);
  const { stdout, stderr } = spawnSync(process.execPath, ['block.mjs'], { cwd: folder, encoding: 'utf8' });
  expect(stderr).toBe('');
  const lines = stdout.trim().split('\n');
  expect(lines).toEqual(new Array(code.split('// true').length - 1).fill('true'));
});

test('there are four blocks', () => expect(blocks).toHaveLength(4));
