/** compile, fit, evaluate, predict: what they do, and what they say when something does not fit. */

import { describe, expect, test } from 'vitest';
import {
  type Callback,
  conv2d,
  DisposedError,
  dense,
  flatten,
  type Model,
  NonFiniteError,
  OptionError,
  ShapeError,
  StateError,
  sequential,
  sgd,
  terminateOnNaN,
} from '../../ts';
import { numbers } from '../support/numbers';

function makeModel(options: { seed?: number; learningRate?: number; checkNumerics?: boolean } = {}): Model {
  const model = sequential({
    name: 'm',
    inputShape: [6, 6, 1],
    seed: options.seed ?? 1,
    layers: [
      conv2d({ name: 'c', filters: 2, kernelSize: 3, activation: 'sigmoid' }),
      flatten(),
      dense({ name: 'd', units: 1, activation: 'sigmoid' }),
    ],
  });
  model.compile({
    optimizer: sgd({ learningRate: options.learningRate ?? 0.1 }),
    loss: 'halfSquaredError',
    metrics: ['accuracy'],
    checkNumerics: options.checkNumerics ?? false,
  });
  return model;
}

/** Pictures whose question is whether the left half is brighter. */
function makeData(count: number): { x: Float32Array; y: Float32Array } {
  const x = numbers(9, count * 36);
  const y = Float32Array.from({ length: count }, (_, n) => {
    let sum = 0;
    for (let pixel = 0; pixel < 36; pixel++) sum += (pixel % 6 < 3 ? 1 : -1) * (x[n * 36 + pixel] as number);
    return sum > 0 ? 1 : 0;
  });
  return { x, y };
}

const { x, y } = makeData(50);

