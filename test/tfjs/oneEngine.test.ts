/** The built package has one engine and one class of each error, whichever entry is imported. */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const body = `
await registerBackend({ simd: 'strict', threads: 1 });
const { variant, threads } = await init();
const refused = await registerBackend({ simd: 'none' }).catch((error) => error instanceof OptionError);
console.log(variant, threads, refused);`;

test.each([
  ['module', `import { init, OptionError } from 'convgrad'; import { registerBackend } from 'convgrad/tfjs'; ${body}`],
  [
    'commonjs',
    `const { init, OptionError } = require('convgrad'); const { registerBackend } = require('convgrad/tfjs');
    (async () => {${body}})()`,
  ],
])('%s', (type, code) => {
  const { stdout, stderr } = spawnSync(process.execPath, [`--input-type=${type}`, '-e', code], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(stdout.trim()).toBe('simd128 1 true');
});
