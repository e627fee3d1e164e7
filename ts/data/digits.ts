/** The embedded pictures: handwritten digits, 8×8 pixels. Source and licence: digits/ATTRIBUTION.md. */

import { type LabelledImages, resizeImages } from './dataset';
import { digitsBase64 } from './digits/base64';
import { gunzipIfNeeded } from './limits';

const SIDE = 8;
const ROW = SIDE * SIDE + 1;

/**
 * The 1,797 handwritten digits of the UCI "optdigits" test set (E. Alpaydin, C. Kaynak; CC BY 4.0), pixels 0 … 1.
 *
 * @param size - Side of the pictures; other than 8 they are scaled, bilinear. Default 8.
 * @throws {OptionError} when the size is not an integer ≥ 1.
 */
export async function loadDigits(size = SIDE): Promise<LabelledImages> {
  const rows = await gunzipIfNeeded(decodeBase64(digitsBase64), 'digits');
  const count = rows.length / ROW;
  const images = new Float32Array(count * SIDE * SIDE);
  const labels = new Int32Array(count);
  for (let index = 0; index < count; index++) {
    const row = rows.subarray(index * ROW, (index + 1) * ROW);
    for (let pixel = 0; pixel < ROW - 1; pixel++) images[index * (ROW - 1) + pixel] = (row[pixel] as number) / 16;
    labels[index] = row[ROW - 1] as number;
  }
  return resizeImages({ images, labels, count, height: SIDE, width: SIDE }, size, size);
}

function decodeBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
