/** Batch normalization folded into the layer before it at inference: the same numbers, fresh after every change of weights. */

import { expect, test } from 'vitest';
import {
  type ActivationName,
  activation,
  add,
  apply,
  batchNormalization,
  conv1d,
  conv2d,
  conv2dTranspose,
  decodeModel,
  dense,
  depthwiseConv2d,
  elu,
  encodeModel,
  flatten,
  functional,
  globalAveragePooling2d,
  init,
  input,
  type Layer,
  type Model,
  relu,
  separableConv2d,
  sequential,
  sgd,
} from '../../ts';
import { getEngine } from '../../ts/runtime/init';
import { numbers, relativeError } from '../support/numbers';
import { countingCalls, setWeights } from '../support/weights';

const loss = 'meanSquaredError';
const linear = (): Layer => activation({ activation: 'linear' });

const kernelsOf = (model: Model, mode: 'predict' | 'evaluate' | 'train'): string[] =>
  model.plan({ batchSize: 3, mode }).calls.map(({ kernel }) => kernel);

const image = [8, 7, 4];
const cases: readonly (readonly [string, readonly number[], () => Layer, string])[] = [
  ['conv2d', image, () => conv2d({ filters: 5, kernelSize: 3 }), 'conv2d_forward'],
  [
    'conv2d without bias',
    image,
    () => conv2d({ filters: 8, kernelSize: 3, useBias: false, strides: 2 }),
    'conv2d_forward',
  ],
  [
    'conv2d in groups',
    image,
    () => conv2d({ filters: 6, kernelSize: [1, 2], padding: 'same', groups: 2 }),
    'conv2d_forward',
  ],
  ['depthwiseConv2d', image, () => depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 }), 'conv2d_forward'],
  ['conv2dTranspose', image, () => conv2dTranspose({ filters: 5, kernelSize: 3, strides: 2 }), 'conv2d_input_gradient'],
  ['conv1d', [9, 4], () => conv1d({ filters: 5, kernelSize: 3, padding: 'same', useBias: false }), 'conv2d_forward'],
  ['dense', [11], () => dense({ units: 6 }), 'matmul'],
];
const normalizations = [
  {},
  { scale: false },
  { center: false, epsilon: 0.1 },
  { scale: false, center: false },
] as const;
const behind: readonly (readonly [string, readonly Layer[]])[] = [
  ['nothing', []],
  ['relu', [relu()]],
  ['sigmoid', [activation({ activation: 'sigmoid' })]],
  ['elu', [elu()]],
  ['softmax', [activation({ activation: 'softmax' })]],
];

test.each(cases)(
  '%s: predict and evaluate give the numbers of layers that are not folded',
  async (_, shape, make, kernel) => {
    for (const options of normalizations) {
      for (const [name, after] of behind) {
        const folded = sequential({ inputShape: shape, layers: [make(), batchNormalization(options), ...after] });
        // A layer that does nothing keeps the pair apart.
        const apart = sequential({
          inputShape: shape,
          layers: [make(), linear(), batchNormalization(options), ...after],
        });
        for (const model of [folded, apart]) {
          model.compile({ optimizer: sgd({ learningRate: 0.01 }), loss });
          setWeights(model);
        }
        expect(kernelsOf(apart, 'predict')).toContain('batch_norm_inference');
        const own = kernelsOf(folded, 'predict');
        expect(own).not.toContain('batch_norm_inference');
        expect(own[0]).toBe(kernel);
        if (kernel !== 'conv2d_input_gradient') {
          expect(own.length).toBe(name === 'elu' || name === 'softmax' ? 2 : 1);
        }
        expect(kernelsOf(folded, 'train')).toContain('batch_norm');
        const x = numbers(1, 3 * shape.reduce((a, b) => a * b, 1));
        const expected = await apart.predict(x);
        expect(relativeError((await folded.predict(x)).data, expected.data)).toBeLessThan(1e-5);
        const y = numbers(2, expected.data.length);
        const { loss: value } = await folded.evaluate(x, y);
        expect(Math.abs((value as number) / ((await apart.evaluate(x, y)).loss as number) - 1)).toBeLessThan(1e-5);
        folded.dispose();
        apart.dispose();
      }
    }
  },
);

