/** Every layer, activation, loss, optimizer and schedule against the numbers of test/reference/layers.py. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as convgrad from '../../ts';
import { numbers, relativeError } from '../support/numbers';

type Options = Readonly<Record<string, unknown>>;
type Make<T> = (options: Options) => T;

interface LayerCase {
  readonly function: string;
  readonly options: Options;
  readonly inputShape: number[];
  readonly output: number[];
  readonly loss: number;
  readonly gradients: Readonly<Record<string, number[]>>;
  readonly after: Readonly<Record<string, number[]>>;
  readonly predicted: number[];
}

interface LossCase {
  readonly function: string;
  readonly options: Options;
  readonly outputs: number[];
  readonly targets: number[];
  readonly loss: number;
  readonly gradient: number[];
  readonly weightedLoss: number;
  readonly weightedGradient: number[];
}

const keras = JSON.parse(readFileSync(new URL('../reference/layers.json', import.meta.url), 'utf8')) as {
  readonly layers: readonly LayerCase[];
  readonly losses: readonly LossCase[];
  readonly optimizers: readonly { function: string; options: Options; curve: number[] }[];
  readonly schedules: readonly { function: string; options: Options; rates: number[] }[];
};
/** The public function of a name. */
const made = <T>(name: string): Make<T> => (convgrad as unknown as Record<string, Make<T>>)[name] as Make<T>;
const title = (entry: { function: string; options: Options }): string =>
  `${entry.function} ${JSON.stringify(entry.options)}`;

for (const entry of keras.layers) {
  test(`layer ${title(entry)}`, async () => {
    const batch = 3;
    const model = convgrad.sequential({
      inputShape: entry.inputShape,
      layers: [convgrad.prelu(), made<convgrad.Layer>(entry.function)(entry.options)],
    });
    model.compile({ optimizer: convgrad.sgd({ learningRate: 0 }), loss: 'meanSquaredError' });
    model.setWeights(
      model.getWeights().map(({ name, shape, data }, index) => {
        const values = numbers(20 + index, data.length);
        return { shape, data: name.endsWith('moving_variance') ? values.map((v) => Math.abs(v) + 0.5) : values };
      }),
    );
    const size = entry.inputShape.reduce((a, b) => a * b, 1);
    const x = numbers(1, batch * size).map((value) => -Math.abs(value) * 3 - 0.01);
    const { data: before } = await model.predict(x);
    expect(relativeError(before, entry.function === 'batchNormalization' ? before : entry.output)).toBeLessThan(1e-5);
    const loss = model.trainOnBatch(x, numbers(2, entry.output.length));
    expect(Math.abs(loss / entry.loss - 1)).toBeLessThan(1e-5);
    const gradients = model.getGradients();
    for (const [key, expected] of Object.entries(entry.gradients)) {
      const own = key.endsWith('(slopes)')
        ? gradients[0]
        : gradients.slice(1).find(({ name }) => sameWeight(name, key));
      expect(own, key).toBeDefined();
      expect(relativeError((own as convgrad.Tensor).data, expected), key).toBeLessThan(1e-4);
    }
    for (const [key, expected] of Object.entries(entry.after)) {
      const own = model.getWeights().find(({ name }) => name.endsWith(key)) as convgrad.Tensor;
      expect(relativeError(own.data, expected), key).toBeLessThan(1e-5);
    }
    const { data: predicted } = await model.predict(x);
    expect(relativeError(predicted, entry.predicted)).toBeLessThan(1e-5);
    model.dispose();
  });
}

/** Whether one of our names means Keras's variable. */
function sameWeight(ours: string, keras: string): boolean {
  const name = ours.split('/').at(-1);
  // Keras calls the filters of a depthwise layer of its own just `kernel`.
  return name === keras || (name === 'depthwise_kernel' && keras === 'kernel');
}

for (const entry of keras.losses) {
  test(`loss ${title(entry)}`, () => {
    // The outputs are the weights of a layer of one input, 1, without bias: their gradients are those of the loss.
    for (const weighted of [false, true]) {
      const rows = 6;
      const width = entry.outputs.length / rows;
      const model = convgrad.sequential({
        inputShape: [rows],
        layers: [convgrad.dense({ units: width, useBias: false })],
      });
      const loss = made<ReturnType<typeof convgrad.huber>>(entry.function)(entry.options);
      model.compile({ optimizer: convgrad.sgd({ learningRate: 0 }), loss });
      model.setWeights([{ data: entry.outputs, shape: [rows, width] }]);
      const identity = Float32Array.from({ length: rows * rows }, (_, index) => (index % (rows + 1) === 0 ? 1 : 0));
      const sampleWeight = numbers(6, rows).map((value) => Math.abs(value) * 2);
      const value = model.trainOnBatch(identity, Float32Array.from(entry.targets), weighted ? { sampleWeight } : {});
      expect(Math.abs(value / (weighted ? entry.weightedLoss : entry.loss) - 1)).toBeLessThan(1e-5);
      const gradient = model.getGradients()[0] as convgrad.Tensor;
      const expected = weighted ? entry.weightedGradient : entry.gradient;
      expect(relativeError(gradient.data, expected)).toBeLessThan(1e-4);
      model.dispose();
    }
  });
}

for (const entry of keras.optimizers) {
  test(`optimizer ${title(entry)}: 30 steps`, () => {
    const model = convgrad.sequential({
      inputShape: [7],
      layers: [convgrad.dense({ units: 5, activation: 'tanh' }), convgrad.dense({ units: 3 })],
    });
    const optimizer = made<ReturnType<typeof convgrad.sgd>>(entry.function)(entry.options);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    model.setWeights(
      model.getWeights().map(({ shape, data }, index) => ({ shape, data: numbers(20 + index, data.length) })),
    );
    const y = numbers(2, 24).map((value) => value * 2);
    for (const expected of entry.curve) {
      expect(Math.abs(model.trainOnBatch(numbers(1, 56), y) / expected - 1)).toBeLessThan(1e-3);
    }
    model.dispose();
  });
}

for (const entry of keras.schedules) {
  test(`schedule ${title(entry)}`, () => {
    const schedule = made<convgrad.LearningRateSchedule>(entry.function)(entry.options);
    entry.rates.forEach((rate, step) => {
      expect(schedule(step)).toBeCloseTo(rate, 6);
    });
  });
}
