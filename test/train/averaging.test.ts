/** Gradient accumulation and moving averages of weights: by Keras's numbers, resumed bit for bit, in every way of training. */

import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import {
  adam,
  type Checkpoint,
  decodeCheckpoint,
  dense,
  dropout,
  encodeCheckpoint,
  init,
  l2,
  type Model,
  maxNorm,
  modelCheckpoint,
  type Optimizer,
  type OptimizerName,
  sequential,
  sgd,
} from '../../ts';
import { optimizers } from '../../ts/optimizers';
import { numbers, relativeError } from '../support/numbers';

interface Run {
  readonly function: OptimizerName;
  readonly options: Readonly<Record<string, unknown>>;
  readonly constrained: boolean;
  readonly losses: readonly number[];
  readonly weights: readonly number[][];
  readonly finalized: readonly number[][];
}
const keras = JSON.parse(readFileSync(new URL('../reference/averaging.json', import.meta.url), 'utf8')) as {
  readonly runs: readonly Run[];
};

afterAll(async () => {
  await init({});
});

/** The network of test/reference/averaging.py. */
function network(optimizer: Optimizer, constrained = false): Model {
  const rules = constrained ? { kernelConstraint: maxNorm(1.5), biasRegularizer: l2(0.01) } : {};
  const model = sequential({
    name: 'm',
    inputShape: [7],
    layers: [dense({ units: 5, activation: 'tanh', ...rules }), dense({ units: 3 })],
  });
  model.compile({ optimizer, loss: 'meanSquaredError' });
  model.setWeights(
    model.getWeights().map(({ shape, data }, index) => ({ shape, data: numbers(20 + index, data.length) })),
  );
  return model;
}

const inputs = (step: number): Float32Array => numbers(100 + step, 56);
const targets = (step: number): Float32Array => numbers(200 + step, 24).map((value) => value * 2);

for (const run of keras.runs) {
  test(`${run.function} ${JSON.stringify(run.options)}: 12 steps of Keras`, () => {
    const make = optimizers[run.function] as (options: unknown) => Optimizer;
    const model = network(make(run.options), run.constrained);
    run.losses.forEach((expected, step) => {
      const loss = model.trainOnBatch(inputs(step), targets(step));
      expect(Math.abs(loss / expected - 1), `step ${step}`).toBeLessThan(2e-5);
    });
    model.getWeights().forEach(({ data }, index) => {
      expect(relativeError(data, run.weights[index] as number[])).toBeLessThan(2e-5);
    });
    model.finalizeVariableValues();
    model.getWeights().forEach(({ data }, index) => {
      expect(relativeError(data, run.finalized[index] as number[])).toBeLessThan(2e-5);
    });
    model.dispose();
  });
}

const everything = {
  gradientAccumulationSteps: 3,
  useEma: true,
  emaMomentum: 0.8,
  emaOverwriteFrequency: 2,
} as const;

test('steps between two updates change no weight, and evaluation changes nothing', async () => {
  const model = network(sgd({ learningRate: 0.1, momentum: 0.9, gradientAccumulationSteps: 3 }));
  const twin = network(sgd({ learningRate: 0.1, momentum: 0.9, gradientAccumulationSteps: 3 }));
  let before = model.getWeights();
  for (let step = 0; step < 7; step++) {
    const loss = model.trainOnBatch(inputs(step), targets(step));
    expect(twin.trainOnBatch(inputs(step), targets(step))).toBe(loss);
    const after = model.getWeights();
    if (step % 3 === 2) expect(after).not.toEqual(before);
    else expect(after).toEqual(before);
    before = after;
    const state = model.checkpoint();
    expect((await model.evaluate(inputs(90), targets(90))).loss).toBeGreaterThan(0);
    await model.predict(inputs(91));
    model.profile(inputs(92), targets(92), { runs: 2 });
    model.explain(inputs(93), targets(93));
    expect(model.checkpoint()).toEqual(state);
  }
  model.dispose();
  twin.dispose();
});

test('an update with accumulation is that of the mean of the gradients', () => {
  const whole = network(sgd({ learningRate: 0.1 }));
  const parts = network(sgd({ learningRate: 0.1, gradientAccumulationSteps: 2 }));
  const [x, y] = [inputs(1), targets(1)];
  whole.trainOnBatch(x, y);
  parts.trainOnBatch(x.subarray(0, 28), y.subarray(0, 12));
  parts.trainOnBatch(x.subarray(28), y.subarray(12));
  parts.getWeights().forEach(({ data }, index) => {
    expect(relativeError(data, whole.getWeights()[index]?.data as Float32Array)).toBeLessThan(1e-6);
  });
  whole.dispose();
  parts.dispose();
});

