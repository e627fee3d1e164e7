/** In training, convolution and max pooling of 2×2 become one call forward, and one backward where no image gradient is wanted. */

import { expect, test } from 'vitest';
import {
  add,
  apply,
  averagePool2d,
  type Conv2dOptions,
  conv2d,
  dense,
  flatten,
  functional,
  init,
  input,
  type Layer,
  type Model,
  maxPool2d,
  sequential,
  sgd,
} from '../../ts';
import { numbers } from '../support/numbers';

function compiled(model: Model): Model {
  model.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'meanSquaredError' });
  return model;
}

const calls = (model: Trained): string[] =>
  model
    .plan({ batchSize: 2 })
    .calls.filter(({ kernel }) => /conv|pool|slope|activation|bias/.test(kernel))
    .map(({ layer, kernel }) => `${layer} ${kernel}`);

type Trained = Pick<Model, 'compile' | 'dispose' | 'getGradients' | 'plan' | 'setWeights' | 'trainOnBatch'>;

/** The same chain with the first layer's output as another output, without loss: it is computed, and nothing is fused. */
function separate(inputShape: number[], layers: Layer[]): Trained {
  const start = input({ shape: inputShape });
  const between = apply(layers[0] as Layer, start);
  const end = layers.slice(1).reduce((value, layer) => apply(layer, value), between);
  const model = functional({ inputs: start, outputs: [end, between] });
  model.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: ['meanSquaredError', null] as never });
  return model;
}

/** Sums of some thousand products, taken in another order. */
function compareGradients(one: Trained, two: Trained, tolerance = 2e-6): void {
  const [found, expected] = [one, two].map((model) => model.getGradients().map(({ data }) => data));
  expect(found?.length).toBe(expected?.length);
  found?.forEach((gradient, index) => {
    const other = expected?.[index] as Float32Array;
    const largest = Math.max(...other.map(Math.abs));
    expect(largest).toBeGreaterThan(0);
    const worst = Math.max(...gradient.map((value, place) => Math.abs(value - (other[place] as number))));
    expect(worst).toBeLessThan(tolerance * largest);
  });
}

const ends = () => [flatten({ name: 'f' }), dense({ name: 'd', units: 2, useBias: false })];

/** Where Winograd's way leaves out a column that is in no window, the tiles beside it are computed otherwise. */
const ODD = 'many channels, a column in no window';

const cases: [string, number, Conv2dOptions][] = [
  ['one channel', 1, { filters: 32, kernelSize: 3, activation: 'relu' }],
  ['few filters', 1, { filters: 4, kernelSize: 3, padding: 'same', activation: 'sigmoid' }],
  ['a border', 3, { filters: 12, kernelSize: 5, padding: 'same', activation: 'tanh' }],
  ['strides and no bias', 2, { filters: 8, kernelSize: 3, strides: 2, useBias: false }],
  ['many channels', 16, { filters: 16, kernelSize: 3, padding: 'same', activation: 'relu6' }],
  [ODD, 16, { filters: 16, kernelSize: 3, padding: 'same', activation: 'relu' }],
  ['more channels', 64, { filters: 64, kernelSize: 3, activation: 'relu' }],
  ['one pixel', 64, { filters: 128, kernelSize: 1, activation: 'relu' }],
  ['an exponential', 4, { filters: 8, kernelSize: 3, activation: 'exponential' }],
  ['groups', 8, { filters: 8, kernelSize: 3, groups: 2, activation: 'sigmoid' }],
];

test.each(cases)('%s: gradients are those of separate calls', async (name, channels, options) => {
  for (const [simd, threads] of [
    ['strict', 1],
    ['auto', 1],
    ['auto', 3],
  ] as const) {
    const { strict } = await init({ simd, threads });
    const inputShape = name === 'many channels' ? [14, 12, channels] : [14, 11, channels];
    const layers: Layer[] = [conv2d({ name: 'c', ...options }), maxPool2d({ name: 'p' }), ...ends()];
    const one = compiled(sequential({ inputShape, seed: 5, layers }));
    const two = separate(inputShape, layers);
    expect(calls(one)).toEqual(['c conv2d_max_pool2d', 'c conv2d_max_pool2d_gradient']);
    expect(calls(two)).toContain('c conv2d_forward');
    two.setWeights(one.getWeights());
    const [x, y] = [numbers(7, 19 * inputShape.reduce((a, b) => a * b)), numbers(8, 19 * 2)];
    const [found, expected] = [one, two].map((model) => model.trainOnBatch(x, y));
    if (name === ODD && !strict) {
      expect(found).toBeCloseTo(expected as number, 5);
      compareGradients(one, two, 2e-5);
    } else {
      expect(found).toEqual(expected);
      compareGradients(one, two);
    }
    one.dispose();
    two.dispose();
  }
});

