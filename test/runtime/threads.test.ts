/** Threads: the same bits for any number of them, traps that reach the caller, and workers that end. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import {
  adam,
  batchNormalization,
  conv2d,
  dense,
  depthwiseConv2d,
  EngineCrashedError,
  flatten,
  init,
  kernels,
  LoadError,
  layerNormalization,
  maxPool2d,
  OptionError,
  type SimdMode,
  sequential,
} from '../../ts';
import { hasRelaxedSimd } from '../../ts/runtime/detect';
import { getEngine } from '../../ts/runtime/init';
import { Engine } from '../../ts/runtime/kernels';
import { loadModuleSync } from '../../ts/runtime/loadNode';

const modes: SimdMode[] = hasRelaxedSimd() ? ['strict', 'relaxed'] : ['strict'];
const values = (length: number, step: number): Float32Array =>
  Float32Array.from({ length }, (_, index) => ((index * step) % 1009) / 1009 - 0.5);
const bits = (data: Float32Array): Uint32Array => new Uint32Array(data.buffer, data.byteOffset, data.length);

afterAll(() => init({}));

/** The bare kernels on sizes that are cut into several parts. */
function bareKernels(): Uint32Array[] {
  const results: Uint32Array[] = [];
  for (const [aTranspose, bTranspose] of [
    [false, false],
    [true, false],
    [false, true],
  ] as const) {
    const aShape: [number, number] = aTranspose ? [130, 201] : [201, 130];
    const bShape: [number, number] = bTranspose ? [77, 130] : [130, 77];
    const a = values(201 * 130, 7919);
    const b = values(130 * 77, 104729);
    results.push(bits(kernels.matmul({ a, aShape, b, bShape, transposeA: aTranspose, transposeB: bTranspose }).data));
  }
  // A vector, of which threads that are awake have a half each.
  for (const [m, k, n] of [
    [201, 130, 1],
    [301, 1, 101],
  ] as const) {
    const [a, b] = [values(m * k, 7919), values(k * n, 104729)];
    results.push(bits(kernels.matmul({ a, aShape: [m, k], b, bShape: [k, n] }).data));
  }
  for (const [batch, inputs, filters, size, stride, padding] of [
    [21, 1, 1, 22, 1, 'valid'],
    [21, 1, 3, 22, 1, 'valid'],
    [21, 3, 16, 17, 1, 'same'],
    [21, 8, 5, 15, 2, 'same'],
    [21, 32, 32, 12, 1, 'valid'],
    [21, 16, 3, 20, 1, 'same'],
    [21, 16, 16, 22, 1, 'valid'],
    // One image, by rows or by panels of filters.
    [1, 1, 3, 150, 1, 'same'],
    [1, 3, 16, 75, 2, 'same'],
    [1, 32, 32, 44, 1, 'same'],
    [1, 64, 96, 15, 1, 'same'],
    [1, 16, 3, 70, 1, 'same'],
    // Few pixels: two threads share the taps of the filters' gradient, more of them each tap's product.
    [96, 72, 96, 4, 2, 'same'],
  ] as const) {
    const xShape: [number, number, number, number] = [batch, size, size, inputs];
    const filterShape: [number, number, number, number] = [3, 3, inputs, filters];
    const x = values(batch * size * size * inputs, 7919);
    const filter = values(9 * inputs * filters, 104729);
    const options = { strides: stride, padding } as const;
    const y = kernels.conv2d({ x, xShape, filter, filterShape, ...options });
    const dy = values(y.data.length, 31337);
    const dyShape = y.shape as [number, number, number, number];
    const df = kernels.conv2dFilterGradient({ x, xShape, dy, dyShape, filterShape, ...options });
    const dx = kernels.conv2dInputGradient({ dy, dyShape, filter, filterShape, xShape, ...options });
    results.push(bits(y.data), bits(df.data), bits(dx.data));
  }
  return results;
}

