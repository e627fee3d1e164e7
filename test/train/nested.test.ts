/** Models as layers of models: numbers of Keras, one set of weights for all, names, summary, files. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as c from '../../ts';
import { numbers, relativeError } from '../support/numbers';

const keras = JSON.parse(readFileSync(new URL('../reference/nested.json', import.meta.url), 'utf8')) as Readonly<
  Record<'frozen' | 'features' | 'free' | 'features after' | 'twice' | 'twice features', readonly number[]>
>;
const BATCH = 8;
const CLASSES = 3;
const loss = 'sparseCategoricalCrossentropyFromLogits';
const probe = numbers(5, 4 * 64);

function labels(seed: number): Int32Array {
  return Int32Array.from(numbers(seed, BATCH), (value) => Math.floor(((value + 1) / 2) * CLASSES));
}

/** `extractor` of test/reference/nested.py. */
function extractor(name = 'extractor'): c.Model {
  const x = c.input({ shape: [8, 8, 1] });
  const filtered = c.apply(c.conv2d({ filters: 4, kernelSize: 3, activation: 'relu', name: 'c' }), x);
  const normalized = c.apply(c.batchNormalization({ momentum: 0.9, name: 'n' }), filtered);
  const flat = c.apply(c.flatten({ name: 'f' }), normalized);
  return c.functional({
    inputs: x,
    outputs: c.apply(c.dense({ units: 6, activation: 'tanh', name: 'd' }), flat),
    name,
  });
}

/** `fill` of test/reference/nested.py. */
function fill(model: c.Model, seed: number): void {
  model.setWeights(
    model.getWeights().map(({ name, shape, data }, index) => {
      const values = numbers(seed + index, data.length).map((value) => value / 4);
      return { shape, data: name.includes('variance') ? values.map((value) => Math.abs(value) + 0.5) : values };
    }),
  );
}

function withHead(inner: c.Model): c.Model {
  const x = c.input({ shape: [8, 8, 1] });
  return c.functional({ inputs: x, outputs: c.apply(c.dense({ units: CLASSES, name: 'head' }), c.apply(inner, x)) });
}

function compile(model: c.Model): void {
  model.compile({ optimizer: c.sgd({ learningRate: 0.1 }), loss });
}

function expectLosses(model: c.Model, first: number, expected: readonly number[], inputs = 1): void {
  expected.forEach((value, index) => {
    const step = first + index;
    const x = Array.from({ length: inputs }, (_, i) => numbers(1000 + 10 * step + i, BATCH * 64));
    const own = model.trainOnBatch(inputs > 1 ? x : (x[0] as Float32Array), labels(2000 + step));
    expect(Math.abs(own / value - 1), `step ${step}`).toBeLessThan(1e-5);
  });
}

const disposeAll = (...models: readonly c.AnyModel[]): void => {
  for (const model of models) model.dispose();
};

describe('numbers of Keras', () => {
  test('an extractor that is frozen, then free; it predicts with what the outer model learned', async () => {
    const inner = extractor();
    const outer = withHead(inner);
    fill(outer, 100);
    inner.trainable = false;
    compile(outer);
    const before = inner.getWeights();
    expectLosses(outer, 0, keras.frozen);
    expect(inner.getWeights()).toEqual(before);
    expect(relativeError((await inner.predict(probe)).data, keras.features)).toBeLessThan(1e-5);
    // A frozen model costs neither gradients nor updates.
    const calls = outer.plan({ batchSize: BATCH }).calls.filter(({ phase }) => phase === 'backward');
    expect(calls.some(({ layer }) => layer.startsWith('extractor/'))).toBe(false);
    inner.trainable = true;
    compile(outer);
    expectLosses(outer, 10, keras.free);
    expect(relativeError((await inner.predict(probe)).data, keras['features after'])).toBeLessThan(1e-5);
    disposeAll(outer, inner);
  });

  test('one that is applied twice', async () => {
    const inner = extractor();
    const [a, b] = [c.input({ shape: [8, 8, 1] }), c.input({ shape: [8, 8, 1] })];
    const joined = c.apply(c.concatenate({ name: 'j' }), [c.apply(inner, a), c.apply(inner, b)]);
    const pair = c.functional({ inputs: [a, b], outputs: c.apply(c.dense({ units: CLASSES, name: 'head' }), joined) });
    expect(pair.getWeights()).toHaveLength(inner.getWeights().length + 2);
    fill(pair, 300);
    compile(pair);
    expectLosses(pair, 0, keras.twice, 2);
    expect(relativeError((await inner.predict(probe)).data, keras['twice features'])).toBeLessThan(1e-5);
    disposeAll(pair, inner);
  });
});

