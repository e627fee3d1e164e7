/** Bounds for files of unknown origin. */

import { LimitError } from '../errors';

/** Most bytes of a file after decompression. */
export const MAX_BYTES = 1 << 30;

/**
 * Decompresses gzip, as browsers and Node do it; other bytes pass as they are.
 *
 * @throws {LimitError} as soon as more than `limit` bytes come out.
 */
export async function gunzipIfNeeded(bytes: Uint8Array, name: string, limit = MAX_BYTES): Promise<Uint8Array> {
  if (bytes.length > limit) throw new LimitError(`${name}: expected at most ${limit} bytes, got ${bytes.length}`);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip'));
  const reader = stream.getReader();
  const parts: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    total += value.length;
    if (total > limit) {
      await reader.cancel();
      throw new LimitError(`${name}: expected at most ${limit} bytes after decompression, got more`);
    }
    parts.push(value);
  }
  const all = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
