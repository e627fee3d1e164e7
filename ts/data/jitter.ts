/** Pictures moved a little by chance, so that a network sees no picture twice. */

import { OptionError } from '../errors';
import type { Random } from '../random';
import type { LabelledImages } from './dataset';

/** How far {@link jitterImages} moves a picture at most; each is drawn uniformly between minus and plus that. */
export interface Jitter {
  /** Turn about the centre, in radians. */
  readonly rotation: number;
  /** Growth or shrinkage, as a share of the size, below 1. */
  readonly zoom: number;
  /** Slant: columns moved for each row away from the centre. */
  readonly shear: number;
  /** Shift of rows and of columns, in pixels. */
  readonly shift: number;
}

/**
 * Every picture turned, scaled, slanted and shifted by chance, resampled bilinear, zeros from outside. A new set; the
 * order and the labels stay.
 *
 * @throws {OptionError} when an amount is negative or not finite, or the zoom is not below 1.
 */
export function jitterImages(data: LabelledImages, jitter: Jitter, random: Random): LabelledImages {
  for (const [name, amount] of Object.entries(jitter)) {
    if (!(amount >= 0 && amount < (name === 'zoom' ? 1 : Number.POSITIVE_INFINITY))) {
      throw new OptionError(`jitterImages: expected ${name} ≥ 0${name === 'zoom' ? ' and < 1' : ''}, got ${amount}`);
    }
  }
  const images = new Float32Array(data.images.length);
  for (let n = 0; n < data.count; n++) movePicture(data, n, draw(jitter, random), images);
  return { ...data, images };
}

/** The point of the old picture for a point of the new one, both measured from the centre. */
interface Move {
  readonly xFromX: number;
  readonly xFromY: number;
  readonly yFromX: number;
  readonly yFromY: number;
  readonly shiftX: number;
  readonly shiftY: number;
}

function draw({ rotation, zoom, shear, shift }: Jitter, random: Random): Move {
  const around = (amount: number): number => random.uniform(-amount, amount);
  const angle = around(rotation);
  const scale = 1 + around(zoom);
  const [cosine, sine] = [Math.cos(angle) / scale, Math.sin(angle) / scale];
  const slant = around(shear);
  const [shiftX, shiftY] = [around(shift), around(shift)];
  return { xFromX: cosine, xFromY: sine + slant, yFromX: -sine, yFromY: cosine, shiftX, shiftY };
}

function movePicture({ images, height, width }: LabelledImages, n: number, move: Move, out: Float32Array): void {
  const start = n * height * width;
  const pixel = (row: number, column: number): number =>
    row < 0 || column < 0 || row >= height || column >= width ? 0 : (images[start + row * width + column] as number);
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [x, y] = [column - middleX, row - middleY];
      const sourceX = move.xFromX * x + move.xFromY * y + middleX + move.shiftX;
      const sourceY = move.yFromX * x + move.yFromY * y + middleY + move.shiftY;
      const [left, top] = [Math.floor(sourceX), Math.floor(sourceY)];
      const [partX, partY] = [sourceX - left, sourceY - top];
      const upper = pixel(top, left) * (1 - partX) + pixel(top, left + 1) * partX;
      const lower = pixel(top + 1, left) * (1 - partX) + pixel(top + 1, left + 1) * partX;
      out[start + row * width + column] = upper * (1 - partY) + lower * partY;
    }
  }
}
