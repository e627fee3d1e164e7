/** The pictures that the command line trains on. */

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { centerCrop, type LabelledImages, loadDigits, pairUp, readCsv, readIdx } from '../data';
import { looksLikeIdx } from '../data/idx';
import { FormatError, OptionError } from '../index';
import { reasonOf } from './files';

/** Side of the pictures of the seed's network. */
export const SIDE = 22;

/** Pictures with the name of where they come from. */
export interface Source {
  /** For the terminal and the report. */
  readonly name: string;
  /** 22×22 pixels. */
  readonly data: LabelledImages;
}

/**
 * The embedded digits scaled to 22×22, or files: their pictures are cut to the middle 22×22.
 *
 * @throws {FormatError} naming the file and what is wrong with it.
 */
export async function loadSource(paths: readonly string[] | undefined): Promise<Source> {
  if (paths === undefined) {
    return { name: '1,797 handwritten digits (UCI optdigits)', data: await loadDigits(SIDE) };
  }
  if (paths.length > 2)
    throw new OptionError(`--data: expected one CSV file or two IDX files, got ${paths.length} files`);
  const files = await Promise.all(paths.map(readBytes));
  const [first, second] = files;
  if (first === undefined) throw new OptionError('--data: expected a file');
  const name = paths.map((path) => basename(path)).join(', ');
  if (second === undefined) {
    if (looksLikeIdx(first.bytes)) {
      throw new OptionError(
        `--data: ${first.name} is an IDX file; give its pictures and its labels: --data IMAGES LABELS`,
      );
    }
    return { name, data: centerCrop(readCsv(new TextDecoder().decode(first.bytes), first.name), SIDE, SIDE) };
  }
  const parts = [await readIdx(first.bytes, first.name), await readIdx(second.bytes, second.name)];
  const images = parts.find((part) => part.kind === 'images');
  const labels = parts.find((part) => part.kind === 'labels');
  if (images === undefined || labels === undefined) {
    throw new FormatError(`--data: expected a file of pictures and one of labels, got two of ${parts[0]?.kind}`);
  }
  return { name, data: centerCrop(pairUp(images, labels.labels, name), SIDE, SIDE) };
}

async function readBytes(path: string): Promise<{ name: string; bytes: Uint8Array }> {
  try {
    return { name: path, bytes: await readFile(path) };
  } catch (error) {
    throw new FormatError(`--data: could not read ${path}: ${reasonOf(error)}`, { cause: error });
  }
}
