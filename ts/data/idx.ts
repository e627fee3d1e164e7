/**
 * The IDX format of MNIST and Fashion-MNIST: a magic number, sizes, bytes; all big-endian.
 * Format: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
 */

import { FormatError } from '../errors';
import { gunzipIfNeeded } from './limits';

/** A file of pictures or labels. */
export type IdxFile =
  | {
      readonly kind: 'images';
      readonly pixels: Float32Array;
      readonly count: number;
      readonly height: number;
      readonly width: number;
    }
  | { readonly kind: 'labels'; readonly labels: Int32Array };

/** Whether bytes look like an IDX file or a gzip that may hold one. */
export function looksLikeIdx(bytes: Uint8Array): boolean {
  return (bytes[0] === 0x1f && bytes[1] === 0x8b) || (bytes[0] === 0 && bytes[1] === 0);
}

/**
 * Reads a file of bytes: three dimensions are pictures, whose bytes 0 … 255 become 0 … 1, one dimension labels.
 *
 * @param name - Begins error messages.
 * @throws {FormatError} naming the file and what is wrong with it.
 * @throws {LimitError} when it decompresses to more than a gibibyte.
 */
export async function readIdx(compressed: Uint8Array, name: string): Promise<IdxFile> {
  let bytes: Uint8Array;
  try {
    bytes = await gunzipIfNeeded(compressed, name);
  } catch (error) {
    if (
      error instanceof TypeError ||
      (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))
    ) {
      // Node 24 says it in the cause.
      const reason = error.message || (error.cause instanceof Error ? error.cause.message : 'unknown cause');
      throw new FormatError(`${name}: the gzip data is broken: ${reason}`, { cause: error });
    }
    throw error;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0) {
    throw new FormatError(`${name}: expected an IDX file (two zero bytes first), got ${describeStart(bytes)}`);
  }
  const type = bytes[2] as number;
  const rank = bytes[3] as number;
  if (type !== 8 || (rank !== 1 && rank !== 3)) {
    throw new FormatError(
      `${name}: expected unsigned bytes (type 8) of 1 or 3 dimensions, got type ${type} of ${rank} dimensions`,
    );
  }
  const header = 4 + 4 * rank;
  if (bytes.length < header) {
    throw new FormatError(`${name}: expected a header of ${header} bytes, got a file of ${bytes.length}`);
  }
  const sizes = Array.from({ length: rank }, (_, index) => view.getUint32(4 + 4 * index));
  const expected = sizes.reduce((product, size) => product * size, 1);
  if (expected !== bytes.length - header) {
    throw new FormatError(
      `${name}: expected ${expected} bytes after the header for ${sizes.join('×')}, got ${bytes.length - header}`,
    );
  }
  if (expected === 0) throw new FormatError(`${name}: expected at least one value, got ${sizes.join('×')}`);
  const values = bytes.subarray(header);
  if (rank === 1) return { kind: 'labels', labels: Int32Array.from(values) };
  const [count = 0, height = 0, width = 0] = sizes;
  return { kind: 'images', pixels: Float32Array.from(values, (value) => value / 255), count, height, width };
}

function describeStart(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'an empty file';
  return `bytes ${Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ')}`;
}