describe('one set of weights', () => {
  const x = numbers(1, BATCH * 64);
  const y = labels(2);

  test('is that of the inner model at first, whoever changes it, and outlives each of them', () => {
    const inner = extractor();
    fill(inner, 7);
    const [one, two] = [withHead(inner), withHead(inner)];
    const kernelOf = (model: c.Model): Float32Array =>
      model.getWeights().find(({ name }) => name.endsWith('c/kernel'))?.data as Float32Array;
    expect(kernelOf(one)).toEqual(kernelOf(inner));
    for (const model of [one, two]) compile(model);
    // Taking turns, as the two models of a generative adversarial network do.
    let last = kernelOf(inner);
    for (let turn = 0; turn < 3; turn++) {
      for (const model of [one, two]) {
        expect(kernelOf(model)).toEqual(last);
        model.trainOnBatch(x, y);
        expect(kernelOf(model)).not.toEqual(last);
        last = kernelOf(model);
        expect(kernelOf(inner)).toEqual(last);
      }
    }
    fill(inner, 9);
    expect(kernelOf(two)).toEqual(kernelOf(inner));
    two.trainOnBatch(x, y);
    last = kernelOf(two);
    two.dispose();
    expect(kernelOf(one)).toEqual(last);
    one.trainOnBatch(x, y);
    last = kernelOf(one);
    one.dispose();
    expect(kernelOf(inner)).toEqual(last);
    inner.dispose();
    expect(() => withHead(inner)).toThrow('extractor.apply: the model was disposed');
  });

  test('trains bit for bit as the same layers without nesting, with fit, a checkpoint and Adam', async () => {
    const build = (nested: boolean): c.Model => {
      const parts = [
        c.conv2d({ filters: 4, kernelSize: 3, activation: 'relu' }),
        c.dropout({ rate: 0.2 }),
        c.flatten(),
      ];
      const head = c.dense({ units: CLASSES });
      const inner = nested ? [c.sequential({ inputShape: [8, 8, 1], layers: parts })] : parts;
      const model = c.sequential({ inputShape: [8, 8, 1], layers: [...inner, head], seed: 3 });
      fill(model, 50);
      model.compile({ optimizer: c.adam(), loss, metrics: ['accuracy'] });
      return model;
    };
    const [plain, nested] = [build(false), build(true)];
    const settings = { epochs: 3, batchSize: 3 } as const;
    const { history } = await plain.fit(x, y, settings);
    expect((await nested.fit(x, y, settings)).history).toEqual(history);
    expect(nested.getWeights().map(({ name }) => name)).toEqual([
      'sequential_1/conv2d_1/kernel',
      'sequential_1/conv2d_1/bias',
      'dense_1/kernel',
      'dense_1/bias',
    ]);
    expect(nested.getWeights().map(({ data }) => data)).toEqual(plain.getWeights().map(({ data }) => data));
    const checkpoint = nested.checkpoint();
    nested.trainOnBatch(x, y);
    nested.restore(checkpoint);
    expect(nested.trainOnBatch(x, y)).toBe(plain.trainOnBatch(x, y));
    expect(nested.explain(x, y).largestError).toBe(plain.explain(x, y).largestError);
    expect(nested.profile(x, y, { runs: 1 }).calls.length).toBe(plain.profile(x, y, { runs: 1 }).calls.length);
    disposeAll(plain, nested);
  });
});

