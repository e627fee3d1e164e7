/** What needs Node's file system: `convgrad/node`. */

import { open } from 'node:fs/promises';
import {
  type DecodeModelOptions,
  decodeModel,
  defaultLimits,
  type EncodeModelOptions,
  encodeModel,
  FormatError,
  LimitError,
  type Model,
} from '../index';
import { writeFileAtomic } from './writeFileAtomic';

export { writeFileAtomic } from './writeFileAtomic';

/**
 * Writes a model into a file, as {@link encodeModel} makes it. The file has its old contents or its new ones, whenever the
 * process or the machine stops.
 *
 * @param path - Where. A file that is there is replaced.
 * @throws {OptionError} as {@link encodeModel}; else what the file system says, and then the old file is as it was.
 */
export async function saveModel(model: Model, path: string | URL, options: EncodeModelOptions = {}): Promise<void> {
  await writeFileAtomic(path, encodeModel(model, options));
}

/**
 * Reads a model of {@link saveModel}.
 *
 * @param options - As for {@link decodeModel}; `name` is the path by default.
 * @throws {FormatError | OptionError | ShapeError | LimitError} as {@link decodeModel}; else what the file system says.
 */
export async function loadModel(path: string | URL, options: DecodeModelOptions = {}): Promise<Model> {
  const name = options.name ?? String(path);
  const file = await open(path, 'r');
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new FormatError(`${name}: expected a file`);
    const most = options.limits?.bytes ?? defaultLimits.bytes;
    if (stats.size > most) throw new LimitError(`${name}: expected at most ${most} bytes, got ${stats.size}`);
    return decodeModel(await file.readFile(), { ...options, name });
  } finally {
    await file.close();
  }
}
