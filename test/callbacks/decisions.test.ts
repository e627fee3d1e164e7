/** The callbacks decide as Keras's do, on rows of numbers and in whole trainings. */

import { expect, test } from 'vitest';
import {
  type Callback,
  csvLogger,
  dense,
  earlyStopping,
  type Logs,
  learningRateScheduler,
  type Model,
  reduceLROnPlateau,
  sequential,
  sgd,
} from '../../ts';
import { numbers, relativeError } from '../support/numbers';
import { keras } from './reference';

const params = { epochs: 16, steps: 1, batchSize: 1, samples: 1 };

function makeModel(inputs: number, learningRate: number): Model {
  const model = sequential({ inputShape: [inputs], layers: [dense({ units: 1, useBias: inputs > 1 })] });
  model.compile({ optimizer: sgd({ learningRate }), loss: 'meanSquaredError' });
  return model;
}

test('earlyStopping ends and restores where Keras does, in 120 rows', async () => {
  const model = makeModel(1, 1);
  for (const { options, values, epochs, weights } of keras.earlyStopping) {
    const callback = earlyStopping(options);
    model.stopTraining = false;
    await callback.onTrainBegin?.(model, params);
    let epoch = 0;
    for (; epoch < values.length && !model.stopTraining; epoch++) {
      // The weight is the number of the epoch, which tells the epoch that is restored.
      model.setWeights([{ data: [epoch], shape: [1, 1] }]);
      await callback.onEpochEnd?.(epoch, { val_loss: values[epoch] as number });
    }
    await callback.onTrainEnd?.({});
    const [restored] = model.getWeights();
    expect([epoch, restored?.data[0]], JSON.stringify({ options, values })).toEqual([epochs, weights]);
  }
  model.dispose();
});

test('reduceLROnPlateau sets the rates of Keras, in 80 rows', async () => {
  const model = makeModel(1, 1);
  for (const { options, values, rates } of keras.reduceLROnPlateau) {
    const callback = reduceLROnPlateau(options);
    model.optimizer.learningRate = 1;
    await callback.onTrainBegin?.(model, params);
    const seen: number[][] = [];
    for (const [epoch, value] of values.entries()) {
      const logs: Logs = { val_loss: value };
      await callback.onEpochEnd?.(epoch, logs);
      seen.push([logs.learningRate as number, model.optimizer.learningRate]);
    }
    expect(seen, JSON.stringify({ options, values })).toEqual(rates);
  }
  model.dispose();
});

const x = numbers(1, 24 * 3);
const y = numbers(2, 24);
const lines: string[] = [];
const trainings: Record<keyof typeof keras.training, () => Callback[]> = {
  scheduler: () => [learningRateScheduler((epoch, rate) => (epoch < 2 ? rate : rate * 0.5))],
  plateau: () => [
    reduceLROnPlateau({ monitor: 'loss', factor: 0.5, patience: 1, minDelta: 0.02 }),
    earlyStopping({ monitor: 'loss', patience: 3, minDelta: 0.01, restoreBestWeights: true }),
  ],
  csv: () => [
    learningRateScheduler((epoch) => 0.5 / (epoch + 1)),
    csvLogger({ write: (line) => void lines.push(line) }),
  ],
};

test.each(Object.keys(trainings) as (keyof typeof trainings)[])('a training with %s goes as in Keras', async (name) => {
  const expected = keras.training[name];
  const model = makeModel(3, 0.25);
  model.setWeights([
    { data: numbers(3, 3), shape: [3, 1] },
    { data: numbers(4, 1), shape: [1] },
  ]);
  const options = { batchSize: 8, epochs: 12, shuffle: false, validationSplit: 0.25, callbacks: trainings[name]() };
  const { history } = await model.fit(x, y, options);
  const names = { loss: 'loss', val_loss: 'val_loss', learningRate: 'learning_rate' };
  expect(Object.keys(history).sort()).toEqual(Object.keys(names).sort());
  for (const [ours, theirs] of Object.entries(names)) {
    expect(relativeError(history[ours] as number[], expected.history[theirs] as number[]), ours).toBeLessThan(1e-6);
  }
  const weights = model.getWeights().flatMap(({ data }) => [...data]);
  expect(relativeError(weights, expected.weights)).toBeLessThan(1e-6);
  model.dispose();
});

test('csvLogger writes the columns of Keras', () => {
  expect(lines).toHaveLength(13);
  expect(lines[0]).toBe(`${keras.training.csv.head?.replace('learning_rate', 'learningRate')}\r\n`);
  const rows = lines.slice(1).map((line) => line.split(',').map(Number));
  const { learning_rate: rate, loss, val_loss } = keras.training.csv.history as Record<string, number[]>;
  for (const [epoch, row] of rows.entries()) {
    const expected = [epoch, rate?.[epoch], loss?.[epoch], val_loss?.[epoch]] as number[];
    expect(relativeError(row, expected)).toBeLessThan(1e-6);
  }
});
