/**
 * Layers beside convolutions and matrices in double precision: their outputs and gradients from the factors that the matrix
 * form shows. Layers that are not here are told by their factors alone.
 */

import { activationOf, toldActivations } from './activations';
import type { Define, Definition, Seen } from './definition';
import { merges } from './merges';
import {
  columnSums,
  convolve,
  convolveForFilter,
  convolveForInput,
  product,
  productTransposed,
  transposedProduct,
} from './products';
import { depthwiseSizes } from './weighted';

const map = (values: Float32Array, f: (value: number, index: number) => number): Float64Array =>
  Float64Array.from(values, f);
const ones = (size: number): Float32Array => new Float32Array(size).fill(1);

/** A function of single values and its slope by its input. */
function elementwise(name: string, apply: (x: number) => number, slope: (x: number) => number): Define {
  return ({ x, dy }) => ({
    output: { text: `${name}(X)`, expected: () => map(x, apply) },
    inputs: [{ text: `dY * ${name}′(X)`, expected: () => map(dy, (g, index) => g * slope(x[index] as number)) }],
  });
}

/** Which values are normalized together. */
interface Grouping {
  /** Number of groups. */
  readonly groups: number;
  /** The group of a value. */
  groupOf(index: number): number;
}

/** Each channel by itself, over all rows. */
function byChannel({ layer }: Seen): Grouping {
  const channels = layer.outputShape.at(-1) ?? 1;
  return { groups: channels, groupOf: (index) => index % channels };
}

/** Each row by itself, or `parts` groups of channels of each sample. */
function bySample({ layer, batch, x }: Seen, given?: number): Grouping {
  const channels = layer.outputShape.at(-1) ?? 1;
  // As many groups as channels are -1.
  const parts = given === -1 ? channels : given;
  if (parts === undefined) return { groups: x.length / channels, groupOf: (index) => Math.floor(index / channels) };
  const size = x.length / batch;
  const groupOf = (index: number): number =>
    Math.floor(index / size) * parts + Math.floor(((index % channels) * parts) / channels);
  return { groups: batch * parts, groupOf };
}

/** `γ·x̂ + β`. */
function normalization({ layer, x, dy, find }: Seen, { groups, groupOf }: Grouping): Definition {
  const channels = layer.outputShape.at(-1) ?? 1;
  const { epsilon = 0 } = layer.config as { epsilon?: number };
  const gamma = find('gamma') ?? ones(channels);
  const beta = find('beta') ?? new Float32Array(channels);
  const mean = (values: ArrayLike<number>): Float64Array => {
    const sums = new Float64Array(groups);
    for (let index = 0; index < values.length; index++) {
      sums[groupOf(index)] = (sums[groupOf(index)] as number) + (values[index] as number) / (x.length / groups);
    }
    return sums;
  };
  // Moving averages, where the plan had no statistics of its own.
  const moves = find('moving_mean') !== undefined && find('statistics') === undefined;
  const center = moves ? Float64Array.from(find('moving_mean') ?? []) : mean(x);
  const distance = map(x, (value, index) => value - (center[groupOf(index)] as number));
  const variance = moves ? Float64Array.from(find('moving_variance') ?? []) : mean(distance.map((d) => d * d));
  const inverse = variance.map((value) => 1 / Math.sqrt(value + epsilon));
  const unit = distance.map((value, index) => value * (inverse[groupOf(index)] as number));
  const scaled = map(dy, (g, index) => g * (gamma[index % channels] as number));
  const back = (): Float64Array => {
    const [first, second] = moves
      ? [new Float64Array(groups), new Float64Array(groups)]
      : [mean(scaled), mean(scaled.map((g, index) => g * (unit[index] as number)))];
    return scaled.map((g, index) => {
      const group = groupOf(index);
      return (
        (inverse[group] as number) *
        (g - (first[group] as number) - (unit[index] as number) * (second[group] as number))
      );
    });
  };
  const sums = (values: Float64Array): Float64Array => columnSums(Float32Array.from(values), channels);
  const factor = find('gamma') === undefined ? '' : 'gamma * ';
  const shift = find('beta') === undefined ? '' : ' + beta';
  return {
    output: {
      text: `${factor}X̂${shift}, X̂ = (X − mean)/√(variance + ε)`,
      expected: () =>
        unit.map((value, index) => value * (gamma[index % channels] as number) + (beta[index % channels] as number)),
    },
    weights: {
      gamma: { text: 'Σ dY * X̂', expected: () => sums(map(dy, (g, index) => g * (unit[index] as number))) },
      beta: { text: 'Σ dY', expected: () => columnSums(dy, channels) },
    },
    inputs: [
      {
        text: moves ? `${factor}dY/√(variance + ε)` : `(G − mean G − X̂ * mean(G * X̂))/√(variance + ε), G = ${factor}dY`,
        expected: back,
      },
    ],
  };
}

