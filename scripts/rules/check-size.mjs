/** A file has one idea and stays under 500 lines; those over 300 are told. */

import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { listFiles } from './files.mjs';

const folders = ['ts', 'crate', 'test', 'bench', 'scripts', 'examples'];

/** @returns every file over 500 lines. */
export function checkSize(root, tell = console.log) {
  const broken = [];
  for (const folder of folders) {
    for (const file of listFiles(join(root, folder), ['.ts', '.mjs', '.rs', '.py'])) {
      const lines = readFileSync(file, 'utf8').split('\n').length - 1;
      const path = relative(root, file);
      if (lines > 500) broken.push(`${path}: ${lines} lines, expected at most 500`);
      else if (lines > 300) tell(`note: ${path} has ${lines} lines`);
    }
  }
  return broken;
}
