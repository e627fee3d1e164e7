/** Memory: reuse by lifetime, the forecast before anything is allocated, and the limit that it is held against. */

import { afterEach, expect, test } from 'vitest';
import {
  adam,
  batchNormalization,
  conv2d,
  dense,
  flatten,
  globalAveragePooling2d,
  init,
  type Layer,
  type MemoryForecast,
  type Model,
  maxPool2d,
  OutOfMemoryError,
  relu,
  sequential,
  sgd,
} from '../../ts';
import { getEngine } from '../../ts/runtime/init';
import { numbers } from '../support/numbers';

const loss = 'sparseCategoricalCrossentropyFromLogits';

afterEach(async () => {
  await init({});
});

/** Ten layers with weights: eight convolutions, two matrices. */
function tenLayers(normalized: boolean): Model {
  const convolution = (filters: number): Layer[] => {
    const options = { filters, kernelSize: 3, padding: 'same' } as const;
    return normalized
      ? [conv2d({ ...options, useBias: false }), batchNormalization(), relu()]
      : [conv2d({ ...options, activation: 'relu' })];
  };
  const blocks = [8, 16, 32].flatMap((filters) => [...convolution(filters), ...convolution(filters), maxPool2d()]);
  return sequential({
    name: 'm',
    inputShape: [32, 32, 3],
    layers: [
      ...[...blocks, ...convolution(48), ...convolution(48), flatten()],
      ...[dense({ units: 64, activation: 'relu' }), dense({ units: 10 })],
    ],
  });
}

/** The forecast is what the model has allocated in the end. */
function compare(forecast: MemoryForecast, allocated: number): void {
  const { weights, gradients, slots, activations, workspace, kept, samples, other, total } = forecast;
  expect(weights + gradients + slots + activations + workspace + kept + samples + other).toBe(total);
  expect(total).toBe(allocated);
}

test.each([false, true])('a training step of a ten-layer network (normalized: %s) shares its memory', (normalized) => {
  const model = tenLayers(normalized);
  model.compile({ optimizer: 'adam', loss });
  for (const batchSize of [1, 8, 32]) {
    const { arenaBytes, arenaBytesWithoutReuse } = model.plan({ batchSize });
    expect(1 - arenaBytes / arenaBytesWithoutReuse).toBeGreaterThan(0.4);
    expect(String(model.plan({ batchSize }))).toMatch(/arena [\d.]+ .iB \([\d.]+ .iB without reuse, \d+ % saved\)/);
  }
  model.dispose();
});

test('the scratch memory of few pixels and many channels grows as the batch', () => {
  const model = sequential({
    inputShape: [12, 12, 1024],
    layers: [conv2d({ filters: 1024, kernelSize: 3, strides: 3 }), flatten(), dense({ units: 1 })],
  });
  const workspace = (batchSize: number) => model.memoryForecast({ batchSize, loss: 'meanSquaredError' }).workspace;
  // The operations of a tap over 128 images are two to the thirty-second, of which 32 bits are zeros.
  expect(workspace(128)).toBeLessThan(2.5 * workspace(64));
  model.dispose();
});

test.each([false, true])('the forecast before compile is what fit takes (normalized: %s)', async (normalized) => {
  const engine = getEngine();
  const model = tenLayers(normalized);
  const [bytes, allocations] = [engine.liveBytes, engine.liveAllocations];
  const forecast = model.memoryForecast({ batchSize: 6, samples: 12, optimizer: adam(), loss });
  expect(model.memoryForecast({ batchSize: 6, samples: 12, loss })).toMatchObject({ total: forecast.total });
  expect(model.memoryForecast({ batchSize: 6, optimizer: sgd(), loss }).slots).toBe(0);
  expect(model.memoryForecast({ mode: 'predict' })).toMatchObject({
    gradients: 0,
    slots: 0,
    samples: 0,
    batchSize: 32,
  });
  expect([engine.liveBytes, engine.liveAllocations]).toEqual([bytes, allocations]);
  model.compile({ optimizer: 'adam', loss });
  let most = 0;
  await model.fit(numbers(1, 12 * 3072), new Int32Array(12), {
    batchSize: 6,
    callbacks: {
      onBatchEnd() {
        most = engine.liveBytes - bytes;
      },
    },
  });
  compare(forecast, most);
  expect(forecast.slots).toBe(2 * forecast.gradients);
  expect(forecast.samples).toBe(12 * (3072 * 4 + 4 + 4));
  expect(forecast.layers.map(({ name }) => name)).toContain('conv2d_1');
  expect(String(forecast)).toContain('memory for batches of 6');
  model.dispose();
  const fresh = tenLayers(normalized);
  const predicting = fresh.memoryForecast({ mode: 'predict', batchSize: 3 });
  await fresh.predict(numbers(1, 3 * 3072), { batchSize: 3 });
  compare(predicting, engine.liveBytes - bytes);
  fresh.dispose();
});

