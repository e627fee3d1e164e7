/** Models with branches, shared layers, several inputs; dropout; weights of samples; what ends a training. */

import { expect, test } from 'vitest';
import {
  add,
  apply,
  batchNormalization,
  concatenate,
  conv2d,
  dense,
  dropout,
  flatten,
  functional,
  globalAveragePooling2d,
  input,
  type Layer,
  l2,
  type Model,
  maxNorm,
  multiply,
  nonNeg,
  sequential,
  sgd,
  spatialDropout2d,
  type Tensor,
} from '../../ts';
import { numbers } from '../support/numbers';

/** The gradients of a model's last step against central differences of its loss. */
function expectGradients(model: Model, loss: () => number): void {
  const gradients = model.getGradients();
  const weights = model.getWeights();
  const h = 1e-2;
  weights.forEach(({ name, data }, index) => {
    const own = gradients[index]?.data as Float32Array;
    // Along the gradient itself, where the change of the loss is largest beside its rounding.
    const norm = Math.hypot(...own);
    expect(norm, name).toBeGreaterThan(0);
    const moved = (sign: number): number => {
      model.setWeights(
        weights.map((weight, other) =>
          other === index
            ? { ...weight, data: data.map((value, i) => value + (sign * h * (own[i] as number)) / norm) }
            : weight,
        ),
      );
      return loss();
    };
    const slope = (moved(1) - moved(-1)) / (2 * h);
    model.setWeights(weights);
    expect(Math.abs(slope / norm - 1), name).toBeLessThan(5e-3);
  });
}

/** A residual block, a branch that multiplies, one layer used twice, two inputs. */
function branched(): Model {
  const image = input({ shape: [6, 6, 3] });
  const extra = input({ shape: [4] });
  const shared = dense({ units: 5, activation: 'tanh', name: 'shared' });
  const stem = apply(conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'silu' }), image);
  const inner = apply(conv2d({ filters: 4, kernelSize: 3, padding: 'same' }), stem);
  const residual = apply(add(), [inner, stem, stem]);
  const gate = apply(conv2d({ filters: 4, kernelSize: 1, activation: 'sigmoid' }), stem);
  const pooled = apply(globalAveragePooling2d(), apply(multiply(), [residual, gate]));
  const sides = [apply(shared, pooled), apply(shared, extra)];
  const joined = apply(concatenate(), [...sides, pooled]);
  const model = functional({ inputs: [image, extra], outputs: apply(dense({ units: 2 }), joined), seed: 3 });
  model.compile({ optimizer: sgd({ learningRate: 0 }), loss: 'meanSquaredError' });
  return model;
}

test('branches, residuals, shared layers and two inputs have the gradients of their loss', () => {
  const model = branched();
  const x = [numbers(1, 5 * 108), numbers(2, 5 * 4)];
  const y = numbers(3, 10);
  model.trainOnBatch(x, y);
  expect(model.getWeights().filter(({ name }) => name.startsWith('shared/'))).toHaveLength(2);
  expectGradients(model, () => model.trainOnBatch(x, y));
  model.dispose();
});

test('a model with two inputs is trained, evaluated and asked; its summary has every layer', async () => {
  const model = branched();
  model.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'meanSquaredError' });
  const x = [numbers(1, 20 * 108), numbers(2, 20 * 4)];
  const y = numbers(3, 40);
  const { history } = await model.fit(x, y, { batchSize: 8, epochs: 30, validationSplit: 0.2 });
  const losses = history.loss as number[];
  expect(losses.at(-1)).toBeLessThan((losses[0] as number) * 0.9);
  expect(history.val_loss).toHaveLength(30);
  expect((await model.predict(x)).shape).toEqual([20, 2]);
  expect((await model.evaluate(x, y)).loss).toBeLessThan(losses[0] as number);
  let text = '';
  model.summary((words) => {
    text = words;
  });
  expect(text).toContain('shared (Dense)');
  expect(model.explain(x, y).largestError).toBeLessThan(1e-4);
  await expect(model.predict(x[0] as Float32Array)).rejects.toThrow(
    'functional.predict: expected x to be a list of 2 arrays, one for each input',
  );
  model.dispose();
});

test('what does not fit is said with the layer and the shapes', () => {
  const a = input({ shape: [4] });
  const b = input({ shape: [5] });
  expect(() => apply(add({ name: 'sum' }), [a, b])).toThrow(
    'add "sum": expected inputs of equal shapes, or with 1 where they differ, got [batch,4] and [batch,5]',
  );
  expect(() => apply(concatenate({ axis: 2 }), [a, b])).toThrow('expected inputs equal but for axis 2');
  const shared = dense({ units: 2 });
  const other = apply(dense({ units: 2 }), b);
  expect(() => functional({ inputs: [a, b], outputs: apply(add(), [apply(shared, a), apply(shared, b)]) })).toThrow(
    'functional: expected shared layer "dense_1" to get [batch,4] again, got [batch,5]',
  );
  expect(() => functional({ inputs: a, outputs: other })).toThrow('expected every input that the output needs');
  expect(() => functional({ inputs: [a, b], outputs: other })).toThrow(
    'expected inputs that the output needs, got one more at 0',
  );
});

