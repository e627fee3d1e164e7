/** Metrics against the numbers of test/reference/metrics.py, and the confusion matrix. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as convgrad from '../../ts';
import { numbers, relativeError } from '../support/numbers';

interface Case {
  readonly function: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly outputs: string;
  readonly targets: string;
  readonly values: readonly number[];
}

const keras = JSON.parse(readFileSync(new URL('../reference/metrics.json', import.meta.url), 'utf8')) as {
  readonly data: Readonly<Record<string, { shape: number[]; values: number[] }>>;
  readonly cases: readonly Case[];
  readonly confusion: number[];
};
const make = convgrad as unknown as Record<string, (options?: object) => convgrad.Metric>;

function array(name: string): { readonly data: Float32Array; readonly shape: readonly number[] } {
  const { values, shape } = keras.data[name] as { shape: number[]; values: number[] };
  return { data: Float32Array.from(values), shape };
}

for (const entry of keras.cases) {
  test(`${entry.function} ${JSON.stringify(entry.options)} of ${entry.outputs} and ${entry.targets}`, () => {
    const metric = (make[entry.function] as (options?: object) => convgrad.Metric)(entry.options);
    const [outputs, targets] = [array(entry.outputs), array(entry.targets)];
    const counter = metric.counter(outputs.shape.slice(1), targets.shape.slice(1), 'test');
    const run = (): number[] =>
      entry.values.map((_, batch) => {
        const place = (size: number): number => (batch * 20 * size) / 60;
        counter.update(outputs.data, place(outputs.data.length), targets.data, place(targets.data.length), 20);
        return counter.result();
      });
    expect(counter.result()).toBeNaN();
    for (let round = 0; round < 2; round++) {
      counter.reset();
      run().forEach((value, batch) => {
        expect(value).toBeCloseTo(entry.values[batch] as number, 6);
      });
    }
    const other = metric.counter(outputs.shape.slice(1), targets.shape.slice(1), 'test');
    other.restore?.(counter.state?.() ?? []);
    expect(other.result()).toBe(counter.result());
  });
}

for (const name of ['precision', 'recall', 'f1Score', 'auc', 'meanIoU'] as const) {
  test(`${name}: numbers of classes are as good as one-hot`, () => {
    const metric = make[name] as () => convgrad.Metric;
    const [outputs, onehot, labels] = [array('fine'), array('onehot'), array('labels')];
    const [a, b] = [metric().counter([7], [7], 'test'), metric().counter([7], [], 'test')];
    a.update(outputs.data, 0, onehot.data, 0, 60);
    b.update(outputs.data, 0, labels.data, 0, 60);
    expect(b.result()).toBe(a.result());
  });
}

test('options of metrics that do not fit are told', () => {
  expect(() => convgrad.precision({ topK: 0 })).toThrow('precision: topK: expected an integer ≥ 1, got 0');
  expect(() => convgrad.recall({ treshold: 1 } as object)).toThrow('got "treshold"');
  expect(() => convgrad.f1Score({ average: 'mean' as 'micro' })).toThrow('f1Score: average: expected one of macro');
  expect(() => convgrad.auc({ numThresholds: 1 })).toThrow('auc: numThresholds: expected an integer ≥ 2, got 1');
  expect(() => convgrad.precision({ classId: 3 }).counter([3], [3], 'm')).toThrow(
    'm: precision expected a classId below 3, got 3',
  );
  expect(() => convgrad.meanIoU().counter([8, 8, 1], [8, 8, 1], 'm')).toThrow(
    'm: meanIoU expected outputs [batch,…,classes], got [batch,8,8,1]',
  );
  expect(() => convgrad.r2Score().counter([3], [], 'm')).toThrow('m: r2Score expected targets of [3], got []');
  expect(() => convgrad.auc().counter([3], [4], 'm')).toThrow('m: auc expected targets of [3], got [4]');
});

test('auc: NaN is not hidden', () => {
  const counter = convgrad.auc().counter([1], [1], 'test');
  counter.update(Float32Array.of(0.1, Number.NaN), 0, Float32Array.of(0, 1), 0, 2);
  expect(counter.result()).toBeNaN();
});

describe('confusionMatrix', () => {
  test('as TensorFlow counts, with weights', () => {
    const weights = numbers(9, 60).map(Math.abs);
    const { data, shape } = convgrad.confusionMatrix(array('labels'), array('fine'), { weights });
    expect(shape).toEqual([7, 7]);
    expect(relativeError(data, keras.confusion)).toBeLessThan(1e-6);
    const fromOneHot = convgrad.confusionMatrix(array('onehot'), array('fine'), { weights });
    expect(fromOneHot.data).toEqual(data);
  });

  test('rows are labels, columns predictions', () => {
    const { data, shape } = convgrad.confusionMatrix([0, 1, 1], [0, 2, 1]);
    expect(shape).toEqual([3, 3]);
    expect([...data]).toEqual([1, 0, 0, 0, 1, 1, 0, 0, 0]);
    const binary = convgrad.confusionMatrix([0, 1, 1], { data: [0.2, 0.9, 0.4], shape: [3, 1] }, { threshold: 0.5 });
    expect([...binary.data]).toEqual([1, 0, 1, 1]);
  });

  test('what does not fit is told', () => {
    expect(() => convgrad.confusionMatrix([0, 1], [0])).toThrow('expected as many predictions as labels, got 1 and 2');
    expect(() => convgrad.confusionMatrix([0, 1], [0, 0.5])).toThrow('or the option threshold, got 0.5 in sample 1');
    expect(() => convgrad.confusionMatrix([0, 4], [0, 1], { numClasses: 3 })).toThrow(
      'classes below 3, got 4 in sample 1',
    );
    expect(() => convgrad.confusionMatrix([0, 1], [0, 1], { weights: [1] })).toThrow('expected 2 weights, got 1');
  });
});

describe('in a model', () => {
  const x = numbers(1, 30 * 5);
  const y = Int32Array.from({ length: 30 }, (_, index) => index % 3);
  const make = (metrics: convgrad.CompileOptions['metrics']): convgrad.Model => {
    const model = convgrad.sequential({
      inputShape: [5],
      seed: 3,
      layers: [convgrad.dense({ units: 3, activation: 'softmax' })],
    });
    model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy', metrics: metrics ?? [] });
    return model;
  };

  test('fit and evaluate report metrics and losses, without weights of samples', async () => {
    const own = convgrad.sparseTopKCategoricalAccuracy({ k: 2, name: 'top2' });
    const model = make(['f1Score', 'precision', own, 'sparseCategoricalCrossentropy']);
    const { history } = await model.fit(x, y, { batchSize: 7, epochs: 2, validationSplit: 0.2 });
    for (const name of ['f1Score', 'precision', 'top2', 'sparseCategoricalCrossentropy']) {
      expect(history[name]?.every(Number.isFinite), name).toBe(true);
      expect(history[`val_${name}`]).toHaveLength(2);
    }
    const logs = await model.evaluate(x, y, { batchSize: 7 });
    expect(logs.sparseCategoricalCrossentropy).toBeCloseTo(logs.loss as number, 6);
    const weighted = await model.evaluate(x, y, { batchSize: 7, sampleWeight: new Float32Array(30).fill(2) });
    expect(weighted.loss).toBeCloseTo(2 * (logs.loss as number), 5);
    expect(weighted.sparseCategoricalCrossentropy).toBe(logs.sparseCategoricalCrossentropy);
    const { data } = convgrad.confusionMatrix(y, await model.predict(x));
    expect(data.reduce((a, b) => a + b, 0)).toBe(30);
    model.dispose();
  });

  test('losses as metrics: sums and means, and through data', async () => {
    const model = convgrad.sequential({ inputShape: [5], layers: [convgrad.dense({ units: 2 })] });
    const metrics = ['halfSquaredError', 'meanAbsoluteError', convgrad.huber({ delta: 0.3 })] as const;
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics });
    const targets = numbers(2, 60);
    const logs = await model.evaluate(x, targets, { batchSize: 7 });
    // Half the sum over two outputs is their mean.
    expect(logs.halfSquaredError).toBeCloseTo(logs.loss as number, 6);
    const config = model.getCompileConfig() as NonNullable<ReturnType<convgrad.Model['getCompileConfig']>>;
    expect((config.metrics as readonly convgrad.PartConfig[])[2]).toEqual({
      className: 'Huber',
      config: { delta: 0.3 },
    });
    model.compile({ ...config, metrics: JSON.parse(JSON.stringify(config.metrics)) });
    expect(await model.evaluate(x, targets, { batchSize: 7 })).toEqual(logs);
    model.dispose();
  });

  test('metrics that do not fit are told', () => {
    expect(() => make(['f1Score', 'f1Score'])).toThrow('expected metrics with different names, got "f1Score" twice');
    expect(() => make(['meanSquaredError'])).toThrow('meanSquaredError expected targets of [3], got []');
    expect(() => make(['f1' as 'f1Score'])).toThrow('metrics: expected one of accuracy,');
  });
});
