/** What needs Node's file system: `convgrad/node`. */

import { open } from 'node:fs/promises';
import {
  type AnyModel,
  type DecodeModelOptions,
  decodeModel,
  defaultLimits,
  type EncodeModelOptions,
  encodeModel,
  FormatError,
  LimitError,
  type Model,
  type Predicted,
  type Tensor,
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
export async function saveModel(model: AnyModel, path: string | URL, options: EncodeModelOptions = {}): Promise<void> {
  await writeFileAtomic(path, encodeModel(model, options));
}

/**
 * Reads a model of {@link saveModel}.
 *
 * @typeParam Prediction - `Tensor[]` for a model with several outputs.
 * @param options - As for {@link decodeModel}; `name` is the path by default.
 * @throws {FormatError | OptionError | ShapeError | LimitError} as {@link decodeModel}; else what the file system says.
 */
export async function loadModel<Prediction extends Predicted = Tensor>(
  path: string | URL,
  options: DecodeModelOptions = {},
): Promise<Model<Prediction>> {
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