test.each([
  ['dropout', dropout, 1],
  ['spatialDropout2d', spatialDropout2d, 36],
] as const)(
  '%s drops by chance while training, the same for the same seed, and not otherwise',
  async (_, layer, inner) => {
    const make = (seed: number): Model => {
      const model = sequential({
        inputShape: [6, 6, 50],
        seed,
        layers: [
          conv2d({ filters: 50, kernelSize: 1, useBias: false, groups: 50, kernelInitializer: 'ones' }),
          layer({ rate: 0.3 }),
        ],
      });
      model.compile({ optimizer: sgd({ learningRate: 0 }), loss: 'halfSquaredError' });
      return model;
    };
    const x = new Float32Array(4 * 1800).fill(1);
    // Half the sum of squares of what was kept, against targets of zero.
    const losses = (model: Model): number[] => [1, 2, 3].map(() => model.trainOnBatch(x, new Float32Array(x.length)));
    const [model, twin, other] = [make(1), make(1), make(2)] as const;
    const seen = losses(model);
    expect(losses(twin)).toEqual(seen);
    expect(losses(other)).not.toEqual(seen);
    expect(new Set(seen).size).toBeGreaterThan(1);
    for (const loss of seen) {
      const kept = (loss * 2 * 0.7 * 0.7) / x.length;
      expect(Math.abs(kept - 0.7)).toBeLessThan(inner === 1 ? 0.03 : 0.15);
    }
    // The gradient goes where the values went: of each channel it is the sum of what was kept, divided by 1 − rate.
    const gradient = model.getGradients()[0] as Tensor;
    const total = gradient.data.reduce((sum, value) => sum + value, 0);
    expect(total / ((seen.at(-1) as number) * 2)).toBeCloseTo(1, 4);
    expect((await model.predict(x)).data.every((value) => value === 1)).toBe(true);
    for (const each of [model, twin, other]) each.dispose();
  },
);

test('explain leaves the moving averages of a batch normalization as they are', () => {
  const model = sequential({
    inputShape: [5],
    layers: [dense({ units: 4 }), batchNormalization(), dense({ units: 1 })],
  });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const before = model.getWeights();
  model.explain(numbers(1, 40), numbers(2, 8));
  expect(model.getWeights()).toEqual(before);
  model.trainOnBatch(numbers(1, 40), numbers(2, 8));
  expect(model.getWeights()).not.toEqual(before);
  model.dispose();
});

test('penalties join the loss and its gradient; rules hold after each step', () => {
  const make = (layer: Layer): Model => {
    const model = sequential({ inputShape: [6], layers: [layer] });
    model.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'meanSquaredError' });
    return model;
  };
  const [x, y] = [numbers(1, 30), numbers(2, 15)];
  const plain = make(dense({ units: 3 }));
  const penalized = make(dense({ units: 3, kernelRegularizer: l2(0.1) }));
  const kernel = plain.getWeights()[0]?.data as Float32Array;
  const square = kernel.reduce((sum, value) => sum + value * value, 0);
  expect(penalized.trainOnBatch(x, y) - plain.trainOnBatch(x, y)).toBeCloseTo(0.1 * square, 5);
  const [a, b] = [penalized.getGradients()[0]?.data, plain.getGradients()[0]?.data] as [Float32Array, Float32Array];
  a.forEach((value, i) => {
    expect(value - (b[i] as number)).toBeCloseTo(0.2 * (kernel[i] as number), 5);
  });
  const positive = make(dense({ units: 3, kernelConstraint: nonNeg() }));
  const short = make(dense({ units: 3, kernelConstraint: maxNorm(0.5) }));
  for (const model of [positive, short]) model.trainOnBatch(x, y);
  expect(Math.min(...(positive.getWeights()[0] as Tensor).data)).toBe(0);
  const columns = short.getWeights()[0]?.data as Float32Array;
  for (const column of [0, 1, 2]) {
    expect(Math.hypot(...columns.filter((_, i) => i % 3 === column))).toBeLessThan(0.5 + 1e-6);
  }
  for (const model of [plain, penalized, positive, short]) model.dispose();
});

test('class weights are the sample weights of their classes; bad ones are named', async () => {
  const model = sequential({ inputShape: [4], layers: [flatten(), dense({ units: 3 })] });
  model.compile({ optimizer: sgd({ learningRate: 0 }), loss: 'sparseCategoricalCrossentropyFromLogits' });
  const x = numbers(1, 20);
  const y = Float32Array.of(0, 1, 2, 1, 0);
  const classWeight = { 0: 2, 1: 0.5 };
  const sampleWeight = [2, 0.5, 1, 0.5, 2];
  expect(model.trainOnBatch(x, y, { classWeight })).toBe(model.trainOnBatch(x, y, { sampleWeight }));
  expect(await model.evaluate(x, y, { classWeight })).toEqual(await model.evaluate(x, y, { sampleWeight }));
  expect(() => model.trainOnBatch(x, y, { sampleWeight: [1] })).toThrow('expected sampleWeight with 5 values, got 1');
  await expect(model.fit(x, y, { sampleWeight: [1, 1, -1, 1, 1] })).rejects.toThrow(
    'expected weights ≥ 0, got -1 for sample 2',
  );
  model.dispose();
});

test('a signal ends a training with its reason; epochs and steps can be limited', async () => {
  const model = sequential({ inputShape: [4], layers: [dense({ units: 1 })] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const [x, y] = [numbers(1, 40), numbers(2, 10)];
  const steps: number[] = [];
  const onBatchEnd = (batch: number): void => {
    steps.push(batch);
  };
  const { epoch } = await model.fit(x, y, {
    ...{ epochs: 5, initialEpoch: 3, batchSize: 2, stepsPerEpoch: 2, callbacks: { onBatchEnd } },
  });
  expect(epoch).toEqual([3, 4]);
  expect(steps).toEqual([0, 1, 0, 1]);
  const controller = new AbortController();
  const reason = new Error('enough');
  const callbacks = { onEpochEnd: () => controller.abort(reason) };
  await expect(model.fit(x, y, { epochs: 5, signal: controller.signal, callbacks })).rejects.toBe(reason);
  await model.fit(x, y);
  await expect(model.fit(x, y, { seed: 1.5 })).rejects.toThrow('fit: seed: expected an integer ≥ 0, got 1.5');
  model.dispose();
});
