/** Kernels that draw random words: dropout, of single values and of channels, and normal noise. */

import { library } from '../../library.mjs';
import { assertClose } from '../check.mjs';
import { numbers } from '../numbers.mjs';

/** Number of the step and the seed, and the layer's stream. */
const chances = { clock: [3, 0, 1234, 0], stream: 2 };

/**
 * Instructions on four lanes for four words of Philox, of which sixteen are drawn at once: two rounds of half the products, eight
 * whole ones of four products of two lanes, four shuffles and four times xor, and eight shuffles that put the words in their order.
 */
const WORDS = (12 + 8 * 12 + 8) / 4;

/** The random word of a value: four have a number. */
function wordOf(value) {
  const [low, high, ...seed] = chances.clock;
  return library.philox([Math.floor(value / 4), chances.stream, low, high], seed)[value % 4];
}

/** Dropout of `inner` values at once in each of the channels of `batch` arrays. The gradient is the same function. */
export function dropout(batch, inner, channels) {
  const count = batch * inner * channels;
  const rate = 0.5;
  const common = { group: 'elementwise', kind: 'dropout', batch, inner, channels, rate, ...chances, flops: count };
  return {
    ...common,
    name: inner > 1 ? `spatial dropout ${batch}×${inner}×${channels}` : `dropout ${count}`,
    // A comparison and the factor for each word, a product for each value.
    bound: {
      passes: [{ reads: { x: count }, writes: { y: count } }],
      operations: ((WORDS + 2) * batch * channels + count) / 4,
    },
    load() {
      const x = numbers(1, count);
      const isDropped = Array.from({ length: batch * channels }, (_, index) => wordOf(index) < rate * 2 ** 32);
      const expected = x.map((value, index) => {
        const drawn = Math.floor(index / (inner * channels)) * channels + (index % channels);
        return isDropped[drawn] ? 0 : value / (1 - rate);
      });
      return { inputs: { x }, check: (who, answer) => assertClose(who, answer, expected, 0) };
    },
  };
}

/** Noise of a normal distribution that is added. */
export function gaussianNoise(count) {
  const deviation = 0.5;
  return {
    name: `gaussian noise ${count}`,
    group: 'elementwise',
    kind: 'gaussianNoise',
    count,
    deviation,
    ...chances,
    flops: count,
    // A normal number: twelve instructions for the word as a number and its distance from an end, six for the parts of that one's
    // logarithm, a polynomial of seventh degree and one of tenth, each in what is multiplied last, and two for what is rare.
    bound: {
      passes: [{ reads: { x: count }, writes: { y: count } }],
      operations: ((WORDS + 12 + 6 + 8 + 11 + 2 + 1) * count) / 4,
    },
    load() {
      const x = numbers(1, count);
      const normal = percentagePoints();
      const expected = x.map((value, index) => value + deviation * normal((wordOf(index) + 0.5) / 2 ** 32));
      return { inputs: { x }, check: (who, answer) => assertClose(who, answer, expected, 1e-6) };
    },
  };
}

/** The normal number at which the distribution has a share, by the sum of its density. */
function percentagePoints() {
  const [start, step] = [-7, 1e-4];
  const density = (x) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  const shares = [1.279_812_543_886e-12];
  for (let x = start; shares.length < 140_001; x = start + step * (shares.length - 1)) {
    shares.push(shares.at(-1) + (step * (density(x) + density(x + step))) / 2);
  }
  return (share) => {
    let [low, high] = [0, shares.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (shares[middle] < share) low = middle;
      else high = middle;
    }
    return start + step * (low + (share - shares[low]) / (shares[high] - shares[low]));
  };
}
