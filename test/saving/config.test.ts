/** Layers, losses, metrics, optimizers and schedules as data and back; models as JSON. */

import { expect, test } from 'vitest';
import * as c from '../../ts';
import { toInitializer } from '../../ts/initializers/registry';
import { toLoss } from '../../ts/losses/registry';
import { toMetric } from '../../ts/metrics/registry';
import { optimizerConfig, toOptimizer } from '../../ts/optimizers/registry';
import { numbers } from '../support/numbers';
import { branchedModel, chainModel, layerCases } from './cases';

const again = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
const makers = c.layers as unknown as Readonly<Record<string, (options: unknown) => c.Layer>>;

test('there are cases of every layer', () =>
  expect(Object.keys(layerCases).sort()).toEqual(Object.keys(makers).sort()));

for (const [className, cases] of Object.entries(layerCases)) {
  test.each(cases.map((each, index) => [index, each] as const))(
    `${className} (%i) is made again from its config`,
    (_, { layer, inputShapes }) => {
      const made = (makers[className] as (options: unknown) => c.Layer)({ name: 'again', ...again(layer.config) });
      expect(made.className).toBe(className);
      expect(made.name).toBe('again');
      expect(made.config).toEqual(layer.config);
      const [expected, got] = [layer, made].map((each) => each.build(inputShapes, 'x'));
      expect(got?.outputShape).toEqual(expected?.outputShape);
      const told = (built: typeof got) =>
        built?.weights.map(({ initializer: { className, config }, ...rest }) => ({ ...rest, className, config }));
      expect(told(got)).toEqual(told(expected));
    },
  );
}

test.each(Object.entries(c.initializers))('the initializer %s is made again from its config', (_name, make) => {
  const { className, config } = make();
  const made = toInitializer(again({ className, config }), 'x');
  expect([made.className, made.config]).toEqual([className, config]);
  expect(() => toInitializer({ className, config: { nonsense: 1 } }, 'x')).toThrow('got "nonsense"');
});

const losses = [
  ...Object.values(c.losses).map((make) => make()),
  c.huber({ delta: 0.5 }),
  c.binaryCrossentropy({ fromLogits: true, labelSmoothing: 0.1 }),
  c.categoricalCrossentropy({ labelSmoothing: 0.2 }),
  c.binaryFocalCrossentropy({ gamma: 1, alpha: 0.5, applyClassBalancing: true, labelSmoothing: 0.1 }),
  c.categoricalFocalCrossentropy({ gamma: 1, alpha: 0.5, fromLogits: true, labelSmoothing: 0.1 }),
];
test.each(losses.map((loss) => [loss.name, loss] as const))(
  'the loss %s is made again from its config',
  (name, loss) => {
    const data = again({
      className: loss.className as string,
      config: loss.config as object as Record<string, unknown>,
    });
    const made = toLoss(data, 'x');
    expect([made.name, made.className, made.config]).toEqual([name, loss.className, loss.config]);
    expect(() => toLoss({ ...data, config: { ...data.config, nonsense: 1 } }, 'x')).toThrow('got "nonsense"');
  },
);

const metrics = [...Object.values(c.metrics).map((make) => make()), c.binaryAccuracy(0.7)];
test.each(metrics.map((each) => [each.name, each] as const))(
  'the metric %s is made again from its config',
  (name, metric) => {
    const data = again({ className: metric.className as string, config: metric.config as Record<string, unknown> });
    const made = toMetric(data, 'x');
    expect([made.name, made.className, made.config]).toEqual([name, metric.className, metric.config]);
    expect(() => toMetric({ ...data, config: { ...data.config, nonsense: 1 } }, 'x')).toThrow('got "nonsense"');
  },
);

