/** Reading and preparing pictures, and files that are broken. */

import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { centerCrop, loadDigits, oneHot, readCsv, readIdx, resizeImages, trainTestSplit } from '../../ts/data';
import { gunzipIfNeeded } from '../../ts/data/limits';

function idx(type: number, sizes: readonly number[], values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * sizes.length + values.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0, 0, type, sizes.length]);
  sizes.forEach((size, index) => {
    view.setUint32(4 + 4 * index, size);
  });
  bytes.set(values, 4 + 4 * sizes.length);
  return bytes;
}

const picture = (values: readonly number[], height: number, width: number) => ({
  images: Float32Array.from(values),
  labels: Int32Array.of(0),
  count: 1,
  height,
  width,
});

test('the embedded digits are those of scikit-learn', async () => {
  const { images, labels, count, height, width } = await loadDigits();
  expect([count, height, width]).toEqual([1797, 8, 8]);
  expect([...labels.subarray(0, 10)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  // Sum and first row as load_digits().data has them.
  expect([...images.subarray(0, 8)].map((value) => value * 16)).toEqual([0, 0, 5, 13, 9, 1, 0, 0]);
  expect(images.reduce((sum, value) => sum + value * 16, 0)).toBe(561718);
});

test('IDX files, gzipped or not', async () => {
  const plain = idx(8, [2, 1, 2], [0, 255, 51, 102]);
  for (const bytes of [plain, new Uint8Array(gzipSync(plain))]) {
    const file = await readIdx(bytes, 'x');
    if (file.kind !== 'images') throw new Error('expected images');
    expect([file.count, file.height, file.width]).toEqual([2, 1, 2]);
    expect([...file.pixels]).toEqual([0, 1, Math.fround(0.2), Math.fround(0.4)]);
  }
  expect(await readIdx(idx(8, [3], [4, 0, 9]), 'y')).toEqual({ kind: 'labels', labels: Int32Array.of(4, 0, 9) });
});

test.each([
  [new Uint8Array(0), 'f: expected an IDX file (two zero bytes first), got an empty file'],
  [Uint8Array.of(1, 2, 3, 4), 'f: expected an IDX file (two zero bytes first), got bytes 01 02 03 04'],
  [idx(13, [1], [0]), 'f: expected unsigned bytes (type 8) of 1 or 3 dimensions, got type 13 of 1 dimensions'],
  [idx(8, [2, 2], [0, 0, 0, 0]), 'got type 8 of 2 dimensions'],
  [idx(8, [5], [1, 2]), 'f: expected 5 bytes after the header for 5, got 2'],
  [idx(8, [0xffffffff, 0xffffffff, 28], []), 'bytes after the header'],
  [idx(8, [0], []), 'expected at least one value'],
  [Uint8Array.of(0, 0, 8, 3, 0, 0), 'f: expected a header of 16 bytes, got a file of 6'],
  [
    new Uint8Array(gzipSync(idx(8, [3], [1, 2, 3]))).subarray(0, 20),
    'f: the gzip data is broken: unexpected end of file',
  ],
])('a broken IDX file is named (%#)', async (bytes, message) => {
  await expect(readIdx(bytes, 'f')).rejects.toThrow(message);
});

test('a file that grows beyond the limit is refused', async () => {
  const bomb = new Uint8Array(gzipSync(new Uint8Array(1_000_000)));
  await expect(gunzipIfNeeded(bomb, 'bomb', 10_000)).rejects.toThrow(
    'bomb: expected at most 10000 bytes after decompression',
  );
});

test('CSV with and without header, label first or named', () => {
  const plain = readCsv('7,0,255,51,0\n3,255,0,0,0\n', 'f');
  expect([plain.count, plain.height, plain.width, ...plain.labels]).toEqual([2, 2, 2, 7, 3]);
  expect([...plain.images.subarray(0, 3)]).toEqual([0, 1, Math.fround(0.2)]);
  const named = readCsv('p0,p1,p2,p3,label\r\n0,16,8,0,5\r\n', 'f');
  expect([...named.labels, ...named.images]).toEqual([5, 0, 1, 0.5, 0]);
});

test.each([
  ['', 'f: expected lines of numbers, got none'],
  ['1,2,3\n', 'f: expected a label and a square number of pixels in line 1, got 3 columns'],
  ['1,2\n1,2,3\n', 'f: expected 2 columns in line 2, got 3'],
  ['1,2\n1,x\n', 'f: expected a number in line 2, column 2, got "x"'],
  ['1,2\n1,\n', 'f: expected a number in line 2, column 2, got ""'],
  ['1.5,2\n', 'f: expected an integer label in line 1, got 1.5'],
  ['1,-2\n', 'f: expected pixels ≥ 0 in line 1, got -2'],
])('a broken CSV file is named (%#)', (text, message) => {
  expect(() => readCsv(text, 'f')).toThrow(message);
});

test('resizing keeps constants and edges, and is bilinear between', () => {
  expect([...resizeImages(picture([0.5, 0.5, 0.5, 0.5], 2, 2), 5, 3).images]).toEqual(new Array(15).fill(0.5));
  // PyTorch: interpolate([[0, 1]], size=4, mode='bilinear', align_corners=False)
  expect([...resizeImages(picture([0, 1], 1, 2), 1, 4).images]).toEqual([0, 0.25, 0.75, 1]);
});

test('cropping takes the middle, smaller pictures get a border', () => {
  expect([...centerCrop(picture([1, 2, 3, 4, 5, 6, 7, 8, 9], 3, 3), 1, 1).images]).toEqual([5]);
  expect([...centerCrop(picture([5], 1, 1), 3, 3).images]).toEqual([0, 0, 0, 0, 5, 0, 0, 0, 0]);
});

test('a split keeps every sample once and the share of each label', async () => {
  const digits = await loadDigits();
  const { train, test: held } = trainTestSplit(digits, 0.2, 1);
  expect(train.count + held.count).toBe(1797);
  const ink = (data: { images: Float32Array }): number => data.images.reduce((sum, value) => sum + value * 16, 0);
  expect(ink(train) + ink(held)).toBe(561718);
  for (let digit = 0; digit < 10; digit++) {
    const count = (labels: Int32Array): number => labels.filter((label) => label === digit).length;
    expect(count(held.labels) / count(digits.labels)).toBeCloseTo(0.2, 1);
  }
  expect(trainTestSplit(digits, 0.2, 1).test.labels).toEqual(held.labels);
  expect(trainTestSplit(digits, 0.2, 2).test.labels).not.toEqual(held.labels);
});

test('one-hot rows', () => {
  expect([...oneHot([2, 0], 3)]).toEqual([0, 0, 1, 1, 0, 0]);
  expect(() => oneHot([3], 3)).toThrow('oneHot: expected labels from 0 to 2, got 3 at index 0');
});