test('what would pass the limit is refused before anything is allocated, and smaller batches work', async () => {
  await init({ maxMemoryBytes: 8_000_000 });
  const engine = getEngine();
  // The first allocation of an instance makes the list of allocations.
  engine.release(engine.allocate(64));
  const model = tenLayers(false);
  model.compile({ optimizer: 'adam', loss });
  const x = numbers(1, 64 * 3072);
  const y = new Int32Array(64);
  const refuse = async (work: () => unknown, message: RegExp): Promise<void> => {
    const [bytes, allocations, size] = [engine.liveBytes, engine.liveAllocations, engine.memory.byteLength];
    const failed = await Promise.resolve()
      .then(work)
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    expect(failed).toBeInstanceOf(OutOfMemoryError);
    expect((failed as Error).message).toMatch(message);
    expect([engine.liveBytes, engine.liveAllocations, engine.memory.byteLength]).toEqual([bytes, allocations, size]);
  };
  const told =
    /^m: train: expected at most 7\.6 MiB of memory, got a forecast of \d+\.\d MiB for batches of 64 \(weights .* KiB, gradients .* KiB, slots .* KiB, activations .* MiB, workspace .* [KM]iB, samples .* KiB\), with 0 B taken already; the largest layers are conv2d_\d .* MiB, /;
  await refuse(() => model.fit(x, y, { batchSize: 64 }), told);
  await refuse(() => model.trainOnBatch(x, y), /m: train: expected at most 7\.6 MiB/);
  const many = numbers(1, 200 * 3072);
  await refuse(
    () => model.evaluate(many, new Int32Array(200), { batchSize: 200 }),
    /m: evaluate: .* for batches of 200/,
  );
  await refuse(() => model.plan({ batchSize: 5000 }), /for batches of 5000/);
  await refuse(() => model.predict(many, { batchSize: 200 }), /m: predict: /);
  // The engine and the model are usable: the same training with fewer samples at a time.
  const { history } = await model.fit(x, y, { batchSize: 8 });
  expect(history.loss?.[0]).toBeGreaterThan(0);
  // The memory is taken now; samples that do not fit beside the model are refused too, and so is a second model.
  await refuse(() => model.fit(numbers(1, 2000 * 3072), new Int32Array(2000), { batchSize: 8 }), /samples 23\.\d MiB/);
  const twin = tenLayers(false);
  twin.setWeights(model.getWeights());
  const few = [x.subarray(0, 4 * 3072), y.subarray(0, 4)] as const;
  const { data } = await model.predict(few[0], { batchSize: 4 });
  expect((await twin.predict(few[0], { batchSize: 4 })).data).toEqual(data);
  expect(model.trainOnBatch(...few)).toBeCloseTo((await sameLoss(twin, few)) as number, 5);
  twin.dispose();
  const wide = sequential({ name: 'wide', inputShape: [700], layers: [dense({ units: 1000 })] });
  await refuse(
    () => wide.compile({ optimizer: 'adam', loss: 'meanSquaredError' }),
    /^wide\.compile: expected at most 7\.6 MiB of memory, got a forecast of 10\.7 MiB \(weights 2\.7 MiB, gradients 2\.7 MiB, slots 5\.3 MiB\), with .* taken already; the largest layers are dense_1 2\.7 MiB$/,
  );
  expect(() => wide.optimizer).toThrow('wide.optimizer: expected a compiled model');
  model.dispose();
  wide.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  wide.dispose();
  expect(engine.liveAllocations).toBe(0);
});

/** The loss of a model that is not compiled yet. */
async function sameLoss(model: Model, [x, y]: readonly [Float32Array, Int32Array]): Promise<number | undefined> {
  model.compile({ optimizer: 'sgd', loss });
  return (await model.evaluate(x, y)).loss;
}

test('whatever else allocates keeps the limit, and the limit of WebAssembly holds without one', async () => {
  await init({ maxMemoryBytes: 100_000 });
  const engine = getEngine();
  expect(engine.memoryLimit).toBe(100_000);
  const address = engine.allocate(60_000);
  expect(() => engine.allocate(60_000)).toThrow(
    'out of memory: expected 60000 bytes beside the 60000 that are taken, the limit is 100000',
  );
  engine.release(address);
  engine.release(engine.allocate(60_000));
  await expect(init({ maxMemoryBytes: 0 })).rejects.toThrow('init: maxMemoryBytes: expected an integer ≥ 1, got 0');
  await init({ threads: 1 });
  expect(getEngine().memoryLimit).toBe(2 ** 32);
  const model = sequential({
    inputShape: [256, 256, 3],
    layers: [conv2d({ filters: 64, kernelSize: 3 }), globalAveragePooling2d(), dense({ units: 10 })],
  });
  model.compile({ optimizer: 'sgd', loss });
  const { liveBytes } = getEngine();
  for (const batchSize of [1000, 1e6, 1e10]) {
    expect(model.memoryForecast({ batchSize }).total).toBeGreaterThan(2 ** 32);
    expect(() => model.plan({ batchSize })).toThrow(
      /expected at most 4096\.0 MiB of memory, got a forecast of .* conv2d_1/,
    );
  }
  expect(getEngine().liveBytes).toBe(liveBytes);
  model.dispose();
});

test('wrong options are named', () => {
  const model = tenLayers(false);
  const refuse = (options: object, message: string): void =>
    expect(() => model.memoryForecast(options)).toThrow(message);
  refuse({ batchSize: 0 }, 'm.memoryForecast: batchSize: expected an integer ≥ 1, got 0');
  refuse({ mode: 'explain' }, 'm.memoryForecast: expected mode "train", "evaluate" or "predict", got "explain"');
  refuse({ samples: -1 }, 'm.memoryForecast: samples: expected an integer ≥ 0, got -1');
  refuse({ batch: 3 }, 'm.memoryForecast: expected only the options batchSize, mode, samples, optimizer, loss');
  refuse({ optimizer: 'adamm' }, 'm.memoryForecast: optimizer: expected one of');
  model.dispose();
  expect(() => model.memoryForecast()).toThrow('m.memoryForecast: the model was disposed');
});