const schedules = [
  c.constantSchedule(0.5),
  c.piecewiseConstantDecay({ boundaries: [2, 5], values: [1, 0.5, 0.1] }),
  c.exponentialDecay({ initialLearningRate: 0.1, decaySteps: 4, decayRate: 0.5, staircase: true }),
  c.cosineDecay({ initialLearningRate: 0.01, decaySteps: 10, alpha: 0.1, warmupTarget: 0.2, warmupSteps: 5 }),
  c.oneCycle({ maxLearningRate: 0.3, totalSteps: 12, pctStart: 0.4, divFactor: 5, finalDivFactor: 9 }),
];
const optimizers = [
  ...Object.values(c.optimizers).map((make) => make()),
  c.sgd({ momentum: 0.9, nesterov: true, clipValue: 0.5, weightDecay: 0.01 }),
  c.adam({ beta1: 0.8, beta2: 0.9, epsilon: 1e-3, amsgrad: true, clipNorm: 2, learningRate: 0.5 }),
  c.rmsprop({ rho: 0.8, momentum: 0.5, centered: true, globalClipNorm: 3 }),
  c.adamW({ gradientAccumulationSteps: 4, useEma: true, emaMomentum: 0.9, emaOverwriteFrequency: 3 }),
  ...schedules.map((learningRate) => c.lion({ learningRate })),
];
test.each(optimizers.map((each) => [each.className, each] as const))(
  'the optimizer %s is made again from its config',
  (className, optimizer) => {
    const data = again(optimizerConfig(optimizer, 'x'));
    const made = toOptimizer(data, 'x');
    expect(made.className).toBe(className);
    expect(optimizerConfig(made, 'x')).toEqual(data);
    expect([made.learningRate, made.slots]).toEqual([optimizer.learningRate, optimizer.slots]);
    for (let step = 0; step < 20; step++) expect(made.schedule?.(step)).toBe(optimizer.schedule?.(step));
    expect(() => toOptimizer({ ...data, config: { ...data.config, nonsense: 1 } }, 'x')).toThrow('got "nonsense"');
  },
);

test('a learning rate that follows a function of the user cannot be told', () => {
  const optimizer = c.sgd({ learningRate: (step) => 1 / (step + 1) });
  expect(() => optimizerConfig(optimizer, 'x')).toThrow('x: expected a learning rate that is a number or one of');
});

test.each([
  ['chain', 'Sequential', chainModel],
  ['branched', 'Functional', branchedModel],
] as const)('%s: JSON gives the same model, its first weights and the same training', (name, className, make) => {
  const model = make();
  const json = JSON.stringify(model);
  expect(JSON.parse(json)).toMatchObject({ className, config: { name } });
  const twin = c.modelFromJSON(json);
  expect(JSON.stringify(twin)).toBe(json);
  expect(JSON.stringify(c.modelFromJSON(model.toJSON()))).toBe(json);
  expect(twin.getWeights()).toEqual(model.getWeights());
  const [x, y] =
    name === 'chain'
      ? [numbers(1, 6 * 162), Float32Array.of(0, 1, 2, 0, 1, 2)]
      : [[numbers(1, 6 * 108), numbers(2, 6 * 4)], Float32Array.of(0, 1, 2, 0, 1, 2)];
  const losses = [model, twin].map((each) => {
    each.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
    return [1, 2, 3].map(() => each.trainOnBatch(x, y));
  });
  expect(losses[1]).toEqual(losses[0]);
  expect(new Set(losses[0]).size).toBe(3);
  expect(twin.getWeights()).toEqual(model.getWeights());
  for (const each of [model, twin]) each.dispose();
  expect(() => model.toJSON()).toThrow('chain' === name ? 'chain.toJSON: the model was disposed' : 'disposed');
});

