/** Augmentation layers: Keras's numbers, what they do when nothing is trained, and where their chances come from. */

import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import * as c from '../../ts';
import { numbers, relativeError } from '../support/numbers';
import { revealing, step } from './augmented';

interface KerasCase {
  readonly function: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly step: number;
  readonly scale: number;
  readonly output: number[];
  readonly gradient?: number[];
}

const keras = JSON.parse(readFileSync(new URL('../reference/augmentation.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly KerasCase[];
};
const made = (name: string, options: unknown): c.Layer =>
  (c as unknown as Record<string, (options: unknown) => c.Layer>)[name]?.(options) as c.Layer;
const shape = [5, 6, 2];
const bits = (data: Float32Array): Uint32Array => new Uint32Array(data.buffer, data.byteOffset, data.length);

afterAll(() => c.init({}));

test.each(keras.cases.map((each) => [`${each.function} ${JSON.stringify(each.options)}`, each] as const))(
  'Keras with the same random numbers: %s',
  (_, { function: name, options, seed, step: number, scale, output, gradient }) => {
    const x = numbers(seed, 3 * 60).map((value) => value * scale);
    const model = revealing([made(name, options)], shape, 3, seed);
    for (let before = 0; before < number; before++) step(model, x, 3);
    const images = step(model, x, 3);
    expect(relativeError(images, output)).toBeLessThan(1e-5);
    model.dispose();
    if (gradient === undefined) return;
    // Slopes of 1 for what is negative: their gradients are those of the layer's input, times it, summed over the samples.
    const layers = [c.prelu({ alphaInitializer: 'ones', name: 'slopes' }), made(name, options), c.flatten()];
    const judged = c.sequential({ inputShape: shape, seed, layers });
    judged.compile({ optimizer: c.sgd({ learningRate: 0 }), loss: 'halfSquaredError' });
    for (let before = 0; before < number; before++) judged.trainOnBatch(x, x);
    // The gradient of the loss is output − target: here the numbers by which Keras's outputs were summed up.
    const weights = numbers(2, 3 * 60);
    judged.trainOnBatch(
      x,
      images.map((value, index) => value - (weights[index] as number)),
    );
    const found = judged.getGradients()[0]?.data as Float32Array;
    const expected = Array.from(found, (_value, place) =>
      [0, 1, 2].reduce((sum, n) => {
        const at = n * 60 + place;
        return sum + Math.min(x[at] as number, 0) * (gradient[at] as number);
      }, 0),
    );
    expect(relativeError(found, expected)).toBeLessThan(1e-4);
    judged.dispose();
  },
);

const augmentations: readonly (readonly [string, c.Layer])[] = [
  ['randomFlip', c.randomFlip()],
  ['randomTranslation', c.randomTranslation({ heightFactor: 0.3, widthFactor: 0.2 })],
  ['randomRotation', c.randomRotation({ factor: 0.2, fillMode: 'wrap' })],
  ['randomZoom', c.randomZoom({ heightFactor: 0.3, interpolation: 'nearest' })],
  ['randomBrightness', c.randomBrightness({ factor: 0.3, valueRange: [-1, 1] })],
  ['randomContrast', c.randomContrast({ factor: 0.3, valueRange: [-1, 1] })],
  ['randomCrop', c.randomCrop({ height: 3, width: 3 })],
];

describe.each(augmentations)('%s', (name, layer) => {
  const x = numbers(5, 8 * 60);

  test('does nothing where nothing is trained', async () => {
    const model = c.sequential({ inputShape: shape, layers: [layer] });
    const { data, shape: found } = await model.predict(x);
    const isCrop = name === 'randomCrop';
    // The window in the middle of 5 × 6 begins in row 1 and column 1.
    const rows = Array.from(x).filter((_, index) => {
      const [row, column] = [Math.floor(index / 12) % 5, Math.floor(index / 2) % 6];
      return !isCrop || (row >= 1 && row < 4 && column >= 1 && column < 4);
    });
    expect(found).toEqual(isCrop ? [8, 3, 3, 2] : [8, ...shape]);
    expect(bits(data)).toEqual(bits(Float32Array.from(rows)));
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    expect((await model.evaluate(x, Float32Array.from(rows))).loss).toBe(0);
    model.dispose();
  });

  test('draws anew for each sample, step, layer and seed, and the same again', () => {
    const run = (seed: number): Float32Array[] => {
      const model = revealing([layer], shape, 8, seed);
      // Eight times the same image.
      const same = Float32Array.from({ length: 8 * 60 }, (_, index) => x[index % 60] as number);
      const steps = [step(model, same, 8), step(model, same, 8)];
      model.dispose();
      return steps;
    };
    const [first, again, other] = [run(3), run(3), run(2 ** 40 + 3)];
    expect(again.map(bits)).toEqual(first.map(bits));
    expect(bits(first[1] as Float32Array)).not.toEqual(bits(first[0] as Float32Array));
    expect(other.map(bits)).not.toEqual(first.map(bits));
    const size = (first[0] as Float32Array).length / 8;
    const samples = Array.from({ length: 8 }, (_, n) => String(first[0]?.subarray(n * size, (n + 1) * size)));
    expect(new Set(samples).size).toBeGreaterThan(1);
  });

  test.each(['strict', 'auto'] as const)('gives the same bits on one thread and on three (%s)', async (simd) => {
    const large = [40, 40, 3];
    const big = numbers(6, 32 * 4800);
    const results: Uint32Array[][] = [];
    for (const threads of [1, 3]) {
      await c.init({ simd, threads });
      const layers = [c.prelu({ name: 'slopes' }), layer];
      const model = revealing(layers, large, 32, 4);
      const images = step(model, big, 32);
      const target = new Float32Array(32 * 32).fill(1);
      const weights = model
        .getWeights()
        .map(({ data, ...rest }) => ({ ...rest, data: data.map((_, i) => (i % 7) / 7) }));
      model.setWeights(weights);
      model.trainOnBatch(big, target);
      const [slopes] = model.getGradients();
      results.push([bits(images), bits(slopes?.data as Float32Array)]);
      model.dispose();
    }
    await c.init({});
    expect(results[1]).toEqual(results[0]);
    expect(new Set(results[0]?.[1]).size).toBeGreaterThan(100);
  });
});

test('training that goes on from a checkpoint sees the images that it would have seen', async () => {
  const make = (): c.Model => {
    const layers = augmentations.map(([, layer]) => layer);
    const model = c.sequential({
      ...{ inputShape: shape, seed: 9 },
      layers: [...layers, c.flatten(), c.dense({ units: 2 })],
    });
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    return model;
  };
  const [x, y] = [numbers(1, 10 * 60), numbers(2, 10 * 2)];
  const whole = make();
  let kept: c.Checkpoint | undefined;
  const save = (checkpoint: c.Checkpoint): void => {
    kept ??= checkpoint;
  };
  await whole.fit(x, y, { batchSize: 4, epochs: 3, callbacks: c.modelCheckpoint({ saveFreq: 4, save }) });
  const resumed = make();
  resumed.restore(kept as c.Checkpoint);
  await resumed.fit(x, y, { batchSize: 4, epochs: 3 });
  expect(resumed.getWeights()).toEqual(whole.getWeights());
  for (const model of [whole, resumed]) model.dispose();
});

test('two layers in a row draw apart', () => {
  const model = revealing(
    [c.randomFlip({ mode: 'horizontal' }), c.randomFlip({ mode: 'horizontal' })],
    [1, 2, 1],
    64,
    1,
  );
  const x = Float32Array.from({ length: 128 }, (_, index) => index % 2);
  const images = step(model, x, 64);
  const turned = Array.from({ length: 64 }, (_, n) => images[2 * n]).filter((value) => value === 1).length;
  // Would they draw the same, each image would be turned twice.
  expect(turned).toBeGreaterThan(16);
  expect(turned).toBeLessThan(48);
  model.dispose();
});

test.each<[string, () => unknown, string]>([
  [
    'a mode',
    () => c.randomFlip({ mode: 'both' as 'vertical' }),
    'randomFlip: mode: expected one of horizontal, vertical, horizontalAndVertical, got "both"',
  ],
  [
    'a factor',
    () => c.randomRotation({ factor: 1.5 }),
    'randomRotation: factor: expected a number in [-1, 1], got 1.5',
  ],
  [
    'no factor',
    () => c.randomTranslation({ heightFactor: 0.1 } as never),
    'randomTranslation: widthFactor: expected a number in [-1, 1], got undefined',
  ],
  [
    'three ends',
    () => c.randomRotation({ factor: [1, 2, 3] as never }),
    'randomRotation: factor: expected a number or two, got [1,2,3]',
  ],
  [
    'an end',
    () => c.randomZoom({ heightFactor: [-1, 0], name: 'z' }),
    'randomZoom "z": heightFactor: expected a number in [-0.9999',
  ],
  [
    'a fill mode',
    () => c.randomZoom({ heightFactor: 0, fillMode: 'mirror' as 'wrap' }),
    'fillMode: expected one of constant, nearest, reflect, wrap, got "mirror"',
  ],
  [
    'an interpolation',
    () => c.randomZoom({ heightFactor: 0, interpolation: 'cubic' as 'nearest' }),
    'interpolation: expected one of nearest, bilinear',
  ],
  ['a fill value', () => c.randomZoom({ heightFactor: 0, fillValue: Number.NaN }), 'randomZoom: fillValue: expected'],
  [
    'a contrast',
    () => c.randomContrast({ factor: -0.1 }),
    'randomContrast: factor: expected a number in [0, 1], got -0.1',
  ],
  [
    'a range of values',
    () => c.randomBrightness({ factor: 0.1, valueRange: [1, 1] }),
    'randomBrightness: valueRange: expected two different numbers, got [1,1]',
  ],
  ['a window', () => c.randomCrop({ height: 0, width: 2 }), 'randomCrop: height: expected an integer ≥ 1, got 0'],
  [
    'an option',
    () => c.randomFlip({ seed: 1 } as never),
    'randomFlip: expected only the options mode, name, got "seed"',
  ],
  [
    'rows',
    () => c.sequential({ inputShape: [4], layers: [c.randomFlip({ name: 'f' })] }),
    'randomFlip "f": expected input [batch,height,width,channels], got [batch,4]',
  ],
  [
    'a small image',
    () => c.sequential({ inputShape: [4, 9, 1], layers: [c.randomCrop({ height: 5, width: 5, name: 'w' })] }),
    'randomCrop "w": expected images of at least 5×5, got [batch,4,9,1]',
  ],
])('refuses %s', (_, make, message) => expect(make).toThrow(message));