/** A pair of models, the second not folded, with the same weights. */
function pair(): [Model, Model] {
  const make = (between: readonly Layer[]): Model => {
    const model = sequential({
      name: 'm',
      inputShape: [6, 6, 2],
      layers: [
        ...[
          conv2d({ filters: 4, kernelSize: 3, useBias: false, name: 'c' }),
          ...between,
          batchNormalization({ name: 'n' }),
        ],
        ...[relu(), flatten(), dense({ units: 3, name: 'd' }), ...between, batchNormalization({ name: 'o' })],
      ],
    });
    model.compile({ optimizer: sgd({ learningRate: 0.05, useEma: true, emaMomentum: 0.5 }), loss });
    setWeights(model);
    return model;
  };
  return [make([]), make([linear()])];
}

test('folded kernels are fresh after every change of weights', async () => {
  const models = pair();
  const [folded, apart] = models;
  const x = numbers(1, 5 * 72);
  const y = numbers(2, 5 * 3);
  let last = (await folded.predict(x)).data;
  const compare = async (): Promise<void> => {
    const { data } = await folded.predict(x);
    expect(relativeError(data, (await apart.predict(x)).data)).toBeLessThan(1e-5);
    expect(data).not.toEqual(last);
    last = data;
  };
  for (const model of models) model.trainOnBatch(x, y);
  await compare();
  const histories = await Promise.all(
    models.map((model) => model.fit(x, y, { batchSize: 2, epochs: 3, validationData: [x, y], shuffle: false })),
  );
  const [ours, theirs] = histories.map(({ history }) => history.val_loss as number[]);
  expect(relativeError(ours as number[], theirs as number[])).toBeLessThan(1e-5);
  await compare();
  for (const model of models) model.trainOnBatch(x, y);
  await compare();
  const checkpoint = folded.checkpoint();
  for (const model of models) model.finalizeVariableValues();
  await compare();
  for (const model of models) setWeights(model, 70);
  await compare();
  folded.restore(checkpoint);
  apart.restore(checkpoint);
  await compare();
  // Frozen: the moving averages stay, the kernel before them is trained.
  for (const model of models) {
    model.getLayer('n').trainable = false;
    model.compile({ optimizer: sgd({ learningRate: 0.05 }), loss });
  }
  for (const model of models) model.trainOnBatch(x, y);
  await compare();
  const before = (await folded.predict(x)).data;
  folded.profile(x, y, { runs: 3 });
  folded.explain(x, y);
  expect((await folded.predict(x)).data).toEqual(before);
  const copy = decodeModel(encodeModel(folded));
  expect((await copy.predict(x)).data).toEqual(before);
  for (const model of [...models, copy]) model.dispose();
});

test('a model in a model: what one of them trains is fresh in both', async () => {
  const make = (between: readonly Layer[]): readonly [Model, Model] => {
    const layers = [conv2d({ filters: 3, kernelSize: 3 }), ...between, batchNormalization(), relu()];
    const inner = sequential({ name: 'inner', inputShape: [6, 6, 2], seed: 3, layers });
    const outer = sequential({ inputShape: [6, 6, 2], seed: 3, layers: [inner, flatten(), dense({ units: 2 })] });
    for (const model of [inner, outer]) model.compile({ optimizer: sgd({ learningRate: 0.1 }), loss });
    return [inner, outer];
  };
  const folded = make([]);
  const apart = make([linear()]);
  expect(folded[1].plan({ mode: 'predict' }).folded.length).toBe(2);
  expect(apart[1].plan({ mode: 'predict' }).folded).toEqual([]);
  for (const [index, model] of folded.entries()) apart[index]?.setWeights(model.getWeights());
  const x = numbers(1, 4 * 72);
  const targets = [numbers(5, 4 * 48), numbers(6, 8)];
  for (const trained of [0, 1, 0]) {
    for (const models of [folded, apart]) models[trained]?.trainOnBatch(x, targets[trained] as Float32Array);
    for (const [index, model] of folded.entries()) {
      const expected = await apart[index]?.predict(x);
      expect(relativeError((await model.predict(x)).data, expected?.data as Float32Array)).toBeLessThan(1e-5);
    }
  }
  for (const model of [...folded, ...apart]) model.dispose();
});

