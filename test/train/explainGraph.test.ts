/** explain tells models with branches: several inputs, outputs and uses of a layer, and what is summed where they meet. */

import { expect, test } from 'vitest';
import * as c from '../../ts';
import { layerCases } from '../saving/cases';
import { numbers } from '../support/numbers';

const batch = 4;

function fill(model: c.AnyModel): void {
  model.setWeights(
    model.getWeights().map(({ shape, data }, index) => ({ shape, data: numbers(20 + index, data.length) })),
  );
}

/** The equations, whose products are what the plan computed. */
function told(explanation: c.Explanation): readonly c.Equation[] {
  const { equations } = explanation;
  for (const { text, relativeError } of equations) expect(relativeError ?? 0, text).toBeLessThan(1e-4);
  expect(String(explanation)).toContain('matrix form of one step');
  return equations;
}

/** The gradients of all weights that are told last are those of the plan. */
function expectGradients(equations: readonly c.Equation[], model: c.AnyModel): void {
  const updates = equations.filter(({ phase }) => phase === 'update');
  const wanted = model.getGradients();
  expect(updates).toHaveLength(wanted.length);
  updates.forEach(({ factors }, index) => {
    const { name, data } = wanted[index] as c.NamedTensor;
    expect(factors[1]?.norm, name).toBeCloseTo(Math.hypot(...data), 4);
    const { name: of } = factors[1] as c.Factor;
    const equation = equations.filter(({ result, phase }) => phase === 'backward' && result.name === of);
    expect(equation, of).toHaveLength(1);
    expect(equation[0]?.relativeError, of).toBeDefined();
    expect(equation[0]?.result.norm, of).toBeGreaterThan(0);
  });
}

const several = Object.entries(layerCases).flatMap(([className, cases]) =>
  cases
    .filter(({ inputShapes }) => inputShapes.length > 1)
    .map(({ layer, inputShapes }) => ({ className, layer, inputShapes })),
);

test.each(several)(
  '$className of several inputs: its output and the gradients of all of them',
  ({ className, layer, inputShapes }) => {
    const inputs = inputShapes.map((shape) => c.input({ shape }));
    // Each input is scaled by weights of its own, whose gradients tell those of the layer's inputs.
    const scaled = inputs.map((each) => c.apply(c.prelu(), each));
    const flat = c.apply(c.flatten(), c.apply(layer, scaled));
    const model = c.functional({ inputs, outputs: c.apply(c.dense({ units: 2, name: 'last' }), flat) });
    model.compile({ optimizer: c.sgd({ learningRate: 0 }), loss: 'halfSquaredError' });
    fill(model);
    const x = inputShapes.map((shape, index) => numbers(index + 1, batch * shape.reduce((a, b) => a * b, 1)));
    const equations = told(model.explain(x, numbers(9, batch * 2)));
    const built = model.layers.find((each) => each.className === className);
    const own = equations.filter(({ layer: name }) => name === built?.name);
    expect(own.map(({ phase }) => phase)).toEqual(['forward', ...x.map(() => 'backward')]);
    for (const { text, relativeError } of own) expect(relativeError, text).toBeDefined();
    expectGradients(equations, model);
    model.dispose();
  },
);

test('a residual block, a shared layer and two outputs: what is summed where, by its names', () => {
  const left = c.input({ shape: [3] });
  const right = c.input({ shape: [3] });
  const shared = c.dense({ units: 4, activation: 'tanh', name: 'shared', kernelRegularizer: c.l2(0.1) });
  const [a, b] = [c.apply(shared, left), c.apply(shared, right)];
  const both = c.apply(c.add({ name: 'both' }), [a, b]);
  const block = c.apply(c.add({ name: 'block' }), [
    both,
    c.apply(c.dense({ units: 4, activation: 'sigmoid', name: 'inner' }), both),
  ]);
  const model = c.functional({
    inputs: [left, right],
    outputs: [
      c.apply(c.dense({ units: 2, activation: 'sigmoid', name: 'size' }), block),
      c.apply(c.dense({ units: 3, name: 'kind', useBias: false }), block),
      block,
    ],
  });
  const optimizer = c.sgd({ learningRate: 0.25 });
  const losses = ['halfSquaredError', 'sparseCategoricalCrossentropyFromLogits', 'meanSquaredError'] as const;
  model.compile({ optimizer, loss: losses, lossWeights: [1, 0.5, 2] });
  fill(model);
  const x = [numbers(1, batch * 3), numbers(2, batch * 3)];
  const y = [numbers(3, batch * 2), Float32Array.of(0, 2, 1, 0), numbers(4, batch * 4)];
  const before = model.getWeights();
  const explanation = model.explain(x, y);
  const equations = told(explanation);
  const text = equations.map((equation) => equation.text);
  for (const line of [
    ...['Z1 = W1ᵀ·X1 + b1', 'Z2 = W1ᵀ·X2 + b1', 'both = H1 + H2', 'block = both + H3', 'O1 = sigmoid(Z4)'],
    ...['E1 = Σ (Y1−O1)²/2', 'E3 = meanSquaredError(Y3, block)', 'E = E1 + 0.5 · E2 + 2 · E3 + penalties'],
    ...['δ1 = (O1−Y1) * O1(1−O1)', 'dE/dblock[kind] = W4 × dE/dZ5'],
    ...['dE/dblock = ∂E/∂block + W4 × dE/dZ5 + W3 × δ1', 'dE/dboth = dE/dboth[block] + W2 × dE/dZ3'],
    ...['dE/dH1 = dE/dboth', 'dE/dZ2 = dE/dH2 * (1−H2²)', 'dE/dW1[2] = X2 × dE/dZ2ᵀ', 'dE/dW1 = dE/dW1[1] + dE/dW1[2]'],
    'W1 ← W1 − η·dE/dW1, η = 0.25',
  ]) {
    expect(text).toContain(line);
  }
  expect(new Set(text).size).toBe(text.length);
  const unchecked = equations.filter(({ phase, relativeError }) => phase !== 'update' && relativeError === undefined);
  expect(unchecked.map(({ result }) => result.name)).toEqual(['E2', 'E3']);
  expect(explanation.batchSize).toBe(batch);
  expectGradients(equations, model);
  expect(model.getWeights()).toEqual(before);
  model.dispose();
});