/** Everything that training a small network of most kernels produces. */
async function training(): Promise<Uint32Array[]> {
  const model = sequential({
    inputShape: [18, 18, 3],
    seed: 5,
    layers: [
      conv2d({ filters: 8, kernelSize: 3, activation: 'relu', padding: 'same' }),
      layerNormalization(),
      batchNormalization(),
      maxPool2d(),
      depthwiseConv2d({ kernelSize: 3, activation: 'tanh' }),
      conv2d({ filters: 16, kernelSize: 3, activation: 'sigmoid' }),
      layerNormalization(),
      flatten(),
      dense({ units: 48, activation: 'gelu' }),
      dense({ units: 10 }),
    ],
  });
  model.compile({ optimizer: adam(), loss: 'sparseCategoricalCrossentropyFromLogits' });
  const x = values(80 * 18 * 18 * 3, 7919);
  const y = Float32Array.from({ length: 80 }, (_, index) => index % 10);
  await model.fit(x, y, { batchSize: 32, epochs: 2 });
  const { data } = await model.predict(x);
  const results = [...model.getWeights().map((weight) => bits(weight.data)), bits(data)];
  model.dispose();
  return results;
}

describe.each(modes)('%s', (simd) => {
  test('any number of threads gives the same bits', async () => {
    const [first, ...others] = [1, 2, 3, 4, 8];
    expect(await init({ simd, threads: first as number })).toMatchObject({ threads: 1 });
    const kernelsAlone = bareKernels();
    const trainedAlone = await training();
    for (const threads of others) {
      expect(await init({ simd, threads })).toMatchObject({ threads });
      expect(bareKernels()).toEqual(kernelsAlone);
      expect(await training()).toEqual(trainedAlone);
    }
  });
});

test('a trap in a worker reaches the caller as an error with its words', async () => {
  const engine = new Engine(loadModuleSync('simd128-threads'), 'simd128', 3);
  await engine.ready();
  const provoke = () => engine.call('provoke_panic_in_worker');
  expect(provoke).toThrow(EngineCrashedError);
  expect(provoke).toThrow('provoked by a test in a worker');
  expect(engine.threads).toBe(1);
});

test('the workers of a replaced engine end with its last model', async () => {
  await init({ threads: 3 });
  const engine = getEngine();
  const model = sequential({ inputShape: [4], layers: [dense({ units: 1 })] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  await model.predict(values(8, 7));
  expect(engine.threads).toBe(3);
  await init({ threads: 2 });
  expect(engine.threads).toBe(3);
  model.dispose();
  expect(engine.threads).toBe(1);
  expect(getEngine().threads).toBe(2);
});

// Code that V8 has not optimized yet overwrites, up to V8 11.3 (Node 20), a variable of the function that waits: in some kernels
// that was the stack pointer, in one training of a thousand on a machine with other work. A function that waits and returns has
// nothing to lose; in others the wait has the address of the pool's word as its offset.
test.each(['simd128', 'relaxed'])('the pool of %s sleeps in a function of its own', (variant) => {
  const file = fileURLToPath(new URL(`../../dist/wasm/convgrad.${variant}-threads.wasm`, import.meta.url));
  const code = readFileSync(file).toString('hex');
  const [forAMillisecond, forEver, wait] = ['42c0843d', '427f', 'fe0102'];
  expect(code).not.toMatch(new RegExp(`(${forAMillisecond}|${forEver})${wait}(?!00)`));
  const [ofItsArguments, nothingElse] = ['200020012002', '001a0b'];
  expect(code.split(ofItsArguments + wait + nothingElse)).toHaveLength(2);
});

test('workers do not keep a process alive', () => {
  const library = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
  const script = `const { init } = await import(${JSON.stringify(library)}); console.log((await init({ threads: 4 })).threads);`;
  const answer = execFileSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 });
  expect(answer.toString()).toBe('4\n');
});

test('numbers of threads that cannot be had are refused', async () => {
  const wrong = 'init: expected threads to be an integer from 1 to 64, got';
  await expect(init({ threads: 0 })).rejects.toThrow(new OptionError(`${wrong} 0`));
  await expect(init({ threads: 1.5 })).rejects.toThrow(`${wrong} 1.5`);
  await expect(init({ threads: 'all' as unknown as number })).rejects.toThrow(`${wrong} "all"`);
  await expect(init({ threads: 2, wasm: loadModuleSync('simd128'), simd: 'strict' })).rejects.toThrow(
    'init: expected a build for threads as wasm with threads 2, got one for one thread',
  );
  const scope = globalThis as { crossOriginIsolated?: boolean };
  scope.crossOriginIsolated = false;
  try {
    await expect(init({ threads: 2 })).rejects.toThrow(LoadError);
    expect(await init({ simd: 'strict' })).toEqual({ variant: 'simd128', strict: true, threads: 1 });
  } finally {
    delete scope.crossOriginIsolated;
  }
});
