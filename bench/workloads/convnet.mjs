/** A convolutional network of the size of MNIST's, batch 128: a training step with Adam, and inference. */

import { assertClose } from './check.mjs';
import { numbers } from './numbers.mjs';

/** Losses of the first two steps of batch 128, by TensorFlow 2.21 through bench/native/tensorflow_engine.py. */
const LOSSES = [2.4587874, 2.3426046];

const shapes = { k1: [3, 3, 1, 32], b1: [32], k2: [3, 3, 32, 64], b2: [64], w: [1600, 10], b: [10] };
const count = (shape) => shape.reduce((a, b) => a * b);

/** FLOPs of the three weighted layers forward, for a sample. Backward has twice that, but for the images' gradient. */
const layers = [2 * 26 * 26 * 32 * 9, 2 * 11 * 11 * 64 * 288, 2 * 16000];
const forward = layers.reduce((a, b) => a + b);

function inputs(batch) {
  const weight = (seed, shape, scale) => numbers(seed, count(shape)).map((value) => value * scale);
  return {
    x: numbers(1, batch * 784).map((value) => (value + 1) / 2),
    labels: Int32Array.from({ length: batch }, (_, n) => (n * 7) % 10),
    k1: weight(2, shapes.k1, 0.5),
    b1: weight(3, shapes.b1, 0.1),
    k2: weight(4, shapes.k2, 0.1),
    b2: weight(5, shapes.b2, 0.1),
    w: weight(6, shapes.w, 0.05),
    b: weight(7, shapes.b, 0.1),
  };
}

const common = { group: 'convnet', shapes, rate: 0.001 };

/** Forward, backward and Adam; the answer are the losses of the first two steps. */
export function convnetStep(batch) {
  return {
    ...common,
    name: `convnet step, batch ${batch}`,
    kind: 'convnet step',
    batch,
    flops: batch * (3 * forward - layers[0]),
    load() {
      const values = inputs(batch);
      // The definition here has no gradients: of other batches only the first loss is known.
      const expected = batch === 128 ? LOSSES : [meanLoss(logits(values, batch), values.labels)];
      const check = (who, answer) => assertClose(who, answer.slice(0, expected.length), expected, 1e-3);
      return { inputs: values, check };
    },
  };
}

/** Epochs of {@link convnetFit}, and steps of each. */
const FIT = { epochs: 5, steps: 2 };

/** Training by a call of `fit`, with all that it does around its ten steps; the answer is the first epoch's loss. */
export function convnetFit(batch) {
  const one = convnetStep(batch);
  const steps = FIT.epochs * FIT.steps;
  return {
    ...one,
    ...FIT,
    name: `convnet fit, ${steps} steps of ${batch}`,
    kind: 'convnet fit',
    flops: steps * one.flops,
    load() {
      // Each step takes the same samples, so that the losses of the first two are known.
      const { x, labels, ...weights } = inputs(batch);
      const [data, names] = [new Float32Array(FIT.steps * x.length), new Int32Array(FIT.steps * batch)];
      for (let step = 0; step < FIT.steps; step++) {
        data.set(x, step * x.length);
        names.set(labels, step * batch);
      }
      const expected = [LOSSES.reduce((a, b) => a + b) / LOSSES.length];
      return {
        inputs: { x: data, labels: names, ...weights },
        check: (who, answer) => assertClose(who, answer, expected, 1e-3),
      };
    },
  };
}

/** Forward; the answer are the logits. */
export function convnetInference(batch) {
  return {
    ...common,
    name: `convnet inference, batch ${batch}`,
    kind: 'convnet inference',
    batch,
    flops: batch * forward,
    load() {
      const values = inputs(batch);
      const expected = logits(values, batch);
      return { inputs: values, check: (who, answer) => assertClose(who, answer, expected, 1e-4) };
    },
  };
}

function meanLoss(values, labels) {
  const losses = [...labels].map((label, n) => {
    const row = [...values.subarray(10 * n, 10 * n + 10)];
    return Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0)) - row[label];
  });
  return losses.reduce((a, b) => a + b) / labels.length;
}

/** The definition, in double precision. */
function logits({ x, k1, b1, k2, b2, w, b }, batch) {
  const first = pool(convolve(x, batch, 28, 1, k1, b1, 32), batch, 26, 32);
  const second = pool(convolve(first, batch, 13, 32, k2, b2, 64), batch, 11, 64);
  const out = new Float64Array(batch * 10);
  for (let n = 0; n < batch; n++) {
    for (let unit = 0; unit < 10; unit++) {
      let sum = b[unit];
      for (let index = 0; index < 1600; index++) sum += second[n * 1600 + index] * w[index * 10 + unit];
      out[n * 10 + unit] = sum;
    }
  }
  return out;
}

/** 3×3, valid, relu. */
function convolve(x, batch, side, channels, kernel, bias, filters) {
  const size = side - 2;
  const out = new Float64Array(batch * size * size * filters);
  for (let pixel = 0; pixel < batch * size * size; pixel++) {
    const [n, i, j] = [Math.floor(pixel / (size * size)), Math.floor(pixel / size) % size, pixel % size];
    const row = out.subarray(pixel * filters, (pixel + 1) * filters);
    row.set(bias);
    for (let tap = 0; tap < 9; tap++) {
      const source = ((n * side + i + Math.floor(tap / 3)) * side + j + (tap % 3)) * channels;
      for (let c = 0; c < channels; c++) {
        const value = x[source + c];
        const at = (tap * channels + c) * filters;
        for (let k = 0; k < filters; k++) row[k] += value * kernel[at + k];
      }
    }
    for (let k = 0; k < filters; k++) if (row[k] < 0) row[k] = 0;
  }
  return out;
}

/** The largest of each 2×2. */
function pool(x, batch, side, channels) {
  const size = Math.floor(side / 2);
  const out = new Float64Array(batch * size * size * channels).fill(Number.NEGATIVE_INFINITY);
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < 2 * size; i++) {
      for (let j = 0; j < 2 * size; j++) {
        const source = ((n * side + i) * side + j) * channels;
        const target = ((n * size + (i >> 1)) * size + (j >> 1)) * channels;
        for (let c = 0; c < channels; c++) out[target + c] = Math.max(out[target + c], x[source + c]);
      }
    }
  }
  return out;
}