test('a layer that is used twice is told once, and its uses by number', () => {
  const { config } = branchedModel().toJSON();
  const layers = config.layers as { className: string; config: { name: string }; inboundNodes: unknown }[];
  expect(layers.slice(0, 2).map(({ className, config }) => [className, config.name])).toEqual([
    ['InputLayer', 'input_1'],
    ['InputLayer', 'input_3'],
  ]);
  expect(layers.find(({ config }) => config.name === 'input_2')?.inboundNodes).toEqual([
    [['global_average_pooling2d_1', 0]],
    [['input_3', 0]],
  ]);
  expect(layers.find(({ className }) => className === 'Concatenate')?.inboundNodes).toEqual([
    [
      ['input_2', 0],
      ['input_2', 1],
      ['global_average_pooling2d_1', 0],
    ],
  ]);
  expect([config.inputLayers, config.outputLayers]).toEqual([
    [
      ['input_1', 0],
      ['input_3', 0],
    ],
    [['dense_1', 0]],
  ]);
});

test('a chain of 9,000 layers is told and read', () => {
  let value = c.input({ shape: [2] });
  const first = value;
  for (let index = 0; index < 4500; index++) value = c.apply(c.relu(), value);
  value = c.apply(c.add(), [value, first]);
  for (let index = 0; index < 4500; index++) value = c.apply(c.relu(), value);
  const model = c.functional({ inputs: first, outputs: value });
  const json = JSON.stringify(model);
  expect(JSON.stringify(c.modelFromJSON(json))).toBe(json);
});

type Data = { className: string; config: Record<string, unknown> & { layers: Record<string, unknown>[] } };
const changed = (make: () => c.Model, change: (data: Data) => void): string => {
  const data = again(make().toJSON()) as Data;
  change(data);
  return JSON.stringify(data);
};
const layerOf = (data: Data, index: number) =>
  data.config.layers[index] as { className: string; config: Record<string, unknown>; inboundNodes: unknown[][] };

