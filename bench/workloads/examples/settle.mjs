/**
 * Averages of normalizations that are frozen. `model.fit` of TensorFlow.js normalizes by the batch there too, Keras and
 * convgrad by the averages. Both compute the same where the averages are those of the batch, as when training has settled.
 */

import { layersOf } from '../described/sizes.mjs';

/** What a frozen layer makes of a batch, in double precision: `(x, rows, made, weights) → numbers`. */
const forward = {
  conv2d: (x, batch, made, { kernel }) =>
    slide(x, batch, made, (row, value, at, channel, channels) => {
      const filters = row.length;
      const start = (at * channels + channel) * filters;
      for (let k = 0; k < filters; k++) row[k] += value * kernel[start + k];
    }),
  depthwiseConv2d: (x, batch, made, { depthwise_kernel: kernel }) =>
    slide(x, batch, made, (row, value, at, channel, channels) => {
      row[channel] += value * kernel[at * channels + channel];
    }),
  activation: (x) => x.map((value) => Math.min(Math.max(value, 0), 6)),
  batchNormalization(x, _batch, { shape }, { gamma, beta, moving_mean: means, moving_variance: variances }) {
    const channels = shape.at(-1);
    const rows = x.length / channels;
    const out = new Float64Array(x.length);
    for (let c = 0; c < channels; c++) {
      let [sum, squares] = [0, 0];
      for (let index = c; index < x.length; index += channels) sum += x[index];
      const mean = sum / rows;
      for (let index = c; index < x.length; index += channels) squares += (x[index] - mean) ** 2;
      const factor = gamma[c] / Math.sqrt(squares / rows + 0.001);
      for (let index = c; index < x.length; index += channels) out[index] = (x[index] - mean) * factor + beta[c];
      means[c] = mean;
      variances[c] = squares / rows;
    }
    return out;
  },
};

/** Sets the averages of a model's frozen layers, which are the first, to those of a batch. Changes `weights`. */
export function settleAverages(model, weights, images, batch) {
  let x = Float64Array.from(images);
  for (const made of layersOf(model)) {
    if (made.learns) return;
    const own = Object.keys(made.weights).map((name) => [name, weights[`${made.layer.name}/${name}`]]);
    x = forward[made.layer.type](x, batch, made, Object.fromEntries(own));
  }
}

/** Calls `add` for each number under each place of a window, padded as `same`: `(row, value, place, channel, channels)`. */
function slide(x, batch, { layer, input, shape }, add) {
  const { kernelSize, strides = 1 } = layer.options;
  const [side, , channels] = input;
  const [size, , filters] = shape;
  const before = Math.floor(Math.max((size - 1) * strides + kernelSize - side, 0) / 2);
  const out = new Float64Array(batch * size * size * filters);
  for (let pixel = 0; pixel < batch * size * size; pixel++) {
    const [n, i, j] = [Math.floor(pixel / (size * size)), Math.floor(pixel / size) % size, pixel % size];
    const row = out.subarray(pixel * filters, (pixel + 1) * filters);
    for (let place = 0; place < kernelSize ** 2; place++) {
      const [y, z] = [
        i * strides - before + Math.floor(place / kernelSize),
        j * strides - before + (place % kernelSize),
      ];
      if (y < 0 || y >= side || z < 0 || z >= side) continue;
      const source = ((n * side + y) * side + z) * channels;
      for (let c = 0; c < channels; c++) add(row, x[source + c], place, c, channels);
    }
  }
  return out;
}
