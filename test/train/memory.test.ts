/** Nothing is allocated per step, and everything comes back. */

import { beforeAll, expect, test } from 'vitest';
import { adam, init, kernels } from '../../ts';
import { getEngine } from '../../ts/runtime/init';
import { seedInputs, seedModel } from '../seed/network';
import { smallestGrowth } from '../support/heap';

// Every worker has its stack before anything is counted.
beforeAll(() => init({}));

test('10,000 steps of fit leave the WASM memory and the JS heap as they were', async () => {
  const inputs = seedInputs(1, 10);
  const model = seedModel(1, inputs, 0.01);
  const engine = getEngine();
  // 4 samples a step: two full batches and a short one each epoch.
  const run = (steps: number): Promise<unknown> =>
    model.fit(inputs.x, inputs.y, { batchSize: 4, epochs: steps / 3, yieldEvery: 'never' });
  await run(300);
  const [bytes, live] = [engine.memory.byteLength, engine.liveBytes];
  expect(await smallestGrowth(() => run(10_002))).toBeLessThan(60_000);
  expect([engine.memory.byteLength, engine.liveBytes]).toEqual([bytes, live]);
  model.dispose();
});

test('10,000 steps with gathered gradients and averages of weights leave the memory as it was', async () => {
  const inputs = seedInputs(1, 10);
  const model = seedModel(1, inputs, 0.01);
  model.compile({
    optimizer: adam({ gradientAccumulationSteps: 2, useEma: true, emaOverwriteFrequency: 7 }),
    loss: 'halfSquaredError',
  });
  const engine = getEngine();
  const run = (steps: number): Promise<unknown> =>
    model.fit(inputs.x, inputs.y, { batchSize: 4, epochs: steps / 3, yieldEvery: 'never' });
  await run(300);
  const [bytes, live] = [engine.memory.byteLength, engine.liveBytes];
  expect(await smallestGrowth(() => run(10_002))).toBeLessThan(60_000);
  expect([engine.memory.byteLength, engine.liveBytes]).toEqual([bytes, live]);
  model.dispose();
});

test('10,000 calls of trainOnBatch leave the memory as it was', async () => {
  const inputs = seedInputs(1, 2);
  const model = seedModel(1, inputs, 0.01);
  const engine = getEngine();
  for (let step = 0; step < 300; step++) model.trainOnBatch(inputs.x, inputs.y);
  const [bytes, live] = [engine.memory.byteLength, engine.liveBytes];
  const round = (): void => {
    for (let step = 0; step < 10_000; step++) model.trainOnBatch(inputs.x, inputs.y);
  };
  expect(await smallestGrowth(round)).toBeLessThan(60_000);
  expect([engine.memory.byteLength, engine.liveBytes]).toEqual([bytes, live]);
  model.dispose();
});

test('models, explanations, kernels and failures give back all that they took', async () => {
  const engine = getEngine();
  const before = [engine.liveBytes, engine.liveAllocations];
  const inputs = seedInputs(3, 7);
  for (let round = 0; round < 20; round++) {
    const model = seedModel(3, inputs, 0.01);
    await model.fit(inputs.x, inputs.y, { batchSize: 3 });
    await model.evaluate(inputs.x, inputs.y, { batchSize: 5 });
    await model.predict(inputs.x);
    model.explain(inputs.x, inputs.y);
    await model
      .fit(inputs.x, inputs.y, {
        callbacks: {
          onBatchEnd() {
            throw new Error('stop');
          },
        },
      })
      .catch(() => {});
    model.dispose();
    kernels.matmul({ a: [1, 2], aShape: [1, 2], b: [3, 4], bShape: [2, 1] });
    expect(() => kernels.matmul({ a: [1], aShape: [1, 2], b: [3, 4], bShape: [2, 1] })).toThrow();
  }
  expect([engine.liveBytes, engine.liveAllocations]).toEqual(before);
});

test('a model that a callback disposes takes no memory again', async () => {
  const engine = getEngine();
  const before = [engine.liveBytes, engine.liveAllocations];
  const inputs = seedInputs(1, 4);
  const model = seedModel(1, inputs, 0.01);
  const running = model.fit(inputs.x, inputs.y, { batchSize: 2, callbacks: { onBatchBegin: () => model.dispose() } });
  await expect(running).rejects.toThrow('the model was disposed');
  expect([engine.liveBytes, engine.liveAllocations]).toEqual(before);
});