test.each<[string, string, string]>([
  ['no JSON', '{', 'modelFromJSON: expected JSON with a string at character 1, got the end'],
  ['no model', '[]', 'modelFromJSON: expected an object of options, got []'],
  [
    'an unknown kind',
    '{"className":"Graph","config":{}}',
    'modelFromJSON: className: expected one of Sequential, Functional, got "Graph"',
  ],
  ['no config', '{"className":"Sequential"}', 'expected className and config, got "Sequential" and undefined'],
  [
    'a field more',
    '{"className":"Sequential","config":{},"x":1}',
    'expected only the options className, config, got "x"',
  ],
  ['no name', '{"className":"Sequential","config":{}}', 'expected a name that is not empty, got undefined'],
  [
    'an unknown field',
    changed(chainModel, ({ config }) => (config.outputShape = [])),
    'modelFromJSON: Sequential: expected only the options name, seed, inputShape, layers, got "outputShape"',
  ],
  [
    'a bad seed',
    changed(chainModel, ({ config }) => (config.seed = -1)),
    'modelFromJSON: "chain": seed: expected a number in [0',
  ],
  [
    'no layers',
    changed(chainModel, ({ config }) => (config.layers = [])),
    'expected layers to be a list with at least one layer, got []',
  ],
  [
    'an unknown layer',
    changed(chainModel, (data) => (layerOf(data, 0).className = 'Conv3D')),
    'modelFromJSON: "chain": layer "conv2d_1": className: expected one of Activation, ',
  ],
  [
    'a layer of the prototype',
    changed(chainModel, (data) => (layerOf(data, 0).className = 'constructor')),
    'got "constructor"',
  ],
  [
    'an unknown option',
    changed(chainModel, (data) => (layerOf(data, 0).config.filter = 4)),
    'conv2d "conv2d_1": expected only the options',
  ],
  [
    'an option out of range',
    changed(chainModel, (data) => (layerOf(data, 0).config.filters = 0.5)),
    'conv2d "conv2d_1": filters: expected an integer ≥ 1, got 0.5',
  ],
  [
    'an unknown initializer',
    changed(chainModel, (data) => (layerOf(data, 0).config.kernelInitializer = { className: 'Magic' })),
    'kernelInitializer: className: expected one of Zeros, ',
  ],
  [
    'an unknown regularizer',
    changed(chainModel, (data) => (layerOf(data, 0).config.kernelRegularizer = { className: 'L3', config: {} })),
    'kernelRegularizer: className: expected one of L1, L2, L1L2, got "L3"',
  ],
  [
    'an unknown constraint',
    changed(
      chainModel,
      (data) => (layerOf(data, 0).config.kernelConstraint = { className: 'MaxNorm', config: { limit: 1 } }),
    ),
    'MaxNorm: expected only the options maxValue, got "limit"',
  ],
  [
    'a name twice',
    changed(chainModel, (data) => (layerOf(data, 1).config.name = 'conv2d_1')),
    'expected unique layer names, got "conv2d_1" twice',
  ],
  [
    'no layer name',
    changed(chainModel, (data) => delete layerOf(data, 1).config.name),
    'expected a name for BatchNormalization, got undefined',
  ],
  [
    'shapes that do not fit',
    changed(chainModel, ({ config }) => (config.inputShape = [2, 2, 2])),
    'separableConv2d "named"',
  ],
  [
    'a value that is not there',
    changed(branchedModel, (data) => (layerOf(data, 2).inboundNodes = [[['nowhere', 0]]])),
    'expected values of its layers, got ["nowhere",0]',
  ],
  [
    'a use that is not there',
    changed(branchedModel, (data) => (layerOf(data, 2).inboundNodes = [[['input_1', 1]]])),
    'expected values of its layers, got ["input_1",1]',
  ],
  [
    'a circle',
    changed(branchedModel, (data) => (layerOf(data, 2).inboundNodes = [[['conv2d_2', 0]]])),
    'expected no circle of layers, got one through',
  ],
  [
    'a layer of itself',
    changed(branchedModel, (data) => (layerOf(data, 2).inboundNodes = [[['conv2d_1', 0]]])),
    'expected no circle of layers, got one through ["conv2d_1",0]',
  ],
  [
    'a use too many',
    changed(branchedModel, (data) => layerOf(data, 2).inboundNodes.push([['input_1', 0]])),
    'expected layers that its outputs need, got 1 more',
  ],
  [
    'no output',
    changed(branchedModel, ({ config }) => (config.outputLayers = [])),
    'expected at least one entry in outputLayers, got none',
  ],
  [
    'an input that is none',
    changed(
      branchedModel,
      ({ config }) =>
        (config.inputLayers = [
          ['input_1', 0],
          ['add_1', 0],
        ]),
    ),
    'branched',
  ],
  [
    'an input that is forgotten',
    changed(branchedModel, ({ config }) => (config.inputLayers = [['input_1', 0]])),
    'expected every input that the output needs',
  ],
  [
    'an input with inputs',
    changed(branchedModel, (data) => (layerOf(data, 0).inboundNodes = [[['input_3', 0]]])),
    'expected no inboundNodes of an input',
  ],
  [
    'references of another form',
    changed(branchedModel, (data) => (layerOf(data, 2).inboundNodes = [[['input_1', 0, 0, 0]]])),
    'expected a list of [name, use]',
  ],
])('%s is refused', (_, json, message) => {
  expect(() => c.modelFromJSON(json)).toThrow(message);
  expect(() => c.modelFromJSON(json)).toThrow(c.ConvgradError);
});

test('limits hold before memory is taken', () => {
  const wide = changed(chainModel, (data) => (layerOf(data, 0).config.filters = 2 ** 24));
  expect(() => c.modelFromJSON(wide)).toThrow(c.LimitError);
  expect(() => c.modelFromJSON(chainModel().toJSON(), { limits: { parameters: 100 } })).toThrow(
    'at most 100 parameters',
  );
  expect(() => c.modelFromJSON(chainModel().toJSON(), { limits: { layers: 3 } })).toThrow(
    'expected a list of at most 3 layers, got 9',
  );
  const huge = JSON.stringify({
    className: 'Sequential',
    config: { name: 'x', seed: 0, inputShape: [2 ** 20, 2 ** 20, 1], layers: [] },
  });
  expect(() => c.modelFromJSON(huge)).toThrow('expected at most 2147483647 elements');
});
