/**
 * Kernels that are bound by memory or by instructions rather than by multiply-add: activations, softmax, pooling, batch
 * normalization, Adam. `bound` says what the least work is: passes over arrays that are read and written, and
 * divisions, roots and other instructions, see bench/bounds.mjs.
 */

import { library } from '../../library.mjs';
import { assertClose } from '../check.mjs';
import { numbers } from '../numbers.mjs';

/** Float32 results of kernels with an exponential. */
const TOLERANCE = 2e-6;

/**
 * Divisions of a value, other instructions of four: crate/src/kernels/exponential.rs, curves.rs and normal.rs, without loads and stores, and for sigmoid
 * without the integers that tell whether all values are small, which other units compute.
 */
const curves = {
  relu: { f: (x) => Math.max(x, 0), slope: (y) => (y > 0 ? 1 : 0), divisions: 0, operations: 1 },
  sigmoid: { f: (x) => 1 / (1 + Math.exp(-x)), slope: (y) => y * (1 - y), divisions: 1, operations: 12 },
  tanh: { f: Math.tanh, slope: (y) => 1 - y * y, divisions: 1, operations: 18 },
  elu: { f: (x) => (x > 0 ? x : Math.expm1(x)), divisions: 0, operations: 16 },
  gelu: { f: (x) => x * normalShare(x), divisions: 1, operations: 29 },
  silu: { f: (x) => x / (1 + Math.exp(-x)), divisions: 1, operations: 13 },
  softplus: { f: (x) => Math.log1p(Math.exp(x)), divisions: 1, operations: 22 },
};

/** The normal distribution, by the series of the error function. */
function normalShare(x) {
  const t = x / Math.SQRT2;
  let [term, sum] = [t, t];
  for (let n = 1; n < 120; n++) {
    term *= (-t * t) / n;
    sum += term / (2 * n + 1);
  }
  return 0.5 + sum / Math.sqrt(Math.PI);
}

/** `y = f(x)`, and the gradient from y where it tells it. FLOPs are counted as one a value. */
export function activations(name, count) {
  const { f, slope, divisions, operations } = curves[name];
  const common = { group: 'elementwise', kind: 'activation', activation: name, count, flops: count };
  const x = () => numbers(1, count).map((value) => value * 4);
  const both = [
    {
      ...common,
      name: `${name} forward ${count}`,
      pass: 'forward',
      bound: {
        passes: [{ reads: { x: count }, writes: { y: count } }],
        divisions: divisions * count,
        operations: (operations * count) / 4,
      },
      load() {
        const inputs = { x: x() };
        return { inputs, check: (who, answer) => assertClose(who, answer, inputs.x.map(f), TOLERANCE) };
      },
    },
    {
      ...common,
      name: `${name} gradient ${count}`,
      pass: 'gradient',
      bound: { passes: [{ reads: { y: count, dy: count }, writes: { dx: count } }] },
      load() {
        const inputs = { y: x().map(f), dy: numbers(2, count) };
        const expected = inputs.dy.map((value, index) => value * slope(inputs.y[index]));
        return { inputs, check: (who, answer) => assertClose(who, answer, expected, TOLERANCE) };
      },
    },
  ];
  return slope === undefined ? both.slice(0, 1) : both;
}

/** Softmax of the rows of a matrix. */
export function softmax(rows, width) {
  const count = rows * width;
  return {
    name: `softmax ${rows}×${width}`,
    group: 'elementwise',
    kind: 'softmax',
    rows,
    width,
    flops: count,
    // The largest 1, the difference 1, the exponential 14, the sum 1, the quotient 1; short rows become columns and rows again,
    // two shuffles each way.
    bound: {
      passes: [{ reads: { x: count }, writes: { y: count } }],
      divisions: rows,
      operations: ((width > 64 ? 18 : 22) * count) / 4,
    },
    load() {
      const inputs = { x: numbers(1, count).map((value) => value * 4) };
      const expected = new Float64Array(count);
      for (let start = 0; start < count; start += width) {
        const row = inputs.x.subarray(start, start + width);
        const sum = row.reduce((total, value) => total + Math.exp(value), 0);
        row.forEach((value, index) => {
          expected[start + index] = Math.exp(value) / sum;
        });
      }
      return { inputs, check: (who, answer) => assertClose(who, answer, expected, TOLERANCE) };
    },
  };
}

