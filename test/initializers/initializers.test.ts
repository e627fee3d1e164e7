/** First values of weights: the moments of their distributions, fans, orthogonality. */

import { describe, expect, test } from 'vitest';
import * as convgrad from '../../ts';
import { fans } from '../../ts/initializers/initializer';
import { Random } from '../../ts/random';

function draw(initializer: convgrad.Initializer, shape: readonly number[], seed = 1): Float32Array {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  initializer.fill(values, shape, new Random(seed, 'test'));
  return values;
}

function moments(values: Float32Array): { mean: number; deviation: number; kurtosis: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const power = (p: number): number => values.reduce((sum, value) => sum + (value - mean) ** p, 0) / values.length;
  return { mean, deviation: Math.sqrt(power(2)), kurtosis: power(4) / power(2) ** 2 };
}

/** Moments of the standard normal distribution cut at ±2, by Simpson's rule. */
function cutNormal(): { deviation: number; kurtosis: number } {
  const integral = (power: number): number => {
    const steps = 2000;
    let sum = 0;
    for (let step = 0; step <= steps; step++) {
      const x = -2 + (4 * step) / steps;
      sum += (step === 0 || step === steps ? 1 : step % 2 === 1 ? 4 : 2) * x ** power * Math.exp((-x * x) / 2);
    }
    return sum;
  };
  const variance = integral(2) / integral(0);
  return { deviation: Math.sqrt(variance), kurtosis: integral(4) / integral(0) / variance ** 2 };
}

const shape = [3, 3, 60, 200];
const count = 108_000;
const cut = cutNormal();
const [fanIn, fanOut] = [9 * 60, 9 * 200];
const scaled = (scale: number, fan: number): number => Math.sqrt(scale / fan);

// Name, initializer, mean, standard deviation, fourth moment over the squared second, farthest from the mean.
const table: [string, convgrad.Initializer, number, number, number, number][] = [
  ['randomNormal', convgrad.randomNormal(), 0, 0.05, 3, Number.POSITIVE_INFINITY],
  ['randomNormal', convgrad.randomNormal({ mean: 2, stddev: 3 }), 2, 3, 3, Number.POSITIVE_INFINITY],
  ['truncatedNormal', convgrad.truncatedNormal(), 0, 0.05 * cut.deviation, cut.kurtosis, 0.1],
  ['truncatedNormal', convgrad.truncatedNormal({ mean: -1, stddev: 2 }), -1, 2 * cut.deviation, cut.kurtosis, 4],
  ['randomUniform', convgrad.randomUniform(), 0, 0.1 / Math.sqrt(12), 1.8, 0.05],
  ['randomUniform', convgrad.randomUniform({ minval: 1, maxval: 3 }), 2, 2 / Math.sqrt(12), 1.8, 1],
  ['varianceScaling', convgrad.varianceScaling(), 0, scaled(1, fanIn), cut.kurtosis, 1],
  [
    'varianceScaling',
    convgrad.varianceScaling({ scale: 3, mode: 'fanOut', distribution: 'uniform' }),
    0,
    scaled(3, fanOut),
    1.8,
    scaled(9, fanOut),
  ],
  [
    'varianceScaling',
    convgrad.varianceScaling({ mode: 'fanAvg', distribution: 'untruncatedNormal' }),
    0,
    scaled(1, (fanIn + fanOut) / 2),
    3,
    1,
  ],
  ['glorotUniform', convgrad.glorotUniform(), 0, scaled(2, fanIn + fanOut), 1.8, 1],
  ['glorotNormal', convgrad.glorotNormal(), 0, scaled(2, fanIn + fanOut), cut.kurtosis, 1],
  ['heUniform', convgrad.heUniform(), 0, scaled(2, fanIn), 1.8, 1],
  ['heNormal', convgrad.heNormal(), 0, scaled(2, fanIn), cut.kurtosis, 1],
  ['lecunUniform', convgrad.lecunUniform(), 0, scaled(1, fanIn), 1.8, 1],
  ['lecunNormal', convgrad.lecunNormal(), 0, scaled(1, fanIn), cut.kurtosis, 1],
];

