/** The slope of an activation joins the kernel that computes the gradient before it, where nobody else reads that. */

import { expect, test } from 'vitest';
import {
  add,
  apply,
  averagePool2d,
  conv2d,
  dense,
  flatten,
  functional,
  init,
  input,
  type Model,
  maxPool2d,
  sequential,
  sgd,
} from '../../ts';
import { numbers } from '../support/numbers';

/** The backward pass, from the loss to the first layer. */
function backward(built: Model): string[] {
  built.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'meanSquaredError' });
  const { calls } = built.plan({ batchSize: 2 });
  return calls.filter(({ phase }) => phase === 'backward').map(({ layer, kernel }) => `${layer} ${kernel}`);
}

const conv = (name: string) => conv2d({ name, filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' });

test('convolutions and products multiply by the slope of the layer before them', () => {
  const built = sequential({
    inputShape: [8, 8, 1],
    layers: [conv('a'), conv('b'), flatten(), dense({ name: 'd', units: 1 })],
  });
  expect(backward(built)).toEqual([
    'meanSquaredError pointwise_loss_gradient',
    ...['d matmul', 'd bias_gradient', 'd matmul'],
    ...['b conv2d_filter_gradient', 'b bias_gradient', 'b conv2d_input_gradient'],
    ...['a conv2d_filter_gradient', 'a bias_gradient'],
  ]);
  built.dispose();
});

test('before pooling the slope is taken of the pooled values', () => {
  const built = sequential({
    inputShape: [8, 8, 1],
    layers: [conv('a'), maxPool2d({ name: 'p', poolSize: 3 }), flatten(), dense({ name: 'd', units: 1 })],
  });
  const calls = backward(built);
  expect(calls.slice(-4)).toEqual([
    ...['p activation_gradient', 'p max_pool2d_gradient'],
    ...['a conv2d_filter_gradient', 'a bias_gradient'],
  ]);
  built.dispose();
});

test.each([
  ['relu', 'maxPool2d', 2 * 2 * 2 * 4],
  ['relu', 'averagePool2d', 2 * 8 * 8 * 4],
  ['linear', 'averagePool2d', 2 * 4 * 4 * 4],
  ['elu', 'maxPool2d', 2 * 8 * 8 * 4],
] as const)(
  'before pooling, the gradient of the bias of a layer with %s and %s sums %i values',
  (activation, kind, size) => {
    const built = sequential({
      inputShape: [8, 8, 2],
      seed: 3,
      layers: [
        conv2d({ name: 'a', filters: 4, kernelSize: 1, activation }),
        kind === 'maxPool2d' ? maxPool2d({ poolSize: 3 }) : averagePool2d(),
        flatten(),
        dense({ units: 1 }),
      ],
    });
    built.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'meanSquaredError' });
    const sums = built.plan({ batchSize: 2 }).calls.filter(({ kernel }) => kernel === 'bias_gradient');
    expect(sums.map(({ layer, flops }) => [layer, flops])).toContainEqual(['a', size]);
    // The gradient of the kernel's taps of a channel of ones is that of the bias.
    built.trainOnBatch(
      numbers(1, 256).map((value, index) => (index % 2 === 0 ? value : 1)),
      numbers(2, 2),
    );
    const [kernel, bias] = built.getGradients().map(({ data }) => data) as [Float32Array, Float32Array];
    bias.forEach((sum, channel) => {
      expect(Math.abs(sum - (kernel[4 + channel] as number))).toBeLessThan(1e-5 * Math.max(1, Math.abs(sum)));
    });
    expect(bias.every((sum) => sum !== 0)).toBe(true);
    built.dispose();
  },
);

/** All calls of a step of training. */
function step(built: Model): string[] {
  built.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'meanSquaredError' });
  return built.plan({ batchSize: 2 }).calls.map(({ layer, kernel }) => `${layer} ${kernel}`);
}

test('slopes that take as long as the function are computed with it, and the gradient is multiplied by them', () => {
  const built = sequential({
    inputShape: [4],
    layers: [dense({ name: 'a', units: 8, activation: 'gelu' }), dense({ name: 'b', units: 1 })],
  });
  const calls = step(built);
  expect(calls.filter((call) => call.includes('activation'))).toEqual(['a activation_with_slope']);
  built.dispose();
});

