/** The files that rules look at. */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const skipped = ['generated', 'node_modules', '__pycache__', 'digits'];

/** All files below a folder with one of the endings, but for generated ones and data. */
export function listFiles(folder, endings) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    if (skipped.includes(name)) return [];
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return listFiles(path, endings);
    return endings.some((ending) => name.endsWith(ending)) ? [path] : [];
  });
}
