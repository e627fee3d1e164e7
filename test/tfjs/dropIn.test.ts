/** examples/tfjs-drop-in: one application, three ways to train it, the same numbers. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../../examples/tfjs-drop-in', import.meta.url));

function run(name: string): { loss: number; accuracy: number } {
  // TensorFlow.js advises on stderr to install another package.
  const { status, stdout } = spawnSync(process.execPath, [join(folder, name), '32'], { encoding: 'utf8' });
  expect(status).toBe(0);
  const [, loss, accuracy] = /loss ([\d.]+) {2}accuracy ([\d.]+) +\d+ ms\n$/.exec(stdout) ?? [];
  return { loss: Number(loss), accuracy: Number(accuracy) };
}

test('the same loss and accuracy', () => {
  const before = run('before.mjs');
  expect(before.loss).toBeGreaterThan(0);
  for (const name of ['after.mjs', 'trainWith.mjs']) {
    const { loss, accuracy } = run(name);
    expect(Math.abs(loss - before.loss)).toBeLessThanOrEqual(1e-3);
    expect(accuracy).toBeCloseTo(before.accuracy, 6);
  }
}, 120_000);

test('the application knows nothing of convgrad', () => {
  const text = readFileSync(join(folder, 'app.mjs'), 'utf8');
  const imports = [...text.matchAll(/from '([^']+)'/g)].map(([, name]) => name);
  expect(imports).toEqual(['@tensorflow/tfjs']);
});
