/** Files that are never half written. */

import { open, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let count = 0;

/**
 * Writes a file as a whole: into a new one beside it, which takes its place when all bytes are on the disk. Whoever reads
 * sees the old contents or the new ones.
 *
 * @param path - Where; a link is followed.
 * @throws What the file system says. Then the old file is as it was, and the new one is removed.
 */
export async function writeFileAtomic(path: string | URL, bytes: Uint8Array): Promise<void> {
  const target = await follow(typeof path === 'string' ? path : fileURLToPath(path));
  const folder = dirname(target);
  const temporary = join(folder, `.${basename(target)}.${process.pid}-${++count}.tmp`);
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** The file that a link leads to; the path itself where there is none. */
async function follow(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return path;
  }
}

/** Brings the new name to the disk, on systems where folders can be opened. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Windows has no such thing; the file itself is complete.
  }
}