/** Max pooling of windows of `size`×`size` without a border, forward and back. */
export function maxPooling(input, size = 2, strides = 2) {
  const sizes = library.resolveConvolution(input, [size, size, input[3], input[3]], { strides }, 'pooling');
  const count = (shape) => shape.reduce((a, b) => a * b);
  const [large, small] = [count(sizes.input), count(sizes.output)];
  const common = { group: 'elementwise', kind: 'maxPool', sizes, window: size, strides, flops: large };
  // Columns of windows' rows, then windows of those: the larger of two values, and for every two pairs a comparison that finds NaN.
  const joined = ((size - 1) * 1.5 * small * (1 + sizes.input[2] / sizes.output[2])) / 4;
  // A pixel of a window is compared with its largest; what a pixel of several gets is added.
  const given = (size * size * (size > strides ? 2 : 1) * small) / 4;
  const taps = Array.from({ length: size * size }, (_, tap) => [Math.floor(tap / size), tap % size]);
  const run = () => {
    const x = numbers(1, large);
    const [y, winner] = [new Float32Array(small), new Uint32Array(small)];
    const [, height, width, channels] = input;
    for (let index = 0; index < small; index++) {
      const c = index % channels;
      const pixel = Math.floor(index / channels);
      const [j, i] = [pixel % sizes.output[2], Math.floor(pixel / sizes.output[2]) % sizes.output[1]];
      const n = Math.floor(pixel / (sizes.output[1] * sizes.output[2]));
      const corner = (n * height + strides * i) * width + strides * j;
      const places = taps.map(([row, column]) => (corner + row * width + column) * channels + c);
      winner[index] = places.reduce((best, place) => (x[place] > x[best] ? place : best));
      y[index] = x[winner[index]];
    }
    return { x, y, winner };
  };
  const step = strides === size ? '' : ` stride ${strides}`;
  const title = (pass) => `max pooling ${size}×${size}${step} ${pass} ${input.join('×')}`;
  return [
    {
      ...common,
      name: title('forward'),
      pass: 'forward',
      bound: { passes: [{ reads: { x: large }, writes: { y: small } }], operations: joined },
      load() {
        const { x, y } = run();
        return { inputs: { x }, check: (who, answer) => assertClose(who, answer, y, 0) };
      },
    },
    {
      ...common,
      name: title('gradient'),
      pass: 'gradient',
      bound: { passes: [{ reads: { x: large, y: small, dy: small }, writes: { dx: large } }], operations: given },
      load() {
        const { x, y, winner } = run();
        const dy = numbers(2, small);
        const expected = new Float32Array(large);
        winner.forEach((place, index) => {
          expected[place] += dy[index];
        });
        return {
          inputs: { x, y, dy },
          check: (who, answer) => assertClose(who, answer, expected, size > strides ? 1e-6 : 0),
        };
      },
    },
  ];
}

/** Batch normalization of a training step: forward with the batch's mean and variance, and its gradients. */
export function batchNormalization(rows, channels) {
  const count = rows * channels;
  const common = { group: 'elementwise', kind: 'batchNorm', rows, channels, flops: count };
  const epsilon = 1e-3;
  const data = () => {
    const x = numbers(1, count);
    const [gamma, beta] = [numbers(2, channels), numbers(3, channels)];
    const [mean, deviation] = [new Float64Array(channels), new Float64Array(channels)];
    for (let index = 0; index < count; index++) mean[index % channels] += x[index] / rows;
    for (let index = 0; index < count; index++) {
      deviation[index % channels] += (x[index] - mean[index % channels]) ** 2 / rows;
    }
    deviation.forEach((variance, c) => {
      deviation[c] = 1 / Math.sqrt(variance + epsilon);
    });
    return {
      x,
      gamma,
      beta,
      mean,
      deviation,
      normal: (index) => (x[index] - mean[index % channels]) * deviation[index % channels],
    };
  };
  return [
    {
      ...common,
      name: `batch normalization forward ${rows}×${channels}`,
      pass: 'forward',
      epsilon,
      // Mean and variance, then the result: the second reading finds the data in a cache, if it is small enough.
      // Two differences, a sum and two products with one.
      bound: {
        passes: [{ reads: { x: count } }, { reads: { x: count }, writes: { y: count } }],
        operations: (5 * count) / 4,
      },
      load() {
        const { x, gamma, beta, normal } = data();
        const expected = Float64Array.from(
          x,
          (_, index) => gamma[index % channels] * normal(index) + beta[index % channels],
        );
        return { inputs: { x, gamma, beta }, check: (who, answer) => assertClose(who, answer, expected, 1e-5) };
      },
    },
    {
      ...common,
      name: `batch normalization gradient ${rows}×${channels}`,
      pass: 'gradient',
      epsilon,
      // Both sums, then the result.
      bound: {
        passes: [{ reads: { x: count, dy: count } }, { reads: { x: count, dy: count }, writes: { dx: count } }],
        operations: (7 * count) / 4,
      },
      load() {
        const { x, gamma, mean, deviation, normal } = data();
        const dy = numbers(4, count);
        const [sum, product] = [new Float64Array(channels), new Float64Array(channels)];
        for (let index = 0; index < count; index++) {
          sum[index % channels] += dy[index] / rows;
          product[index % channels] += (dy[index] * normal(index)) / rows;
        }
        const expected = Float64Array.from(dy, (value, index) => {
          const c = index % channels;
          return gamma[c] * deviation[c] * (value - sum[c] - normal(index) * product[c]);
        });
        const statistics = Float32Array.from([...mean, ...deviation]);
        return {
          inputs: { x, gamma, dy, statistics },
          check: (who, answer) => assertClose(who, answer, expected, 1e-5),
        };
      },
    },
  ];
}

