/** Early stopping: when it ends training, and which weights remain. */

import { expect, test } from 'vitest';
import { dense, earlyStopping, type Logs, type Model, sequential, sgd } from '../../ts';

/** A model that learns y = 2x, with a rate of one's choice. */
function makeModel(learningRate: number): Model {
  const model = sequential({ inputShape: [1], layers: [dense({ units: 1 })] });
  model.compile({ optimizer: sgd({ learningRate }), loss: 'halfSquaredError' });
  return model;
}

const x = [[1], [2], [3]];
const y = [[2], [4], [6]];

/** Runs a callback on losses of one's choice; the epochs that passed before it ended training. */
async function epochsUntilStop(
  values: readonly number[],
  options: Parameters<typeof earlyStopping>[0],
): Promise<number> {
  const callback = earlyStopping({ monitor: 'loss', ...options });
  const model = makeModel(0);
  await callback.onTrainBegin?.(model, { epochs: values.length, steps: 1, batchSize: 1, samples: 1 });
  let epochs = 0;
  for (const loss of values) {
    epochs++;
    const logs: Logs = { loss };
    await callback.onEpochEnd?.(epochs - 1, logs);
    if (model.stopTraining) break;
  }
  model.dispose();
  return epochs;
}

test('counts epochs as Keras does', async () => {
  expect(await epochsUntilStop([3, 2, 1, 1, 0], {})).toBe(4);
  expect(await epochsUntilStop([3, 2, 2, 1, 2, 2, 2], { patience: 2 })).toBe(6);
  expect(await epochsUntilStop([3, 2.9, 2.8, 2.7], { minDelta: 0.5 })).toBe(2);
  expect(await epochsUntilStop([1, 2, 3, 3], { mode: 'max' })).toBe(4);
  expect(await epochsUntilStop([1, Number.NaN, 0.5], {})).toBe(2);
});

test('restores the weights of the best epoch', async () => {
  // This rate overshoots: the loss grows from the first epoch on.
  const model = makeModel(0.16);
  let first: unknown;
  const callbacks = [
    earlyStopping({ monitor: 'loss', patience: 3, restoreBestWeights: true }),
    {
      onEpochEnd: (epoch: number) => {
        if (epoch === 0) first = model.getWeights();
      },
    },
  ];
  const { epoch } = await model.fit(x, y, { batchSize: 3, epochs: 50, callbacks });
  expect(epoch).toHaveLength(4);
  expect(model.getWeights()).toEqual(first);
  model.dispose();
});

test('wrong options and numbers that are not there are named', async () => {
  expect(() => earlyStopping({ patience: -1 })).toThrow('earlyStopping: patience: expected an integer ≥ 0, got -1');
  expect(() => earlyStopping({ mode: 'up' as 'max' })).toThrow('expected mode "auto", "min" or "max", got "up"');
  const model = makeModel(0.01);
  await expect(model.fit(x, y, { callbacks: earlyStopping() })).rejects.toThrow(
    'earlyStopping: expected monitor to be one of loss, got "val_loss"',
  );
  model.dispose();
});