for (const [name, initializer, mean, deviation, kurtosis, farthest] of table) {
  test(`${name} ${JSON.stringify(initializer.config)}: mean, deviation and fourth moment of its distribution`, () => {
    const values = draw(initializer, shape);
    const seen = moments(values);
    // Five standard errors of each; that of the fourth moment of a normal distribution is the largest, √(96 / n).
    expect(Math.abs(seen.mean - mean)).toBeLessThan((5 * deviation) / Math.sqrt(count));
    expect(Math.abs(seen.deviation / deviation - 1)).toBeLessThan(5 * Math.sqrt((kurtosis - 1) / (4 * count)));
    expect(Math.abs(seen.kurtosis - kurtosis)).toBeLessThan(5 * Math.sqrt(96 / count));
    expect(values.every((value) => Math.abs(value - mean) <= farthest * (1 + 1e-6))).toBe(true);
    expect(draw(initializer, shape)).toEqual(values);
    expect(draw(initializer, shape, 2)).not.toEqual(values);
  });
}

test('the deviation of a normal distribution cut at ±2 is the one that Keras divides by', () => {
  expect(cut.deviation).toBeCloseTo(0.87962566103423978, 10);
});

test('fans as Keras counts them', () => {
  const of = (s: readonly number[]): readonly number[] => [fans(s).fanIn, fans(s).fanOut];
  expect([of([]), of([7]), of([3, 5]), of([3, 2, 5]), of([3, 3, 4, 8])]).toEqual([
    [1, 1],
    [7, 7],
    [3, 5],
    [6, 15],
    [36, 72],
  ]);
});

describe('orthogonal', () => {
  for (const [rows, columns] of [
    [40, 40],
    [90, 7],
    [7, 90],
    [1, 5],
    [5, 1],
  ] as const) {
    for (const gain of [1, 1.5]) {
      test(`[${rows},${columns}] with gain ${gain}: QᵀQ = gain²·I`, () => {
        const q = draw(convgrad.orthogonal({ gain }), [rows, columns]);
        const tall = rows >= columns;
        const [vectors, length] = [Math.min(rows, columns), Math.max(rows, columns)];
        const at = (vector: number, place: number): number =>
          q[tall ? place * columns + vector : vector * columns + place] as number;
        for (let a = 0; a < vectors; a++) {
          for (let b = 0; b < vectors; b++) {
            let product = 0;
            for (let place = 0; place < length; place++) product += at(a, place) * at(b, place);
            expect(Math.abs(product - (a === b ? gain * gain : 0))).toBeLessThan(1e-6);
          }
        }
      });
    }
  }

  test('filters are a matrix [height · width · channels, filters]; signs are by chance', () => {
    const filters = draw(convgrad.orthogonal(), [3, 3, 4, 36]);
    expect(filters).toEqual(draw(convgrad.orthogonal(), [36, 36]));
    const diagonal = Array.from({ length: 36 }, (_, index) => Math.sign(filters[index * 37] as number));
    const negative = diagonal.filter((sign) => sign < 0).length;
    expect(negative).toBeGreaterThan(6);
    expect(negative).toBeLessThan(30);
  });
});

test('identity', () => {
  expect([...draw(convgrad.identity({ gain: 2 }), [2, 3])]).toEqual([2, 0, 0, 0, 2, 0]);
});

test('what does not fit is told', () => {
  expect(() => draw(convgrad.orthogonal(), [4])).toThrow(
    'orthogonal: expected a weight of at least two dimensions, got [4]',
  );
  expect(() => draw(convgrad.identity(), [1, 2, 2])).toThrow(
    'identity: expected a weight of two dimensions, got [1,2,2]',
  );
  expect(() => convgrad.randomNormal({ stddev: -1 })).toThrow(
    'randomNormal: stddev: expected a finite number ≥ 0, got -1',
  );
  expect(() => convgrad.randomUniform({ minval: 1, maxval: 0 })).toThrow('expected maxval of at least minval 1, got 0');
  expect(() => convgrad.varianceScaling({ mode: 'fan_in' as 'fanIn' })).toThrow(
    'varianceScaling: mode: expected one of fanIn',
  );
  expect(() => convgrad.varianceScaling({ scale: 0 })).toThrow('scale: expected a number above 0, got 0');
  expect(() => convgrad.identity({ gain: Number.NaN })).toThrow('identity: gain');
});

test('a layer takes them by name, by function and as data', () => {
  const made = [
    'orthogonal',
    convgrad.varianceScaling({ scale: 2 }),
    { className: 'Orthogonal', config: { gain: 2 } },
  ] as const;
  const models = made.map((kernelInitializer) =>
    convgrad.sequential({ inputShape: [4], layers: [convgrad.dense({ units: 3, kernelInitializer })] }),
  );
  const [a, , c] = models.map((model) => (model.getWeights()[0] as convgrad.Tensor).data) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  c.forEach((value, index) => {
    expect(value).toBeCloseTo(2 * (a[index] as number), 6);
  });
  for (const model of models) model.dispose();
});