test('branches of models within models, one of them frozen, and activations that read the same value', () => {
  const inside = c.input({ shape: [5, 5, 2] });
  const convolved = c.apply(c.conv2d({ filters: 3, kernelSize: 3, name: 'conv' }), inside);
  const parts = ['relu', 'tanh'].map((name) => c.apply(c.activation({ activation: name as 'relu', name }), convolved));
  const cell = c.functional({ inputs: inside, outputs: c.apply(c.concatenate({ name: 'side' }), parts), name: 'cell' });
  const images = c.input({ shape: [5, 5, 2] });
  const numbersIn = c.input({ shape: [4] });
  const flat = c.apply(c.flatten(), c.apply(cell, images));
  const frozen = c.apply(c.dense({ units: 3, activation: 'relu', name: 'frozen' }), numbersIn);
  const joined = c.apply(c.concatenate({ name: 'joined' }), [flat, frozen]);
  const outputs = c.apply(c.dense({ units: 2, activation: 'sigmoid', name: 'last' }), joined);
  const model = c.functional({ inputs: [images, numbersIn], outputs });
  model.getLayer('frozen').trainable = false;
  model.compile({ optimizer: 'adam', loss: 'halfSquaredError' });
  fill(model);
  const equations = told(model.explain([numbers(1, batch * 50), numbers(2, batch * 4)], numbers(3, batch * 2)));
  const text = equations.map((equation) => equation.text);
  for (const line of [
    ...['cell/relu = relu(Z1)', 'cell/tanh = tanh(Z1)', 'cell/side = [cell/relu, cell/tanh]'],
    'dE/dZ1[cell/tanh] = dE/dcell/tanh * (1−cell/tanh²)',
    'dE/dZ1 = dE/dZ1[cell/tanh] + dE/dZ1[cell/relu]',
    'dE/df = conv(X1, dE/dZ1)',
  ]) {
    expect(text).toContain(line);
  }
  // Nothing goes back to what is not trained.
  expect(equations.filter(({ layer, phase }) => layer === 'frozen' && phase !== 'forward')).toEqual([]);
  const [kernel, , , , last] = model.getGradients();
  const norm = (name: string) => equations.find(({ result }) => result.name === name)?.result.norm;
  expect(norm('dE/df')).toBeCloseTo(Math.hypot(...(kernel?.data ?? [])), 4);
  expect(norm('dE/dW2')).toBeCloseTo(Math.hypot(...(last?.data ?? [])), 4);
  model.dispose();
});

test.each([0, 1])('a layer of two uses, of which number %i has a loss, is told by that one', (own) => {
  const inputs = [c.input({ shape: [3] }), c.input({ shape: [3] })];
  const shared = c.dense({ units: 2, name: 'shared' });
  const model = c.functional({ inputs, outputs: inputs.map((each) => c.apply(shared, each)) });
  const losses = own === 0 ? (['meanSquaredError', null] as const) : ([null, 'meanSquaredError'] as const);
  model.compile({ optimizer: c.sgd({ learningRate: 0.1 }), loss: losses });
  fill(model);
  const equations = told(model.explain([numbers(1, batch * 3), numbers(2, batch * 3)], numbers(3, batch * 2)));
  expectGradients(equations, model);
  expect(equations.map(({ text }) => text)).toContain(`dE/dW = X${own + 1} × dE/dZ${own + 1}ᵀ`);
  model.dispose();
});