test('where the gradient of the images is wanted, pooling spreads it from its notes', () => {
  const model = compiled(
    sequential({
      inputShape: [12, 12, 1],
      layers: [
        conv2d({ name: 'a', filters: 4, kernelSize: 3 }),
        conv2d({ name: 'b', filters: 4, kernelSize: 3, activation: 'relu' }),
        maxPool2d({ name: 'p' }),
        ...ends(),
      ],
    }),
  );
  expect(calls(model)).toEqual([
    ...['a conv2d_forward', 'b conv2d_max_pool2d'],
    ...['p activation_gradient', 'p max_pool2d_argmax_gradient'],
    ...['b conv2d_filter_gradient', 'b bias_gradient', 'b conv2d_input_gradient'],
    ...['a conv2d_filter_gradient', 'a bias_gradient'],
  ]);
  model.dispose();
});

const chains: [string, number, Conv2dOptions][] = [
  ['few', 16, { filters: 16, kernelSize: 3, padding: 'same', activation: 'relu6' }],
  ['more', 32, { filters: 64, kernelSize: 3, activation: 'relu' }],
  ['without a bias', 20, { filters: 36, kernelSize: 3, activation: 'tanh', useBias: false }],
];

test.each(chains)(
  'many channels, %s: where the gradient of the images is wanted too, one call computes all of them',
  async (_name, filters, options) => {
    const inputShape = [15, 12, 3];
    const layers: Layer[] = [
      conv2d({ name: 'a', filters, kernelSize: 3, activation: 'relu' }),
      conv2d({ name: 'b', ...options }),
      maxPool2d({ name: 'p' }),
      ...ends(),
    ];
    const build = (): Model => compiled(sequential({ inputShape, seed: 5, layers }));
    const [x, y] = [numbers(7, 19 * 15 * 12 * 3), numbers(8, 19 * 2)];
    // In the direct way there are calls for each.
    await init({ simd: 'strict', threads: 1 });
    const direct = build();
    expect(calls(direct)).toContain('b conv2d_input_gradient');
    direct.trainOnBatch(x, y);
    let first: Model | undefined;
    for (const threads of [1, 3]) {
      await init({ simd: 'auto', threads });
      const model = build();
      const joint = ['a conv2d_forward', 'b conv2d_max_pool2d', 'b conv2d_max_pool2d_gradients'];
      const expected = [...joint, 'a conv2d_filter_gradient', 'a bias_gradient'];
      expect(calls(model)).toEqual(expected);
      model.trainOnBatch(x, y);
      compareGradients(model, direct, 2e-5);
      first ??= model;
      expect(model.getGradients()).toEqual(first.getGradients());
    }
  },
);

test('each of two branches has its own', async () => {
  await init({ simd: 'strict', threads: 1 });
  const build = (fused: boolean): Trained => {
    const x = input({ shape: [8, 8, 1] });
    const conv = (name: string) =>
      apply(conv2d({ name, filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' }), x);
    const [a, b] = [conv('a'), conv('b')];
    const [p, q] = [apply(maxPool2d({ name: 'p' }), a), apply(maxPool2d({ name: 'q' }), b)];
    const end = apply(dense({ name: 'd', units: 1 }), apply(flatten(), apply(add(), [p, q])));
    const model = functional({ inputs: x, outputs: fused ? [end] : [end, a, b], seed: 9 });
    const loss = fused ? ['meanSquaredError'] : ['meanSquaredError', null, null];
    model.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: loss as never });
    return model;
  };
  const [one, two] = [build(true), build(false)];
  expect(calls(one)).toEqual([
    ...['a conv2d_max_pool2d', 'b conv2d_max_pool2d', 'd bias_gradient'],
    ...['b conv2d_max_pool2d_gradient', 'a conv2d_max_pool2d_gradient'],
  ]);
  const [x, y] = [numbers(1, 128), numbers(2, 2)];
  expect(one.trainOnBatch(x, y)).toEqual(two.trainOnBatch(x, y));
  compareGradients(one, two);
  one.dispose();
  two.dispose();
});

test('a frozen convolution keeps its weights, and windows that are not 2×2 or channels that are no fours are as before', () => {
  const model = (filters: number, pool: Layer, trainable = true): Model =>
    compiled(
      sequential({
        inputShape: [12, 12, 1],
        layers: [conv2d({ name: 'c', filters, kernelSize: 3, trainable }), pool, ...ends()],
      }),
    );
  expect(calls(model(4, maxPool2d({ name: 'p' }), false))).toEqual(['c conv2d_max_pool2d']);
  expect(calls(model(3, maxPool2d({ name: 'p' })))).toContain('p max_pool2d_gradient');
  expect(calls(model(4, maxPool2d({ name: 'p', poolSize: 3 })))).toContain('p max_pool2d_gradient');
  expect(calls(model(4, averagePool2d({ name: 'p' })))).toContain('p average_pool2d_gradient');
});
