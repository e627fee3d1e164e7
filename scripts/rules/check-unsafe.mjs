/** `unsafe` stays where it can be watched, and every block says why it is sound. */

import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { listFiles } from './files.mjs';

const where = /^crate\/src\/(vector\/|gemm\/micro\/|threads\/|memory\.rs$|abi\/)/;

/** @returns every broken rule, a line each. */
export function checkUnsafe(root) {
  const broken = [];
  for (const file of listFiles(join(root, 'crate'), ['.rs'])) {
    const path = relative(root, file);
    const lines = readFileSync(file, 'utf8').split('\n');
    lines.forEach((line, index) => {
      const code = line.replace(/\/\/.*$/, '');
      if (!/\bunsafe\b/.test(code)) return;
      if (!where.test(path)) broken.push(`${path}:${index + 1}: unsafe is not allowed here`);
      const before = lines.slice(Math.max(0, index - 4), index).join('\n');
      if (/\bunsafe \{/.test(code) && !before.includes('SAFETY:')) {
        broken.push(`${path}:${index + 1}: an unsafe block without a SAFETY comment`);
      }
    });
  }
  return broken;
}
