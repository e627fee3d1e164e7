/** A convolutional network of the size of MNIST's, batch 128: a training step with Adam, and inference. */

import { assertClose } from './check.mjs';
import { numbers } from './numbers.mjs';

const BATCH = 128;
/** Losses of the first two steps as TensorFlow 2.21 computes them, through bench/native/tensorflow_engine.py. */
const LOSSES = [2.4587874, 2.3426046];

const shapes = { k1: [3, 3, 1, 32], b1: [32], k2: [3, 3, 32, 64], b2: [64], w: [1600, 10], b: [10] };
const count = (shape) => shape.reduce((a, b) => a * b);

/** FLOPs of the three weighted layers forward. Backward has twice that, but for the images' gradient. */
const layers = [2 * BATCH * 26 * 26 * 32 * 9, 2 * BATCH * 11 * 11 * 64 * 288, 2 * BATCH * 16000];
const forward = layers.reduce((a, b) => a + b);

function inputs() {
  const weight = (seed, shape, scale) => numbers(seed, count(shape)).map((value) => value * scale);
  return {
    x: numbers(1, BATCH * 784).map((value) => (value + 1) / 2),
    labels: Int32Array.from({ length: BATCH }, (_, n) => (n * 7) % 10),
    k1: weight(2, shapes.k1, 0.5),
    b1: weight(3, shapes.b1, 0.1),
    k2: weight(4, shapes.k2, 0.1),
    b2: weight(5, shapes.b2, 0.1),
    w: weight(6, shapes.w, 0.05),
    b: weight(7, shapes.b, 0.1),
  };
}

const common = { group: 'convnet', batch: BATCH, shapes, rate: 0.001 };

/** Forward, backward and Adam; the answer are the losses of the first two steps. */
export const convnetStep = {
  ...common,
  name: `convnet step, batch ${BATCH}`,
  kind: 'convnet step',
  flops: 3 * forward - layers[0],
  load: () => ({ inputs: inputs(), check: (who, answer) => assertClose(who, answer, LOSSES, 1e-3) }),
};

/** Forward; the answer are the logits. */
export const convnetInference = {
  ...common,
  name: `convnet inference, batch ${BATCH}`,
  kind: 'convnet inference',
  flops: forward,
  load() {
    const values = inputs();
    const expected = logits(values);
    return { inputs: values, check: (who, answer) => assertClose(who, answer, expected, 1e-4) };
  },
};

/** The definition, in double precision. */
function logits({ x, k1, b1, k2, b2, w, b }) {
  const first = pool(convolve(x, 28, 1, k1, b1, 32), 26, 32);
  const second = pool(convolve(first, 13, 32, k2, b2, 64), 11, 64);
  const out = new Float64Array(BATCH * 10);
  for (let n = 0; n < BATCH; n++) {
    for (let unit = 0; unit < 10; unit++) {
      let sum = b[unit];
      for (let index = 0; index < 1600; index++) sum += second[n * 1600 + index] * w[index * 10 + unit];
      out[n * 10 + unit] = sum;
    }
  }
  return out;
}

/** 3×3, valid, relu. */
function convolve(x, side, channels, kernel, bias, filters) {
  const size = side - 2;
  const out = new Float64Array(BATCH * size * size * filters);
  for (let pixel = 0; pixel < BATCH * size * size; pixel++) {
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
function pool(x, side, channels) {
  const size = Math.floor(side / 2);
  const out = new Float64Array(BATCH * size * size * channels).fill(Number.NEGATIVE_INFINITY);
  for (let n = 0; n < BATCH; n++) {
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