test('weights are folded once, not for every batch, and all memory comes back', async () => {
  const engine = getEngine();
  const before = [engine.liveBytes, engine.liveAllocations];
  const [folded, apart] = pair();
  apart.dispose();
  await countingCalls('fold_batch_norm', async (count) => {
    const x = numbers(1, 40 * 72);
    for (let round = 0; round < 3; round++) await folded.predict(x, { batchSize: 4 });
    expect(count()).toBe(2);
    folded.trainOnBatch(x, numbers(2, 40 * 3));
    await folded.evaluate(x, numbers(2, 40 * 3), { batchSize: 7 });
    expect(count()).toBe(4);
  });
  folded.dispose();
  expect([engine.liveBytes, engine.liveAllocations]).toEqual(before);
});

test('the plan says what is folded; what must not be is not', async () => {
  const [folded, apart] = pair();
  const plan = folded.plan({ mode: 'predict' });
  expect(plan.folded).toEqual([
    { layer: 'n', into: 'c' },
    { layer: 'relu_1', into: 'c' },
    { layer: 'o', into: 'd' },
  ]);
  expect(String(plan)).toContain('folded when weights have changed: n into c, relu_1 into c, o into d');
  expect(plan.calls[0]?.reads).toContain('c/kernel·n [3,3,2,4]');
  expect(folded.plan().folded).toEqual([]);
  expect(() => folded.plan({ mode: 'explain' as never })).toThrow(
    'm.plan: expected mode "train", "evaluate" or "predict"',
  );
  const never = (layers: readonly Layer[]): void => {
    const model = sequential({ inputShape: [6, 6, 2], layers });
    expect(model.plan({ mode: 'predict' }).folded).toEqual([]);
    model.dispose();
  };
  const activations: ActivationName[] = ['relu', 'gelu', 'softmax'];
  for (const name of activations)
    never([conv2d({ filters: 3, kernelSize: 3, activation: name }), batchNormalization()]);
  never([batchNormalization(), conv2d({ filters: 3, kernelSize: 3 })]);
  never([separableConv2d({ filters: 3, kernelSize: 3 }), batchNormalization()]);
  never([conv2d({ filters: 3, kernelSize: 3 }), globalAveragePooling2d(), batchNormalization()]);
  folded.dispose();
  apart.dispose();
});

test('a layer with a second reader or a second use is not folded', () => {
  const x = input({ shape: [5, 5, 3] });
  const shared = conv2d({ filters: 3, kernelSize: 1, name: 's' });
  const first = apply(shared, x);
  const second = apply(conv2d({ filters: 3, kernelSize: 3, padding: 'same', name: 'c' }), first);
  const normalized = apply(batchNormalization({ name: 'n' }), second);
  const branches = apply(add(), [second, normalized]);
  const model = functional({ inputs: x, outputs: apply(batchNormalization({ name: 'o' }), apply(shared, branches)) });
  // The shared layer and the one with two readers stay as they are.
  expect(model.plan({ mode: 'predict' }).folded).toEqual([]);
  // Of a residual block the inner pair is one.
  const inner = apply(conv2d({ filters: 3, kernelSize: 3, padding: 'same', name: 'a' }), x);
  const block = functional({
    inputs: x,
    outputs: apply(relu(), apply(add(), [x, apply(batchNormalization({ name: 'b' }), inner)])),
  });
  expect(block.plan({ mode: 'predict' }).folded).toEqual([{ layer: 'b', into: 'a' }]);
  model.dispose();
  block.dispose();
});

test('strict and relaxed kernels, and any number of threads, agree', async () => {
  const outputs: Float32Array[] = [];
  for (const options of [{ simd: 'strict', threads: 1 }, { simd: 'strict', threads: 3 }, {}] as const) {
    await init(options);
    const [folded, apart] = pair();
    outputs.push((await folded.predict(numbers(1, 30 * 72))).data);
    folded.dispose();
    apart.dispose();
  }
  expect(outputs[1]).toEqual(outputs[0]);
  expect(relativeError(outputs[2] as Float32Array, outputs[0] as Float32Array)).toBeLessThan(1e-5);
});
