/** Several outputs, and models that take turns at the weights they share, allocate nothing per step either. */

import { beforeAll, expect, test } from 'vitest';
import { apply, dense, functional, init, input, type Model, sequential } from '../../ts';
import { getEngine } from '../../ts/runtime/init';
import { smallestGrowth } from '../support/heap';
import { numbers } from '../support/numbers';

// Every worker has its stack before anything is counted.
beforeAll(() => init({}));

test('10,000 steps of two outputs, and 10,000 turns of two models with a nested one in common', async () => {
  const inner = sequential({ inputShape: [4], layers: [dense({ units: 3, activation: 'tanh' })] });
  const [x, y] = [numbers(1, 8), numbers(2, 4)];
  const withHead = (): Model => {
    const model = sequential({ inputShape: [4], layers: [inner, dense({ units: 2 })] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    return model;
  };
  const [one, other] = [withHead(), withHead()];
  const value = input({ shape: [4] });
  const hidden = apply(dense({ units: 2, name: 'a' }), value);
  const two = functional({ inputs: value, outputs: [hidden, apply(dense({ units: 2, name: 'b' }), hidden)] });
  // A sum beside a mean: the case with the longest way.
  two.compile({
    optimizer: 'sgd',
    loss: ['halfSquaredError', 'meanSquaredError'],
    lossWeights: [0.1, 1],
    metrics: [['binaryAccuracy'], ['meanAbsoluteError']],
  });
  const run = async (steps: number): Promise<void> => {
    await two.fit(x, { a: y, b: y }, { batchSize: 1, epochs: steps / 2, yieldEvery: 'never' });
    for (let step = 0; step < steps; step += 2) {
      one.trainOnBatch(x, y);
      other.trainOnBatch(x, y);
    }
  };
  await run(300);
  const engine = getEngine();
  const [bytes, live] = [engine.memory.byteLength, engine.liveBytes];
  expect(await smallestGrowth(() => run(10_000))).toBeLessThan(60_000);
  expect([engine.memory.byteLength, engine.liveBytes]).toEqual([bytes, live]);
  for (const model of [one, other, two, inner]) model.dispose();
  expect(engine.liveBytes).toBeLessThan(live);
});
