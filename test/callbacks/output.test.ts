/** Callbacks that tell the course of a training, and what callbacks say when they are made wrongly. */

import { expect, test } from 'vitest';
import {
  type Callback,
  cosineDecay,
  csvLogger,
  dense,
  domProgressBar,
  lambdaCallback,
  learningRateScheduler,
  type Model,
  progressBar,
  reduceLROnPlateau,
  sequential,
  sgd,
} from '../../ts';

function makeModel(learningRate: Parameters<typeof sgd>[0] = {}): Model {
  const model = sequential({ name: 'm', inputShape: [1], layers: [dense({ units: 1 })] });
  model.compile({ optimizer: sgd(learningRate), loss: 'meanSquaredError' });
  return model;
}

const x = [[1], [2], [3], [4]];
const y = [[2], [4], [6], [8]];

/** What a callback's training of two epochs of four steps wrote. */
async function train(callback: Callback): Promise<void> {
  const model = makeModel();
  await model.fit(x, y, { batchSize: 1, epochs: 2, callbacks: callback });
  model.dispose();
}

test('progressBar draws over a line of a terminal and writes whole lines elsewhere', async () => {
  let text = '';
  const write = (part: string): void => {
    text += part;
  };
  await train(progressBar({ stream: { write }, width: 8 }));
  expect(text.split('\n')).toEqual([
    expect.stringMatching(/^Epoch 1\/2 ━{8} 4\/4 - [\d.e-]+ ms\/step - loss: [\d.]+$/),
    expect.stringMatching(/^Epoch 2\/2 ━{8} 4\/4 - [\d.e-]+ ms\/step - loss: [\d.e-]+$/),
    '',
  ]);
  text = '';
  await train(progressBar({ stream: { write, isTTY: true, columns: 30 }, width: 8 }));
  const drawings = text.split('\r\x1b[K').slice(1);
  expect(drawings.filter((line) => line.endsWith('\n'))).toHaveLength(2);
  expect(drawings[0]).toMatch(/^Epoch 1\/2 ━━────── 1\/4 - /);
  for (const line of drawings) expect(line.trimEnd().length).toBeLessThan(30);
});

test('domProgressBar moves a bar in a page', async () => {
  const nodes: { name: string; max?: number; value?: number; textContent?: string }[] = [];
  const parent = {
    ownerDocument: { createElement: (name: string) => ({ name }) },
    append: (...added: never[]) => void nodes.push(...added),
  };
  const seen: unknown[] = [];
  const bar = domProgressBar(parent);
  const model = makeModel();
  const look: Callback = {
    onBatchEnd: (batch) => void (batch === 0 && seen.push(nodes[0]?.value, nodes[1]?.textContent?.slice(0, 17))),
  };
  await model.fit(x, y, { batchSize: 1, epochs: 2, callbacks: [bar, look] });
  model.dispose();
  expect(nodes.map(({ name }) => name)).toEqual(['progress', 'output']);
  expect(seen).toEqual([0.25, 'Epoch 1/2 - loss:', 1.25, 'Epoch 2/2 - loss:']);
  expect(nodes[0]).toMatchObject({ max: 2, value: 2 });
  expect(() => domProgressBar({} as never)).toThrow('domProgressBar: expected an element of a page, got {}');
});

test('csvLogger goes on without a head, and quotes', async () => {
  const lines: string[] = [];
  const logger = csvLogger({ write: (line) => void lines.push(line), append: true, separator: ';' });
  await logger.onEpochEnd?.(3, { 'a;b': 0.5, a: 2 });
  await logger.onEpochEnd?.(4, { a: 3 });
  expect(lines).toEqual(['3;2;0.5\r\n', '4;3;NA\r\n']);
  const head = csvLogger({ write: (line) => void lines.push(line), separator: ';' });
  await head.onEpochEnd?.(0, { 'a;"b': 0.5 });
  expect(lines[2]).toBe('epoch;"a;""b"\r\n');
});

test('lambdaCallback calls what it is given', async () => {
  const seen: string[] = [];
  await train(lambdaCallback({ onEpochEnd: (epoch) => void seen.push(`end ${epoch}`) }));
  expect(seen).toEqual(['end 0', 'end 1']);
});

test('wrong options are named', async () => {
  const refuse = (make: () => unknown, message: string): void => expect(make).toThrow(message);
  refuse(() => lambdaCallback({ onEpoch: () => {} } as object), 'lambdaCallback: expected only onTrainBegin, ');
  refuse(() => lambdaCallback({ onEpochEnd: 3 } as object), 'expected onEpochEnd to be a function, got 3');
  refuse(() => lambdaCallback(null as never), 'lambdaCallback: expected an object of functions, got null');
  refuse(() => csvLogger({} as never), 'csvLogger: expected the option write to be a function, got undefined');
  refuse(() => csvLogger({ write: () => {}, separator: ',,' }), 'csvLogger: separator: expected one character');
  refuse(() => progressBar({ width: 0 }), 'progressBar: width: expected an integer ≥ 1, got 0');
  refuse(() => progressBar({ stream: {} as never }), 'progressBar: stream: expected an object with write, got {}');
  refuse(() => reduceLROnPlateau({ factor: 1 }), 'reduceLROnPlateau: factor: expected a number in [0, ');
  refuse(() => reduceLROnPlateau({ monitor: 3 as never }), 'reduceLROnPlateau: monitor: expected a name, got 3');
  refuse(() => learningRateScheduler(3 as never), 'learningRateScheduler: expected a function, got 3');
  const model = makeModel();
  await expect(model.fit(x, y, { callbacks: learningRateScheduler(() => Number.NaN) })).rejects.toThrow(
    'learningRateScheduler: epoch 0: expected a finite number ≥ 0, got NaN',
  );
  model.dispose();
  const scheduled = makeModel({ learningRate: cosineDecay({ initialLearningRate: 1, decaySteps: 9 }) });
  for (const callback of [learningRateScheduler(() => 1), reduceLROnPlateau({ monitor: 'loss' })]) {
    await expect(scheduled.fit(x, y, { callbacks: callback })).rejects.toThrow(
      'expected an optimizer whose learning rate is a number, got one that follows a schedule',
    );
  }
  scheduled.dispose();
});
