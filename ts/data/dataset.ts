/** Labelled pictures, and what is done to them before training: cutting, scaling, splitting. */

import { OptionError, ShapeError, ValueError } from '../errors';
import { Random } from '../random';

/** Grey pictures with a label each. */
export interface LabelledImages {
  /** Pixels from 0 (background) to 1, `[count, height, width, 1]`. */
  readonly images: Float32Array;
  /** A label for each picture. */
  readonly labels: Int32Array;
  /** Number of pictures. */
  readonly count: number;
  /** Rows of a picture. */
  readonly height: number;
  /** Columns of a picture. */
  readonly width: number;
}

/** Picks samples by their numbers. */
export function selectSamples(data: LabelledImages, indices: ArrayLike<number>): LabelledImages {
  const size = data.height * data.width;
  const images = new Float32Array(indices.length * size);
  const labels = new Int32Array(indices.length);
  for (let target = 0; target < indices.length; target++) {
    const source = indices[target] as number;
    if (!(source >= 0 && source < data.count)) {
      throw new ValueError(`selectSamples: expected numbers from 0 to ${data.count - 1}, got ${source}`);
    }
    images.set(data.images.subarray(source * size, (source + 1) * size), target * size);
    labels[target] = data.labels[source] as number;
  }
  return { ...data, images, labels, count: indices.length };
}

/**
 * Splits into a training and a test part, each label in the same proportion in both, in random order.
 *
 * @param testShare - Share of the test part, for example 0.2.
 * @throws {OptionError} when a part would be empty.
 */
export function trainTestSplit(
  data: LabelledImages,
  testShare: number,
  seed: number,
): { train: LabelledImages; test: LabelledImages } {
  if (!(testShare > 0 && testShare < 1)) {
    throw new OptionError(`trainTestSplit: expected a share between 0 and 1, got ${testShare}`);
  }
  const random = new Random(seed, 'split');
  const byLabel = new Map<number, number[]>();
  for (const index of random.permutation(data.count)) {
    const label = data.labels[index] as number;
    const list = byLabel.get(label) ?? [];
    list.push(index);
    byLabel.set(label, list);
  }
  const train: number[] = [];
  const test: number[] = [];
  for (const label of [...byLabel.keys()].sort((a, b) => a - b)) {
    const list = byLabel.get(label) as number[];
    const cut = Math.round(list.length * testShare);
    test.push(...list.slice(0, cut));
    train.push(...list.slice(cut));
  }
  if (train.length === 0 || test.length === 0) {
    throw new OptionError(`trainTestSplit: ${data.count} samples are too few for a share of ${testShare}`);
  }
  const mix = (list: number[]): number[] => Array.from(random.permutation(list.length), (at) => list[at] as number);
  return { train: selectSamples(data, mix(train)), test: selectSamples(data, mix(test)) };
}

/**
 * Scales pictures, bilinear, pixel centres at half coordinates as in PyTorch's and TensorFlow's resize.
 *
 * @throws {OptionError} when a size is not an integer ≥ 1.
 */
export function resizeImages(data: LabelledImages, height: number, width: number): LabelledImages {
  checkSize(height, width, 'resizeImages');
  if (height === data.height && width === data.width) return data;
  const rows = samplePoints(data.height, height);
  const columns = samplePoints(data.width, width);
  const images = new Float32Array(data.count * height * width);
  let target = 0;
  for (let n = 0; n < data.count; n++) {
    const start = n * data.height * data.width;
    const pixel = (row: number, column: number): number => data.images[start + row * data.width + column] as number;
    for (const row of rows) {
      for (const column of columns) {
        const top = pixel(row.low, column.low) * (1 - column.part) + pixel(row.low, column.high) * column.part;
        const bottom = pixel(row.high, column.low) * (1 - column.part) + pixel(row.high, column.high) * column.part;
        images[target++] = top * (1 - row.part) + bottom * row.part;
      }
    }
  }
  return { ...data, images, height, width };
}

function samplePoints(from: number, to: number): { low: number; high: number; part: number }[] {
  return Array.from({ length: to }, (_, index) => {
    const position = Math.min(Math.max(((index + 0.5) * from) / to - 0.5, 0), from - 1);
    const low = Math.floor(position);
    return { low, high: Math.min(low + 1, from - 1), part: position - low };
  });
}

/**
 * Cuts the middle out of pictures; those that are smaller get a border of zeros.
 *
 * @throws {OptionError} when a size is not an integer ≥ 1.
 */
export function centerCrop(data: LabelledImages, height: number, width: number): LabelledImages {
  checkSize(height, width, 'centerCrop');
  if (height === data.height && width === data.width) return data;
  const top = Math.floor((data.height - height) / 2);
  const left = Math.floor((data.width - width) / 2);
  const images = new Float32Array(data.count * height * width);
  for (let n = 0; n < data.count; n++) {
    for (let row = 0; row < height; row++) {
      const source = row + top;
      if (source < 0 || source >= data.height) continue;
      for (let column = Math.max(0, -left); column < Math.min(width, data.width - left); column++) {
        images[(n * height + row) * width + column] = data.images[
          (n * data.height + source) * data.width + column + left
        ] as number;
      }
    }
  }
  return { ...data, images, height, width };
}

/**
 * Labels as rows of zeros with a one.
 *
 * @throws {ValueError} when a label is not in 0 … classes − 1.
 */
export function oneHot(labels: ArrayLike<number>, classes: number): Float32Array {
  const rows = new Float32Array(labels.length * classes);
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index] as number;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new ValueError(`oneHot: expected labels from 0 to ${classes - 1}, got ${label} at index ${index}`);
    }
    rows[index * classes + label] = 1;
  }
  return rows;
}

function checkSize(height: number, width: number, where: string): void {
  if (!Number.isInteger(height) || !Number.isInteger(width) || height < 1 || width < 1) {
    throw new OptionError(`${where}: expected a size of integers ≥ 1, got ${height}×${width}`);
  }
}

/** Checks that there are as many labels as pictures. @throws {ShapeError} */
export function pairUp(
  pictures: { readonly pixels: Float32Array; readonly count: number; readonly height: number; readonly width: number },
  labels: Int32Array,
  where: string,
): LabelledImages {
  if (labels.length !== pictures.count) {
    throw new ShapeError(`${where}: expected as many labels as pictures, got ${labels.length} and ${pictures.count}`);
  }
  const { pixels, count, height, width } = pictures;
  return { images: pixels, labels, count, height, width };
}