describe('fit', () => {
  test('learns, and reports every epoch', async () => {
    const model = makeModel({ learningRate: 0.5 });
    const history = await model.fit(x, y, { batchSize: 8, epochs: 60, validationSplit: 0.2 });
    expect(history.epoch).toHaveLength(60);
    expect(Object.keys(history.history).sort()).toEqual(['accuracy', 'loss', 'val_accuracy', 'val_loss']);
    const { loss = [], accuracy = [] } = history.history;
    expect(loss.at(-1)).toBeLessThan((loss[0] as number) / 2);
    expect(accuracy.at(-1)).toBeGreaterThan(0.9);
    model.dispose();
  });

  test('visits every sample once an epoch, the last short batch included', async () => {
    const model = makeModel();
    const batches: number[] = [];
    await model.fit(x, y, {
      batchSize: 16,
      epochs: 2,
      callbacks: { onBatchEnd: (_batch, logs) => void batches.push(logs.size as number) },
    });
    expect(batches).toEqual([16, 16, 16, 2, 16, 16, 16, 2]);
    model.dispose();
  });

  test('is the same as trainOnBatch on the same batches', async () => {
    const [a, b] = [makeModel(), makeModel()];
    await a.fit(x, y, { batchSize: 20, epochs: 3, shuffle: false });
    for (let epoch = 0; epoch < 3; epoch++) {
      for (let start = 0; start < 50; start += 20) {
        b.trainOnBatch(x.subarray(start * 36, (start + 20) * 36), y.subarray(start, start + 20));
      }
    }
    expect(a.getWeights()).toEqual(b.getWeights());
    a.dispose();
    b.dispose();
  });

  test('shuffles by seed: same seed, same bits; epochs and seeds differ', async () => {
    const weights = async (seed: number | undefined, modelSeed: number, shuffle = true): Promise<unknown> => {
      const model = makeModel({ seed: modelSeed });
      await model.fit(x, y, { batchSize: 7, epochs: 2, shuffle, ...(seed === undefined ? {} : { seed }) });
      const result = model.getWeights();
      model.dispose();
      return result;
    };
    expect(await weights(5, 1)).toEqual(await weights(5, 1));
    expect(await weights(undefined, 1)).toEqual(await weights(undefined, 1));
    expect(await weights(5, 1)).not.toEqual(await weights(6, 1));
    expect(await weights(5, 1)).not.toEqual(await weights(5, 1, false));
  });

  test('validation takes the last samples and does not train on them', async () => {
    const [a, b] = [makeModel(), makeModel()];
    const history = await a.fit(x, y, { batchSize: 10, validationSplit: 0.2, shuffle: false });
    await b.fit(x.subarray(0, 40 * 36), y.subarray(0, 40), { batchSize: 10, shuffle: false });
    expect(a.getWeights()).toEqual(b.getWeights());
    const { loss } = await b.evaluate(x.subarray(40 * 36), y.subarray(40), { batchSize: 10 });
    expect(history.history.val_loss).toEqual([loss]);
    a.dispose();
    b.dispose();
  });

  test('calls callbacks in Keras order and stops when told', async () => {
    const model = makeModel();
    const seen: string[] = [];
    const spy: Callback = {
      onTrainBegin: (_model, params) => void seen.push(`train ${params.steps}×${params.epochs}`),
      onEpochBegin: (epoch) => void seen.push(`epoch ${epoch}`),
      onBatchBegin: (batch) => void seen.push(`batch ${batch}`),
      onBatchEnd: async (batch) => {
        await Promise.resolve();
        seen.push(`end ${batch}`);
        if (batch === 1) model.stopTraining = true;
      },
      onEpochEnd: (epoch, logs) => void seen.push(`epoch end ${epoch} ${Object.keys(logs).join()}`),
      onTrainEnd: () => void seen.push('train end'),
    };
    await model.fit(x, y, { batchSize: 20, epochs: 5, callbacks: [spy] });
    expect(seen).toEqual([
      'train 3×5',
      'epoch 0',
      'batch 0',
      'end 0',
      'batch 1',
      'end 1',
      'epoch end 0 loss,accuracy',
      'train end',
    ]);
    model.dispose();
  });

  test('refuses data and options that do not fit, before anything changes', async () => {
    const model = makeModel();
    const before = model.getWeights();
    const refuse = async (
      promise: Promise<unknown>,
      type: new (...a: never[]) => Error,
      message: string,
    ): Promise<void> => {
      const error = await promise.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(type);
      expect((error as Error).message).toContain(message);
    };
    await refuse(
      model.fit(x.subarray(1), y),
      ShapeError,
      'm.fit: x: expected a multiple of 36 values for [batch,6,6,1], got 1799',
    );
    await refuse(
      model.fit({ data: x, shape: [50, 6, 6, 2] }, y),
      ShapeError,
      'm.fit: x: expected [batch,6,6,1], got [50,6,6,2]',
    );
    await refuse(
      model.fit(x, y.subarray(1)),
      ShapeError,
      'expected as many targets as inputs, got x [50,6,6,1] and y [49,1]',
    );
    await refuse(model.fit(x, y, { batchSize: 0 }), OptionError, 'm.fit: batchSize: expected an integer ≥ 1, got 0');
    await refuse(model.fit(x, y, { epochs: 1.5 }), OptionError, 'm.fit: epochs: expected an integer ≥ 1, got 1.5');
    await refuse(model.fit(x, y, { batchsize: 3 } as object), OptionError, 'got "batchsize"');
    await refuse(
      model.fit(x, y, { validationSplit: 1 }),
      OptionError,
      'expected validationSplit to leave samples on both sides',
    );
    await refuse(model.fit(x, y, { validationSplit: 0.5, validationData: [x, y] }), OptionError, 'got both');
    await refuse(model.fit(x, y, { yieldEvery: 'second' as 'batch' }), OptionError, 'expected yieldEvery');
    expect(model.getWeights()).toEqual(before);
    model.dispose();
  });

  test('refuses to run twice at a time', async () => {
    const model = makeModel();
    const first = model.fit(x, y, { epochs: 3, yieldEvery: 'batch' });
    await expect(model.fit(x, y)).rejects.toThrow('m.fit: the model is being trained by fit');
    expect(() => model.trainOnBatch(x, y)).toThrow(StateError);
    expect(() => model.compile({ optimizer: 'sgd', loss: 'halfSquaredError' })).toThrow(StateError);
    await first;
    await model.fit(x, y);
    model.dispose();
  });
});

