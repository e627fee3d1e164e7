/** The built package in a page of Chromium: trains two networks, one with all that chance decides, to the same bits as Node. */

import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from '../support/chromium.mjs';
import { serve } from './server';

type Library = typeof import('../../ts');

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser?.close());

/** Runs in the page and in Node alike: everything that training produces, as bits. */
async function train(library: Library, simd: 'strict' | 'auto') {
  const { conv2d, dense, flatten, init, sequential, sgd } = library;
  const { variant, threads } = await init({ simd });
  const x = Float32Array.from({ length: 40 * 484 }, (_, index) => ((index * 7919) % 1000) / 1000);
  const y = Float32Array.from({ length: 40 }, (_, index) => (index * 13) % 2);
  const model = sequential({
    inputShape: [22, 22, 1],
    seed: 11,
    layers: [
      conv2d({ filters: 3, kernelSize: 3, activation: 'sigmoid', useBias: false }),
      flatten(),
      dense({ units: 1, activation: 'sigmoid' }),
    ],
  });
  model.compile({ optimizer: sgd({ learningRate: 0.02 }), loss: 'halfSquaredError', metrics: ['accuracy'] });
  const { history } = await model.fit(x, y, { batchSize: 16, epochs: 5, validationSplit: 0.25 });
  const { data } = await model.predict(x);
  const bits = [...model.getWeights().map((weight) => weight.data), data].map((values) =>
    Array.from(new Uint32Array(values.buffer, values.byteOffset, values.length)),
  );
  model.dispose();
  return { variant, threads, history, bits };
}

/** The bits of a small network in which chance decides all it can: first weights, order, augmentation, what is dropped. */
async function trainByChance(library: Library) {
  const c = library;
  const { variant } = await c.init({ simd: 'strict' });
  const count = 60;
  const x = Float32Array.from({ length: count * 300 }, (_, index) => ((index * 7919) % 1000) / 1000);
  const y = Int32Array.from({ length: count }, (_, index) => (index * 13) % 4);
  const model = c.sequential({
    inputShape: [10, 10, 3],
    seed: 2 ** 33 + 5,
    layers: [
      c.randomFlip(),
      c.randomTranslation({ heightFactor: 0.2, widthFactor: 0.1, fillMode: 'wrap' }),
      c.randomRotation({ factor: 0.1 }),
      c.randomZoom({ heightFactor: 0.2, widthFactor: 0.1, fillMode: 'constant', fillValue: 0.5 }),
      c.randomBrightness({ factor: 0.1, valueRange: [0, 1] }),
      c.randomContrast({ factor: 0.2, valueRange: [0, 1] }),
      c.randomCrop({ height: 9, width: 8 }),
      c.conv2d({ filters: 6, kernelSize: 3, kernelInitializer: 'heNormal', activation: 'geluTanh' }),
      c.spatialDropout2d({ rate: 0.2 }),
      c.conv2d({ filters: 8, kernelSize: 3, kernelInitializer: 'orthogonal', activation: 'relu' }),
      c.maxPool2d(),
      c.flatten(),
      c.dropout({ rate: 0.3 }),
      c.dense({ units: 16, kernelInitializer: 'lecunNormal', biasInitializer: c.randomNormal(), activation: 'selu' }),
      c.dense({ units: 4, kernelInitializer: 'glorotUniform' }),
    ],
  });
  const learningRate = c.cosineDecay({ initialLearningRate: 0.01, decaySteps: 25, warmupTarget: 0.02, warmupSteps: 3 });
  model.compile({
    optimizer: c.adam({ learningRate, globalClipNorm: 1 }),
    loss: 'sparseCategoricalCrossentropyFromLogits',
    metrics: ['accuracy'],
  });
  const bitsOf = (values: Float32Array): number[] =>
    Array.from(new Uint32Array(values.buffer, values.byteOffset, values.length));
  const first = model.getWeights().map((weight) => bitsOf(weight.data));
  const { history } = await model.fit(x, y, { batchSize: 16, epochs: 6, validationSplit: 0.2 });
  const bits = model.getWeights().map((weight) => bitsOf(weight.data));
  model.dispose();
  return { variant, history, first, bits };
}

async function open(isolated: boolean): Promise<{ page: Page; close: () => Promise<void> }> {
  const { url, server } = await serve(dist, isolated);
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(error));
  await page.goto(url);
  return {
    page,
    close: async () => {
      await page.close();
      server.close();
    },
  };
}

describe.each([true, false])('cross-origin isolated: %s', (isolated) => {
  test('the strict variant gives the same bits as Node', async () => {
    const { page, close } = await open(isolated);
    expect(await page.evaluate('crossOriginIsolated')).toBe(isolated);
    // The function's text goes to the page: it sees nothing of this file.
    const source = `(${train.toString()})(await import('/browser/index.js'), 'strict')`;
    const there = (await page.evaluate(`(async () => ${source.replace(/^\(/, 'await (')})()`)) as Awaited<
      ReturnType<typeof train>
    >;
    const here = await train((await import('../../dist/index.js' as string)) as Library, 'strict');
    expect(here.variant).toBe('simd128');
    expect({ ...there, threads: here.threads }).toEqual(here);
    await close();
  });

  test('all that chance decides gives the same bits as in Node', async () => {
    const { page, close } = await open(isolated);
    const source = `(async () => await (${trainByChance.toString()})(await import('/browser/index.js')))()`;
    const there = (await page.evaluate(source)) as Awaited<ReturnType<typeof trainByChance>>;
    const here = await trainByChance((await import('../../dist/index.js' as string)) as Library);
    expect(here.variant).toBe('simd128');
    expect(here.bits).not.toEqual(here.first);
    expect(there).toEqual(here);
    await close();
  });

  test('the fastest variant trains as well', async () => {
    const { page, close } = await open(isolated);
    const source = `(async () => await (${train.toString()})(await import('/browser/index.js'), 'auto'))()`;
    const there = (await page.evaluate(source)) as Awaited<ReturnType<typeof train>>;
    expect(there.variant).toBe('relaxed');
    expect(there.threads > 1).toBe(isolated && availableParallelism() > 1);
    const { loss = [] } = there.history;
    expect(loss).toHaveLength(5);
    expect(loss.every(Number.isFinite)).toBe(true);
    await close();
  });
});

test('a page learns in words that init comes first, and which file is missing', async () => {
  const { page, close } = await open(false);
  const message = await page.evaluate(`(async () => {
    const { kernels } = await import('/browser/index.js');
    try { kernels.matmul({ a: [1], aShape: [1, 1], b: [1], bShape: [1, 1] }); return ''; } catch (error) { return error.name + ': ' + error.message; }
  })()`);
  expect(message).toBe('LoadError: init: in a browser call `await init()` before the first synchronous use');
  await page.route('**/*.wasm', (route) => route.fulfill({ status: 404 }));
  const missing = await page.evaluate(`(async () => {
    const { init } = await import('/browser/index.js');
    try { await init(); return ''; } catch (error) { return error.message; }
  })()`);
  expect(missing).toBe('init: could not load convgrad.relaxed.wasm: HTTP 404 for /wasm/convgrad.relaxed.wasm');
  await close();
});