test('not where no gradient comes', () => {
  const built = sequential({
    inputShape: [4],
    layers: [
      dense({ name: 'frozen', units: 8, activation: 'silu', trainable: false }),
      dense({ name: 'learns', units: 8, activation: 'silu' }),
      dense({ units: 1 }),
    ],
  });
  expect(step(built).filter((call) => call.includes('activation'))).toEqual([
    'frozen activation_forward',
    'learns activation_with_slope',
  ]);
  const { calls } = built.plan({ batchSize: 2, mode: 'predict' });
  expect(calls.map(({ kernel }) => kernel)).not.toContain('activation_with_slope');
  built.dispose();
});

const curved = ['elu', 'selu', 'gelu', 'geluTanh', 'silu', 'softplus', 'mish', 'logSigmoid', 'tanhShrink'] as const;

test.each([...curved, 'exponential', 'hardSwish'] as const)(
  'with slopes of %s that are kept the gradients of a step are those that explain has, bit by bit',
  (activation) => {
    const build = () => {
      const built = sequential({
        inputShape: [6, 6, 2],
        seed: 3,
        layers: [
          conv2d({ name: 'a', filters: 3, kernelSize: 3, activation }),
          conv2d({ name: 'b', filters: 3, kernelSize: 3, activation }),
          flatten(),
          dense({ units: 2, activation }),
        ],
      });
      built.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'meanSquaredError' });
      return built;
    };
    const [trained, explained] = [build(), build()];
    const [x, y] = [numbers(1, 4 * 72), numbers(2, 8)];
    trained.trainOnBatch(x, y);
    // It keeps the inputs, and computes the slopes of them.
    explained.explain(x, y);
    const [kept, anew] = [trained, explained].map((model) => model.getGradients().map(({ data }) => data));
    expect(kept?.flatMap((data) => [...data]).some((value) => value !== 0)).toBe(true);
    expect(kept).toEqual(anew);
    trained.dispose();
    explained.dispose();
  },
);

test('a gradient that two layers read is not changed', () => {
  const x = input({ shape: [8, 8, 1] });
  const a = apply(conv('a'), x);
  const b = apply(conv('b'), a);
  const y = apply(dense({ name: 'd', units: 1 }), apply(flatten(), apply(add({ name: 's' }), [a, b])));
  const built = functional({ inputs: x, outputs: y });
  const calls = backward(built);
  expect(calls.filter((call) => call.endsWith('activation_gradient'))).toEqual([
    'b activation_gradient',
    'a activation_gradient',
  ]);
  built.dispose();
});

test('with and without pooling the gradient of a step is that of its parts', () => {
  // A window of one pixel changes nothing, but takes the way of pooling.
  const layers = (pooled: boolean) => [
    conv('a'),
    ...(pooled ? [maxPool2d({ poolSize: 1 })] : []),
    flatten(),
    dense({ name: 'd', units: 1 }),
  ];
  const gradients = [false, true].map((pooled) => {
    const built = sequential({ inputShape: [8, 8, 1], seed: 3, layers: layers(pooled) });
    built.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'meanSquaredError' });
    built.trainOnBatch(numbers(1, 128), numbers(2, 2));
    const values = built.getGradients().map(({ data }) => data);
    built.dispose();
    return values;
  });
  expect(gradients[0]).toEqual(gradients[1]);
});

test('whatever way a convolution of many channels takes', async () => {
  const gradients: Float32Array[][] = [];
  for (const simd of ['strict', 'auto'] as const) {
    await init({ simd, threads: 1 });
    const layers = ['a', 'b'].map((name) =>
      conv2d({ name, filters: 32, kernelSize: 3, padding: 'same', activation: 'relu' }),
    );
    const built = sequential({
      inputShape: [12, 12, 3],
      seed: 3,
      layers: [...layers, flatten(), dense({ name: 'd', units: 1 })],
    });
    built.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'meanSquaredError' });
    built.trainOnBatch(numbers(1, 8 * 12 * 12 * 3), numbers(2, 8));
    gradients.push(built.getGradients().map(({ data }) => data));
    built.dispose();
  }
  const [strict, fastest] = gradients as [Float32Array[], Float32Array[]];
  strict.forEach((values, index) => {
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    values.forEach((value, place) => {
      expect(Math.abs(((fastest[index] as Float32Array)[place] as number) - value)).toBeLessThan(1e-5 * largest);
    });
  });
});