/** A depthwise convolution, then a matrix for every pixel. */
function separable({ layer, batch, x, find }: Seen): Definition {
  const depthwise = find('depthwise_kernel') as Float32Array;
  const pointwise = find('pointwise_kernel') as Float32Array;
  const bias = find('bias');
  const filters = layer.outputShape.at(-1) ?? 1;
  const middle = pointwise.length / filters;
  const sizes = depthwiseSizes(layer, batch, layer.weights[0]?.shape ?? []);
  const between = Float32Array.from(convolve(sizes, x, depthwise, undefined));
  const rows = between.length / middle;
  const dz = find('pointwise dz') ?? new Float32Array(0);
  const back = (): Float32Array => Float32Array.from(productTransposed(dz, pointwise, [rows, middle, filters]));
  const told = toldActivations[activationOf(layer.config)];
  return {
    output: {
      text: 'activation(pointwise_kernelᵀ·H + bias), H = depthwise(X, depthwise_kernel)',
      expected: () =>
        told === undefined ? undefined : product(between, pointwise, bias, [rows, middle, filters]).map(told.apply),
    },
    weights: {
      depthwise_kernel: {
        text: 'depthwise(X, pointwise_kernel × dZ)',
        expected: () => convolveForFilter(sizes, x, back()),
      },
      pointwise_kernel: { text: 'H × dZᵀ', expected: () => transposedProduct(between, dz, rows, middle, filters) },
      bias: { text: 'Σ dZ', expected: () => columnSums(dz, filters) },
    },
    inputs: [
      {
        text: 'depthwise′(pointwise_kernel × dZ, depthwise_kernel)',
        expected: () => convolveForInput(sizes, back(), depthwise),
      },
    ],
  };
}

/** What was dropped is seen by the output; where the input is 0 nothing can be seen, and the plan's value stands. */
const noise: Define = ({ x, dy, find }) => ({
  inputs: [
    {
      text: 'dY * Y/X',
      expected: () =>
        map(dy, (g, index) => {
          const input = x[index] as number;
          return input === 0 ? (find('dx')?.[index] as number) : (g * (find('y')?.[index] as number)) / input;
        }),
    },
  ],
});

const same: Define = ({ x, dy }) => ({
  output: { text: 'reshape(X)', expected: () => map(x, (value) => value) },
  inputs: [{ text: 'reshape(dY)', expected: () => map(dy, (value) => value) }],
});

const alphaOf = ({ layer }: Seen): number => (layer.config as { alpha?: number }).alpha ?? 0;

/** Definitions by the class names of layers. */
export const definitions: Readonly<Record<string, Define>> = {
  ...merges,
  BatchNormalization: (seen) => normalization(seen, byChannel(seen)),
  // Over the last dimension only.
  LayerNormalization: (seen) =>
    (seen.layer.config as { axis?: unknown }).axis === -1 ? normalization(seen, bySample(seen)) : {},
  GroupNormalization: (seen) => normalization(seen, bySample(seen, seen.layer.config.groups as number)),
  SeparableConv1D: separable,
  SeparableConv2D: separable,
  Dropout: noise,
  SpatialDropout1D: noise,
  SpatialDropout2D: noise,
  Reshape: same,
  ReLU(seen) {
    const {
      negativeSlope = 0,
      threshold = 0,
      maxValue = Number.POSITIVE_INFINITY,
    } = seen.layer.config as {
      negativeSlope?: number;
      threshold?: number;
      maxValue?: number;
    };
    const apply = (x: number): number => (x >= threshold ? Math.min(x, maxValue) : negativeSlope * (x - threshold));
    const slope = (x: number): number => (x > threshold ? Number(x < maxValue) : negativeSlope);
    return elementwise('relu', apply, slope)(seen);
  },
  LeakyReLU: (seen) => {
    const alpha = alphaOf(seen);
    return elementwise(
      'leakyRelu',
      (x) => (x > 0 ? x : alpha * x),
      (x) => (x > 0 ? 1 : alpha),
    )(seen);
  },
  ELU: (seen) => {
    const alpha = alphaOf(seen);
    return elementwise(
      'elu',
      (x) => (x > 0 ? x : alpha * Math.expm1(x)),
      (x) => (x > 0 ? 1 : alpha * Math.exp(x)),
    )(seen);
  },
  PReLU({ x, dy, find }) {
    const alpha = find('alpha') as Float32Array;
    const slope = (index: number): number => ((x[index] as number) > 0 ? 1 : (alpha[index % alpha.length] as number));
    const below = map(dy, (g, index) => g * Math.min(x[index] as number, 0));
    return {
      output: { text: 'max(X, 0) + alpha * min(X, 0)', expected: () => map(x, (value, index) => value * slope(index)) },
      weights: {
        alpha: { text: 'Σ dY * min(X, 0)', expected: () => columnSums(Float32Array.from(below), alpha.length) },
      },
      inputs: [{ text: 'dY * (X>0 or alpha)', expected: () => map(dy, (g, index) => g * slope(index)) }],
    };
  },
  Rescaling({ layer, x, dy }) {
    const { scale, offset } = layer.config;
    if (typeof scale !== 'number' || typeof offset !== 'number') return {};
    return {
      output: { text: `${scale}·X + ${offset}`, expected: () => map(x, (value) => value * scale + offset) },
      inputs: [{ text: `${scale}·dY`, expected: () => map(dy, (g) => g * scale) }],
    };
  },
};