describe('numbers that are not finite', () => {
  test('terminateOnNaN names the batch', async () => {
    const model = makeModel();
    const bad = x.slice();
    bad[36 * 30] = Number.NaN;
    const promise = model.fit(bad, y, { batchSize: 10, shuffle: false, callbacks: terminateOnNaN() });
    await expect(promise).rejects.toThrow('fit: expected a finite loss, got NaN in batch 3 of epoch 0');
    model.dispose();
  });

  test('checkNumerics names bad data and the first kernel that made a bad number', async () => {
    const model = makeModel({ checkNumerics: true });
    const bad = x.slice();
    bad[36 * 30 + 1] = Number.POSITIVE_INFINITY;
    await expect(model.fit(bad, y)).rejects.toThrow('m.fit: x: expected finite numbers, got Infinity in sample 30');
    const weights = model.getWeights();
    (weights[0] as { data: Float32Array }).data[0] = Number.NaN;
    model.setWeights(weights);
    let error: unknown;
    try {
      model.trainOnBatch(x, y);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(NonFiniteError);
    expect((error as Error).message).toBe(
      'c: expected finite numbers after conv2d_forward (forward), got NaN in c/output [50,4,4,2] at index 0',
    );
    model.dispose();
  });
});

describe('weights', () => {
  test('go out and in as copies', async () => {
    const [a, b] = [makeModel({ seed: 1 }), makeModel({ seed: 2 })];
    expect(a.getWeights().map(({ name, shape }) => [name, shape])).toEqual([
      ['c/kernel', [3, 3, 1, 2]],
      ['c/bias', [2]],
      ['d/kernel', [32, 1]],
      ['d/bias', [1]],
    ]);
    expect(a.getWeights()).not.toEqual(b.getWeights());
    b.setWeights(a.getWeights());
    expect(b.getWeights()).toEqual(a.getWeights());
    expect(await b.predict(x)).toEqual(await a.predict(x));
    const copy = a.getWeights()[0]?.data as Float32Array;
    copy.fill(9);
    expect(a.getWeights()[0]?.data[0]).not.toBe(9);
    a.dispose();
    b.dispose();
  });

  test('are all replaced or none', () => {
    const model = makeModel();
    const before = model.getWeights();
    const wrong = before.map((weight) => ({ data: weight.data.map(() => 5), shape: weight.shape }));
    wrong[3] = { data: new Float32Array(2), shape: [2] };
    expect(() => model.setWeights(wrong)).toThrow('m.setWeights: d/bias expected [1], got [2]');
    expect(() => model.setWeights(wrong.slice(1))).toThrow('m.setWeights: expected 4 weights');
    expect(model.getWeights()).toEqual(before);
    model.dispose();
  });

  test('survive a second compile, which starts the optimizer anew', () => {
    const model = makeModel();
    model.trainOnBatch(x, y);
    const before = model.getWeights();
    model.compile({ optimizer: sgd({ learningRate: 0 }), loss: 'halfSquaredError' });
    model.trainOnBatch(x, y);
    expect(model.getWeights()).toEqual(before);
    model.dispose();
  });

  test('do not change when frozen', () => {
    const model = sequential({
      inputShape: [6, 6],
      layers: [conv2d({ filters: 2, kernelSize: 3, trainable: false }), flatten(), dense({ units: 1 })],
    });
    model.compile({ optimizer: 'sgd', loss: 'halfSquaredError' });
    const [kernel, , matrix] = model.getWeights();
    model.trainOnBatch(x, y);
    expect(model.getWeights()[0]).toEqual(kernel);
    expect(model.getWeights()[2]).not.toEqual(matrix);
    expect(String(model.plan())).not.toContain('conv2d_filter_gradient');
    model.dispose();
  });
});

describe('life of a model', () => {
  test('compile comes first', async () => {
    const model = sequential({ name: 'm', inputShape: [4], layers: [dense({ units: 1 })] });
    await expect(model.fit([[1, 2, 3, 4]], [[1]])).rejects.toThrow(
      'm.fit: expected a compiled model, call compile({ optimizer, loss }) first',
    );
    expect((await model.predict([[1, 2, 3, 4]])).shape).toEqual([1, 1]);
    model.dispose();
  });

  test('dispose is final, may come twice, and in the middle of fit', async () => {
    const model = makeModel();
    const running = model.fit(x, y, { epochs: 100, yieldEvery: 'batch' });
    await new Promise((resolve) => setTimeout(resolve, 5));
    model.dispose();
    model.dispose();
    await expect(running).rejects.toThrow(DisposedError);
    expect(() => model.getWeights()).toThrow('m.getWeights: the model was disposed');
    await expect(model.predict(x)).rejects.toThrow(DisposedError);
  });

  test('a dense layer sees every pixel by itself; targets of a network without flatten() are told what it answers', () => {
    const model = sequential({ inputShape: [4, 4, 1], layers: [dense({ units: 2 })] });
    model.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'meanSquaredError' });
    expect(() => model.trainOnBatch(new Float32Array(16), new Float32Array(2))).toThrow(
      'y: expected a multiple of 32 values for [batch,4,4,2], got 2; for one target a sample put flatten() before',
    );
    const labels = { data: [1, 0, 0, 1], shape: [2, 2] };
    expect(() => model.trainOnBatch(new Float32Array(32), labels)).toThrow(
      'y: expected [batch,4,4,2], got [2,2]; for one target a sample put flatten() before the last dense layers',
    );
    expect(() => model.trainOnBatch(new Float32Array(16), new Float32Array(3))).toThrow(/got 3$/);
  });

  test('wrong declarations name the layer', () => {
    expect(() =>
      sequential({ inputShape: [2, 2, 1], layers: [conv2d({ name: 'c1', filters: 1, kernelSize: 3 })] }),
    ).toThrow('conv2d "c1": expected an input of at least 3×3 pixels');
    expect(() =>
      sequential({ inputShape: [4], layers: [dense({ name: 'a', units: 1 }), dense({ name: 'a', units: 1 })] }),
    ).toThrow('expected unique layer names, got "a" twice');
    expect(() => conv2d({ filters: 0, kernelSize: 3 })).toThrow('conv2d: filters: expected an integer ≥ 1, got 0');
    expect(() => dense({ units: 1, activation: 'sigmod' as 'sigmoid' })).toThrow(
      'expected one of linear, sigmoid, relu, tanh',
    );
    expect(() => sgd({ learningRate: -1 })).toThrow('sgd: learningRate: expected a finite number ≥ 0, got -1');
    expect(() => sequential({ inputShape: [0], layers: [dense({ units: 1 })] })).toThrow(
      'expected dimensions that are integers ≥ 1',
    );
  });

  test('profile times every call and leaves no trace', () => {
    const [model, twin] = [makeModel(), makeModel()];
    model.trainOnBatch(x, y);
    twin.trainOnBatch(x, y);
    const profile = model.profile(x, y, { runs: 5 });
    expect(profile.calls.map(({ kernel }) => kernel)).toEqual(
      model.plan({ batchSize: 50 }).calls.map(({ kernel }) => kernel),
    );
    expect(profile.calls.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
    expect(String(profile)).toContain('conv2d_filter_gradient');
    expect(model.getGradients()).toEqual(twin.getGradients());
    expect(model.trainOnBatch(x, y)).toBe(twin.trainOnBatch(x, y));
    expect(model.getWeights()).toEqual(twin.getWeights());
    model.dispose();
    twin.dispose();
  });

  test('summary and plan are readable', () => {
    const model = makeModel();
    let text = '';
    model.summary((line) => {
      text += line;
    });
    expect(text).toContain('c (Conv2D)');
    expect(text).toContain('[batch,4,4,2]');
    expect(text).toContain('Trainable parameters: 53');
    const plan = model.plan({ batchSize: 10 });
    expect(plan.calls.map(({ kernel }) => kernel)).toEqual([
      ...['conv2d_forward', 'matmul', 'half_squared_error', 'half_squared_error_gradient'],
      ...['activation_gradient', 'matmul', 'bias_gradient', 'matmul'],
      ...['conv2d_filter_gradient', 'bias_gradient', 'sgd_update'],
    ]);
    expect(plan.arenaBytes).toBeLessThan(plan.arenaBytesWithoutReuse);
    expect(String(plan)).toContain('conv2d_filter_gradient');
    model.dispose();
  });
});
