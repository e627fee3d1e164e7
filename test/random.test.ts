/** The generator: known answers, spread, independence of streams. */

import { expect, test } from 'vitest';
import { philox, Random } from '../ts/random';

const hex = (words: Iterable<number>): string =>
  Array.from(words, (word) => word.toString(16).padStart(8, '0')).join(' ');

test('Philox4x32-10 gives the known answers of its authors (Random123, kat_vectors)', () => {
  expect(hex(philox([0, 0, 0, 0], [0, 0]))).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8');
  const ones = 0xffffffff;
  expect(hex(philox([ones, ones, ones, ones], [ones, ones]))).toBe('408f276d 41c83b0e a20bc7c6 6d5451fd');
  expect(hex(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]))).toBe(
    'd16cfe09 94fdcceb 5001e420 24126ea1',
  );
});

test('the same seed and stream give the same numbers, others do not', () => {
  const take = (seed: number, stream: number | string): string => {
    const random = new Random(seed, stream);
    return hex([random.uint32(), random.uint32(), random.uint32(), random.uint32(), random.uint32()]);
  };
  expect(take(7, 'a')).toBe(take(7, 'a'));
  expect(new Set([take(7, 'a'), take(7, 'b'), take(8, 'a'), take(7 + 2 ** 32, 'a'), take(7, 0), take(7, 1)]).size).toBe(
    6,
  );
});

test('a restored generator goes on where the other one stood', () => {
  const random = new Random(3, 'stream');
  for (let index = 0; index < 7; index++) random.uint32();
  const copy = Random.restore(random.state());
  expect(Array.from({ length: 9 }, () => copy.uint32())).toEqual(Array.from({ length: 9 }, () => random.uint32()));
});

test('uniform and normal numbers have their moments', () => {
  const random = new Random(1);
  const moments = (draw: () => number): [number, number] => {
    const values = Array.from({ length: 40_000 }, draw);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return [mean, values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length];
  };
  const [uniformMean, uniformVariance] = moments(() => random.uniform());
  expect(uniformMean).toBeCloseTo(0.5, 2);
  expect(uniformVariance).toBeCloseTo(1 / 12, 2);
  const [mean, variance] = moments(() => random.normal(2, 3));
  expect(Math.abs(mean - 2)).toBeLessThan(0.05);
  expect(Math.abs(variance - 9)).toBeLessThan(0.25);
  for (let index = 0; index < 1000; index++) expect(Math.abs(random.truncatedNormal(0, 1))).toBeLessThanOrEqual(2);
});

test('a permutation has every number once and favours no place', () => {
  const random = new Random(5);
  const first = new Array<number>(5).fill(0);
  for (let round = 0; round < 5000; round++) {
    const order = random.permutation(5);
    expect([...order].sort()).toEqual([0, 1, 2, 3, 4]);
    first[order[0] as number] = (first[order[0] as number] as number) + 1;
  }
  for (const count of first) expect(Math.abs(count - 1000)).toBeLessThan(150);
});

test('integers near 2³² and a permutation are what they were', () => {
  const random = new Random(9);
  const drawn = [3, 2 ** 31 + 1, 2 ** 32 - 1, 2 ** 32, 7].map((n) => random.integer(n));
  expect(drawn).toEqual([0, 1844306602, 2122370664, 3767335743, 6]);
  expect([...new Random(7, 'shuffle/0').permutation(12)]).toEqual([5, 10, 2, 9, 7, 11, 6, 8, 3, 0, 1, 4]);
});

test('seeds out of range are refused', () => {
  for (const seed of [-1, 0.5, 2 ** 53, Number.NaN]) {
    expect(() => new Random(seed)).toThrow('seed: expected an integer from 0 to 2^53 - 1');
  }
});