describe('nested models as layers', () => {
  test('names, trainable, summary', () => {
    const inner = extractor('encoder');
    const outer = c.sequential({ inputShape: [8, 8, 1], layers: [inner, c.dense({ units: 2 })], name: 'outer' });
    expect(outer.layers.map(({ name, className }) => `${name} ${className}`)).toEqual([
      'encoder Sequential',
      'dense_1 Dense',
    ]);
    const nested = outer.getLayer('encoder') as c.NestedLayer;
    expect(nested.layers).toBe(inner.layers);
    expect([nested.inputShapes, nested.outputShape, nested.trainable]).toEqual([[[8, 8, 1]], [6], true]);
    expect(nested.config).toMatchObject({ name: 'encoder', inputShape: [8, 8, 1] });
    expect(outer.getModel('encoder')).toBe(inner);
    nested.trainable = false;
    expect(inner.layers.map(({ trainable }) => trainable)).toEqual([false, false, false, false]);
    (inner.layers[3] as c.ModelLayer).trainable = true;
    expect([nested.trainable, inner.trainable, outer.trainable]).toEqual([true, true, true]);
    let text = '';
    const print = (words: string): void => {
      text = words;
    };
    outer.summary(print);
    expect(text).toContain('encoder (Sequential)  [batch,6]     926 ');
    expect(text).not.toContain('└');
    expect(text).toContain('Trainable parameters: 884; others: 56');
    outer.summary(print, { expandNested: true });
    expect(text).toContain('└ c (Conv2D)');
    outer.trainable = false;
    expect(inner.trainable).toBe(false);
    expect(() => outer.summary(print, { expandNested: 1 as never })).toThrow('outer.summary: expandNested: expected');
    expect(() => {
      nested.trainable = 1 as never;
    }).toThrow('outer: model "encoder": trainable: expected true or false, got 1');
    expect(() => outer.getModel('dense_1')).toThrow('outer.getModel: expected one of [encoder], got "dense_1"');
    disposeAll(outer, inner);
  });

  test('several outputs, several inputs, models in models', async () => {
    const [a, b] = [c.input({ shape: [4] }), c.input({ shape: [4] })];
    const hidden = c.apply(c.dense({ units: 3, name: 'hidden' }), c.apply(c.add(), [a, b]));
    const two = c.functional({
      inputs: [a, b],
      outputs: [hidden, c.apply(c.dense({ units: 2 }), hidden)],
      name: 'two',
    });
    const u = c.input({ shape: [4] });
    const [first, second] = c.apply(two, [u, u]) as [c.SymbolicTensor, c.SymbolicTensor];
    const middle = c.functional({ inputs: u, outputs: [second, first], name: 'middle' });
    const v = c.input({ shape: [4] });
    const outer = c.functional({ inputs: v, outputs: c.apply(middle, v) });
    expect(outer.outputNames).toEqual(['middle', 'middle_1']);
    expect(outer.getWeights()[0]?.name).toBe('middle/two/hidden/kernel');
    const x = numbers(1, 20);
    const [p, q] = (await two.predict([x, x])) as [c.Tensor, c.Tensor];
    expect(await outer.predict(x)).toEqual([q, p]);
    outer.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    outer.trainOnBatch(x, [numbers(2, 10), numbers(3, 15)]);
    const after = (await two.predict([x, x])) as [c.Tensor, c.Tensor];
    expect(after[0]).not.toEqual(p);
    expect(await outer.predict(x)).toEqual([after[1], after[0]]);
    const loaded = c.decodeModel<c.Tensor[]>(c.encodeModel(outer));
    expect(await loaded.predict(x)).toEqual(await outer.predict(x));
    expect(loaded.toJSON()).toEqual(outer.toJSON());
    const across = c.modelFromLayersModel<c.Tensor[]>(c.modelToLayersModel(outer));
    expect(await across.predict(x)).toEqual(await outer.predict(x));
    expect(across.getWeights().map(({ name }) => name)).toEqual(outer.getWeights().map(({ name }) => name));
    disposeAll(outer, middle, two, loaded, across);
  });

  test('files: the same numbers, the same training, and the nested model by its name', async () => {
    const [x, y] = [numbers(1, BATCH * 64), labels(2)];
    const inner = extractor();
    const outer = withHead(inner);
    (inner.layers[0] as c.ModelLayer).trainable = false;
    outer.compile({ optimizer: c.adam(), loss });
    outer.trainOnBatch(x, y);
    const loaded = c.decodeModel(c.encodeModel(outer));
    expect(loaded.toJSON()).toEqual(outer.toJSON());
    expect(loaded.getModel('extractor').layers[0]?.trainable).toBe(false);
    expect(await loaded.getModel('extractor').predict(x)).toEqual(await inner.predict(x));
    expect(loaded.trainOnBatch(x, y)).toBe(outer.trainOnBatch(x, y));
    expect(await loaded.getModel('extractor').predict(x)).toEqual(await inner.predict(x));
    // Data without weights begins with those of the same seeds.
    const fresh = withHead(extractor());
    const made = c.modelFromJSON(JSON.stringify(fresh));
    expect(made.getWeights()).toEqual(fresh.getWeights());
    const artifacts = c.modelToLayersModel(outer);
    expect(artifacts.weightSpecs.map(({ name }) => name)).toContain('c/kernel');
    const across = c.modelFromLayersModel(artifacts);
    expect(await across.predict(x)).toEqual(await outer.predict(x));
    disposeAll(outer, inner, loaded.getModel('extractor'), loaded, fresh, made, across);
  });

  test('what does not fit', () => {
    const inner = extractor();
    const other = extractor();
    const wrong = c.input({ shape: [4, 4, 1] });
    expect(() => c.apply(inner, wrong)).toThrow('model "extractor": expected [batch,8,8,1], got [batch,4,4,1]');
    const x = c.input({ shape: [8, 8, 1] });
    const sum = c.apply(c.add(), [c.apply(inner, x), c.apply(other, x)]);
    expect(() => c.functional({ inputs: x, outputs: sum })).toThrow(
      'functional: expected unique layer names, got "extractor" twice',
    );
    expect(() => c.sequential({ inputShape: [4, 4, 1], layers: [inner] })).toThrow(
      'model "extractor": expected [batch,8,8,1], got [batch,4,4,1]',
    );
    expect(() => c.sequential({ inputShape: [8, 8, 1], layers: [3 as never] })).toThrow(
      'sequential: expected a layer or a model, got 3',
    );
    const outer = withHead(inner);
    const both = c.apply(c.concatenate(), [c.apply(outer, x), c.apply(inner, x)]);
    expect(() => c.functional({ inputs: x, outputs: both })).toThrow(
      'functional: expected every model in one place, got "extractor" that has layers of another, functional_1/extractor/c',
    );
    const split = c.functional({ inputs: x, outputs: [c.apply(inner, x), c.apply(c.flatten(), x)], name: 'split' });
    expect(() => c.sequential({ inputShape: [8, 8, 1], layers: [split as never] })).toThrow(
      'sequential: expected models with one output in a chain, got one with 2',
    );
    disposeAll(outer, inner, other, split);
  });

  test('a small file cannot ask for many layers', () => {
    let model: object = {
      className: 'Sequential',
      config: { name: 'm0', seed: 0, inputShape: [2], layers: [{ className: 'Flatten', config: { name: 'f' } }] },
    };
    for (let depth = 1; depth < 8; depth++) {
      const uses = Array.from({ length: 10 }, (_, use) => [[use === 0 ? 'x' : `m${depth - 1}`, Math.max(use - 1, 0)]]);
      const layers = [
        { className: 'InputLayer', config: { name: 'x', shape: [2] }, inboundNodes: [] },
        { ...model, inboundNodes: uses },
      ];
      const ends = { inputLayers: [['x', 0]], outputLayers: [[`m${depth - 1}`, 9]] };
      model = { className: 'Functional', config: { name: `m${depth}`, seed: 0, layers, ...ends } };
    }
    expect(() => c.modelFromJSON(model)).toThrow(c.LimitError);
    expect(() => c.modelFromJSON(model)).toThrow('layers with those of nested models, got more at "m');
  });
});
