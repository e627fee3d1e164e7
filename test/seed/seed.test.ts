/** The seed's network: gradients and training against JAX, double precision and central differences. */

import { describe, expect, test } from 'vitest';
import { relativeError } from '../support/numbers';
import { cases, referenceStep, seedInputs, seedModel } from './network';

describe.each(cases)('$filters filter(s), batch $batch', (jax) => {
  const { filters, batch, learningRate } = jax;
  const inputs = seedInputs(filters, batch);
  const reference = referenceStep(filters, batch, inputs);

  test('the reference in double precision agrees with JAX', () => {
    expect(Math.abs(reference.loss / jax.loss - 1)).toBeLessThan(1e-8);
    expect(relativeError(reference.filterGradient, jax.filterGradient)).toBeLessThan(1e-8);
    expect(relativeError(reference.weightGradient, jax.weightGradient)).toBeLessThan(1e-8);
    expect(relativeError(reference.biasGradient, jax.biasGradient)).toBeLessThan(1e-8);
  });

  test('the reference agrees with central differences', () => {
    const step = 1e-5;
    const slope = (key: 'f' | 'w' | 'b', index: number): number => {
      const values = Float64Array.from(inputs[key]);
      const at = (value: number): number => {
        const changed = values.slice();
        changed[index] = value;
        return referenceStep(filters, batch, { ...inputs, [key]: changed }).loss;
      };
      const here = values[index] as number;
      return (at(here + step) - at(here - step)) / (2 * step);
    };
    const scale = Math.abs(reference.biasGradient[0] as number) + 1e-6;
    expect(Math.abs(slope('b', 0) - (reference.biasGradient[0] as number)) / scale).toBeLessThan(1e-5);
    for (const index of [0, 4 * filters, 9 * filters - 1]) {
      expect(Math.abs(slope('f', index) - (reference.filterGradient[index] as number))).toBeLessThan(
        1e-5 * Math.hypot(...reference.filterGradient) + 1e-9,
      );
    }
    for (const index of [0, 137, 400 * filters - 1]) {
      expect(Math.abs(slope('w', index) - (reference.weightGradient[index] as number))).toBeLessThan(
        1e-5 * Math.hypot(...reference.weightGradient) + 1e-9,
      );
    }
  });

  test('the engine has the same loss and gradients, within 1e-5', () => {
    const model = seedModel(filters, inputs, learningRate);
    const loss = model.trainOnBatch(inputs.x, inputs.y);
    const [df, dw, db] = model.getGradients();
    expect(Math.abs(loss / reference.loss - 1)).toBeLessThan(1e-5);
    expect(relativeError(df?.data ?? [], reference.filterGradient)).toBeLessThan(1e-5);
    expect(relativeError(dw?.data ?? [], reference.weightGradient)).toBeLessThan(1e-5);
    expect(relativeError(db?.data ?? [], reference.biasGradient)).toBeLessThan(1e-5);
    expect(relativeError(df?.data ?? [], jax.filterGradient)).toBeLessThan(1e-5);
    expect(relativeError(dw?.data ?? [], jax.weightGradient)).toBeLessThan(1e-5);
    expect(relativeError(db?.data ?? [], jax.biasGradient)).toBeLessThan(1e-5);
    model.dispose();
  });

  test('200 steps of SGD follow the loss curve of JAX, within 1e-4', () => {
    const model = seedModel(filters, inputs, learningRate);
    let worst = 0;
    for (const expected of jax.curve) {
      worst = Math.max(worst, Math.abs(model.trainOnBatch(inputs.x, inputs.y) / expected - 1));
    }
    expect(jax.curve).toHaveLength(200);
    expect(worst).toBeLessThan(1e-4);
    model.dispose();
  });

  test('explain tells the same step: every product of its factors is what the plan computed', () => {
    const model = seedModel(filters, inputs, learningRate);
    const before = model.getWeights();
    const explanation = model.explain(inputs.x, inputs.y);
    const texts = explanation.equations.map(({ text }) => text);
    expect(texts).toContain('dE/dW = H1 × δᵀ');
    expect(texts).toContain('δ = (O−Y) * O(1−O)');
    expect(texts).toContain('dE/df = conv(X, reshape(W × δ) * H1(1−H1))');
    const weight = explanation.equations.find(({ text }) => text.startsWith('dE/dW'));
    expect(weight?.shapes).toBe(`(${400 * filters}×${batch})·(${batch}×1) = (${400 * filters}×1)`);
    expect(weight?.result.norm).toBeCloseTo(Math.hypot(...reference.weightGradient), 4);
    const filter = explanation.equations.find(({ text }) => text.startsWith('dE/df'));
    expect(filter?.result.shape).toEqual(filters === 1 ? [3, 3] : [filters, 3, 3]);
    expect(explanation.largestError).toBeLessThan(1e-5);
    expect(String(explanation)).toContain('check: product of the factors');
    expect(model.getWeights()).toEqual(before);
    model.dispose();
  });
});
