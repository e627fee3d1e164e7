/** explain tells every layer of the registry: each factor, and products that are what the plan computed. */

import { expect, test } from 'vitest';
import {
  batchNormalization,
  conv2d,
  dense,
  dropout,
  type Equation,
  flatten,
  type Layer,
  layers,
  type Model,
  prelu,
  relu,
  sequential,
  sgd,
} from '../../ts';
import { layerCases } from '../saving/cases';
import { numbers } from '../support/numbers';

const batch = 3;

/** A chain around a layer, whose first and last layers are trained, so that every gradient is needed. */
function around(layer: Layer, shape: readonly number[]): Model {
  const model = sequential({
    name: 'm',
    inputShape: shape,
    layers: [prelu({ name: 'first' }), layer, flatten(), dense({ units: 2, name: 'last' })],
  });
  model.compile({ optimizer: sgd({ learningRate: 0 }), loss: 'halfSquaredError' });
  model.setWeights(
    model.getWeights().map(({ name, shape: own, data }, index) => {
      const values = numbers(20 + index, data.length);
      return { shape: own, data: name.endsWith('moving_variance') ? values.map((v) => Math.abs(v) + 0.5) : values };
    }),
  );
  return model;
}

function explain(model: Model): readonly Equation[] {
  const size = batch * model.inputShape.reduce((a, b) => a * b, 1);
  const explanation = model.explain(numbers(1, size), numbers(2, batch * 2));
  const { equations } = explanation;
  for (const { text, relativeError } of equations) expect(relativeError ?? 0, text).toBeLessThan(1e-4);
  expect(String(explanation).length).toBeGreaterThan(100);
  for (const { result, factors } of equations) {
    for (const { shape, norm, min, max, corner } of [result, ...factors]) {
      expect(shape.every((length) => length > 0)).toBe(true);
      expect([norm, min, max].every(Number.isFinite)).toBe(true);
      expect(min).toBeLessThanOrEqual(max);
      expect(corner.length).toBeGreaterThan(0);
    }
  }
  return equations;
}

const single = Object.entries(layerCases).flatMap(([className, cases]) =>
  cases
    .filter(({ inputShapes }) => inputShapes.length === 1)
    .map(({ layer, inputShapes }) => ({ className, layer, inputShapes })),
);

test('there is a case for every layer of the registry with one input', () => {
  expect(Object.keys(layerCases).sort()).toEqual(Object.keys(layers).sort());
});

test.each(single)('$className', ({ layer, inputShapes }) => {
  const model = around(layer, inputShapes[0] as readonly number[]);
  const equations = explain(model);
  const built = model.layers[1] as (typeof model.layers)[number];
  const own = equations.filter(({ layer: name }) => name === built.name);
  expect(own.filter(({ phase }) => phase === 'forward').length).toBeGreaterThan(0);
  const backward = own.filter(({ phase }) => phase === 'backward');
  // The gradient of every weight that is trained is a product of factors that are shown.
  for (const { factors } of own.filter(({ phase }) => phase === 'update')) {
    const name = factors[1]?.name;
    const gradient = backward.find(({ result }) => result.name === name);
    expect(gradient?.relativeError, name).toBeDefined();
    expect(gradient?.factors.length, name).toBeGreaterThan(0);
  }
  // The chain rule reaches the first layer, and its last product is that of the first weight.
  const first = equations.filter(({ layer: name, phase }) => name === 'first' && phase === 'backward');
  expect(first.map(({ result }) => result.name)).toEqual(['dE/dα[first]']);
  expect(first[0]?.relativeError).toBeLessThan(1e-4);
  const gradient = model.getGradients()[0]?.data as Float32Array;
  expect(first[0]?.result.norm).toBeCloseTo(Math.hypot(...gradient), 4);
  model.dispose();
});

test('a frozen batch normalization, a dropout and a network of all kinds', () => {
  const model = sequential({
    inputShape: [8, 8, 2],
    layers: [
      ...[
        conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same', groups: 2 }),
        batchNormalization({ name: 'n' }),
      ],
      ...[relu(), dropout({ rate: 0.5 }), batchNormalization({ name: 'frozen', scale: false })],
      ...[flatten(), dense({ units: 2, activation: 'sigmoid' })],
    ],
  });
  model.getLayer('frozen').trainable = false;
  model.compile({ optimizer: 'adam', loss: 'halfSquaredError' });
  const equations = explain(model);
  const text = equations.map((equation) => equation.text);
  for (const line of [
    'n = γ[n] * X̂ + β[n], X̂ = (Z1 − mean)/√(variance + ε)',
    'frozen = X̂ + β[frozen], X̂ = (dropout_1 − mean)/√(variance + ε)',
    'dE/ddropout_1 = (reshape(W3 × δ))/√(variance + ε)',
    'dE/drelu_1 = dE/ddropout_1 * dropout_1/relu_1',
    'dE/dγ[n] = Σ dE/dn * X̂',
    'dE/dβ[n] = Σ dE/dn',
    'dE/dZ1 = (G − mean G − X̂ * mean(G * X̂))/√(variance + ε), G = γ[n] * dE/dn',
    'dE/df = conv(X, dE/dZ1)',
  ]) {
    expect(text).toContain(line);
  }
  expect(text.find((line) => line.startsWith('γ[n] ← Adam(γ[n], dE/dγ[n])'))).toBeDefined();
  const checked = equations.filter(({ relativeError }) => relativeError !== undefined);
  expect(checked.length).toBeGreaterThan(14);
  // The weights stay as they are.
  const before = model.getWeights();
  explain(model);
  expect(model.getWeights()).toEqual(before);
  model.dispose();
});