/** Layer normalization and its gradients, and the gradient of a bias: sums along and across the rows of a matrix. */
export function rowSums(rows, channels) {
  const count = rows * channels;
  const common = { group: 'elementwise', rows, channels, flops: count };
  const epsilon = 1e-3;
  const data = () => {
    const [x, gamma, beta] = [numbers(1, count), numbers(2, channels), numbers(3, channels)];
    const [normal, means, deviations] = [new Float64Array(count), [], []];
    for (let start = 0; start < count; start += channels) {
      const row = x.subarray(start, start + channels);
      const mean = row.reduce((sum, value) => sum + value / channels, 0);
      const variance = row.reduce((sum, value) => sum + (value - mean) ** 2 / channels, 0);
      means.push(mean);
      deviations.push(1 / Math.sqrt(variance + epsilon));
      row.forEach((value, c) => {
        normal[start + c] = (value - mean) * deviations.at(-1);
      });
    }
    return { x, gamma, beta, normal, means, deviations };
  };
  return [
    {
      ...common,
      kind: 'layerNorm',
      pass: 'forward',
      name: `layer normalization forward ${rows}×${channels}`,
      epsilon,
      // The mean 1, the variance 2, the result 3; a row stays in the first-level cache.
      bound: {
        passes: [{ reads: { x: count }, writes: { y: count } }],
        divisions: rows,
        operations: (6 * count) / 4,
      },
      load() {
        const { x, gamma, beta, normal } = data();
        const expected = normal.map((value, index) => value * gamma[index % channels] + beta[index % channels]);
        return { inputs: { x, gamma, beta }, check: (who, answer) => assertClose(who, answer, expected, 1e-5) };
      },
    },
    {
      ...common,
      kind: 'layerNorm',
      pass: 'gradient',
      name: `layer normalization gradient ${rows}×${channels}`,
      // The normalized value 2, its gradient 1, both means 2, the sums of the columns 2, the result 3.
      bound: {
        passes: [{ reads: { x: count, dy: count }, writes: { dx: count } }],
        operations: (10 * count) / 4,
      },
      load() {
        const { x, gamma, normal, means, deviations } = data();
        const dy = numbers(4, count);
        const expected = new Float64Array(count);
        for (let start = 0; start < count; start += channels) {
          const g = dy.subarray(start, start + channels).map((value, c) => value * gamma[c]);
          const mean = g.reduce((sum, value) => sum + value / channels, 0);
          const slope = g.reduce((sum, value, c) => sum + (value * normal[start + c]) / channels, 0);
          g.forEach((value, c) => {
            expected[start + c] = (value - mean - normal[start + c] * slope) * deviations[start / channels];
          });
        }
        const statistics = Float32Array.from([...means, ...deviations]);
        return {
          inputs: { x, gamma, dy, statistics },
          check: (who, answer) => assertClose(who, answer, expected, 1e-5),
        };
      },
    },
    {
      ...common,
      kind: 'biasGradient',
      name: `bias gradient ${rows}×${channels}`,
      bound: { passes: [{ reads: { dy: count }, writes: { db: channels } }], operations: count / 4 },
      load() {
        const dy = numbers(1, count);
        const expected = new Float64Array(channels);
        dy.forEach((value, index) => {
          expected[index % channels] += value;
        });
        return { inputs: { dy }, check: (who, answer) => assertClose(who, answer, expected, 1e-4) };
      },
    },
  ];
}

/** One update of Adam; the answer are the parameters after it. */
export function adamUpdate(count) {
  const scalars = [0.001, 0.9, 0.999, 1e-7];
  return {
    name: `Adam ${count}`,
    group: 'elementwise',
    kind: 'adam',
    count,
    scalars,
    flops: 12 * count,
    // Gradients are read; parameters, means and squares are read and written in their place.
    bound: {
      passes: [{ reads: { g: count, p: count, m: count, v: count }, writes: { p: count, m: count, v: count } }],
      divisions: count,
      roots: count,
    },
    load() {
      const [parameters, gradients, mean] = [1, 2, 3].map((seed) => numbers(seed, count));
      const square = numbers(4, count).map((value) => value * value + 0.01);
      const [rate, beta1, beta2, epsilon] = scalars.map(Math.fround);
      const expected = parameters.map((p, index) => {
        const g = gradients[index];
        const m = beta1 * mean[index] + (1 - beta1) * g;
        return p - (rate * m) / (Math.sqrt(beta2 * square[index] + (1 - beta2) * g * g) + epsilon);
      });
      const inputs = { parameters, gradients, mean, square };
      return { inputs, check: (who, answer) => assertClose(who, answer, expected, TOLERANCE) };
    },
  };
}