/** Chance in dropout and the orders of samples; 22 samples in batches of 4. */
function chancy(seed: number): Model {
  const model = sequential({
    name: 'm',
    inputShape: [6],
    seed,
    layers: [dense({ units: 8, activation: 'relu' }), dropout({ rate: 0.3 }), dense({ units: 2 })],
  });
  model.compile({ optimizer: adam({ learningRate: 0.01, ...everything }), loss: 'meanSquaredError' });
  return model;
}
const x = numbers(1, 22 * 6);
const y = numbers(2, 22 * 2);

test('a training resumed from any step, also between two updates, gives the same bits', async () => {
  const whole = chancy(7);
  const saved: Checkpoint[] = [];
  const options = { batchSize: 4, epochs: 2, validationSplit: 0.1 };
  const save = (checkpoint: Checkpoint): void => void saved.push(checkpoint);
  const { history } = await whole.fit(x, y, { ...options, callbacks: modelCheckpoint({ saveFreq: 1, save }) });
  const end = whole.checkpoint();
  expect(saved.length).toBe(10);
  expect(end.optimizer.slots.map(({ name }) => name)).toContain('dense_1/kernel/gradient accumulator');
  for (const checkpoint of saved) {
    const model = chancy(1);
    model.restore(decodeCheckpoint(encodeCheckpoint(checkpoint)));
    const rest = await model.fit(x, y, options);
    expect(model.checkpoint()).toEqual(end);
    expect(rest.history.val_loss).toEqual(history.val_loss?.slice(checkpoint.epoch));
    model.dispose();
  }
  whole.dispose();
});

test('fit writes the averages into the model at its end, before onTrainEnd and after the last epoch', async () => {
  const model = network(sgd({ learningRate: 0.05, useEma: true, emaMomentum: 0.5 }));
  const average = (): Float32Array => model.getTrainingState().slots[0]?.data as Float32Array;
  const kernel = (): Float32Array => model.getWeights()[0]?.data as Float32Array;
  const seen: boolean[] = [];
  const compare = (): void => void seen.push(kernel().every((value, index) => value === average()[index]));
  // Before the first step there is nothing to take.
  const first = model.getWeights();
  model.finalizeVariableValues();
  expect(model.getWeights()).toEqual(first);
  await model.fit(inputs(1), targets(1), {
    batchSize: 2,
    epochs: 2,
    callbacks: { onEpochEnd: compare, onTrainEnd: compare },
  });
  compare();
  expect(seen).toEqual([false, false, true, true]);
  model.dispose();
});

test('any number of threads gives the same bits', async () => {
  const train = async (threads: number): Promise<unknown> => {
    await init({ threads });
    const model = sequential({ inputShape: [700], seed: 3, layers: [dense({ units: 600 }), dense({ units: 2 })] });
    model.compile({ optimizer: sgd({ learningRate: 0.01, ...everything }), loss: 'meanSquaredError' });
    for (let step = 0; step < 7; step++) model.trainOnBatch(numbers(step, 700 * 4), numbers(step + 50, 8));
    const { weights, optimizer } = model.checkpoint();
    model.dispose();
    return [weights, optimizer.slots];
  };
  expect(await train(3)).toEqual(await train(1));
});

test('options that are out of range or without effect are named; data makes the optimizer again', () => {
  const refuse = (options: Parameters<typeof sgd>[0], message: string): void =>
    expect(() => sgd(options)).toThrow(message);
  refuse({ gradientAccumulationSteps: 1 }, 'sgd: gradientAccumulationSteps: expected an integer ≥ 2 or null, got 1');
  refuse({ gradientAccumulationSteps: 2.5 }, 'sgd: gradientAccumulationSteps: expected an integer ≥ 1, got 2.5');
  refuse({ useEma: true, emaMomentum: 1.5 }, 'sgd: emaMomentum: expected a number in [0, 1], got 1.5');
  refuse({ useEma: true, emaOverwriteFrequency: 0 }, 'sgd: emaOverwriteFrequency: expected an integer ≥ 1, got 0');
  refuse({ emaMomentum: 0.9 }, 'sgd: expected useEma true with emaMomentum or emaOverwriteFrequency');
  refuse({ useEma: 1 as never }, 'sgd: useEma: expected true or false, got 1');
  const nothing = sgd({ gradientAccumulationSteps: null, useEma: false, emaOverwriteFrequency: null });
  expect(nothing.config).toEqual(sgd().config);
  const model = network(adam({ ...everything }));
  const data = JSON.parse(JSON.stringify(model.getCompileConfig()));
  expect(data.optimizer.config).toMatchObject(everything);
  model.compile(data);
  expect(model.getCompileConfig()).toEqual(data);
  model.dispose();
  expect(() => model.finalizeVariableValues()).toThrow('m.finalizeVariableValues: the model was disposed');
});
