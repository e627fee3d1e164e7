/** What follows from the description of a model: shapes, weights, samples, FLOPs. */

import { numbers } from '../numbers.mjs';

/** The product of a shape's sizes. */
export const count = (shape) => shape.reduce((a, b) => a * b, 1);

/** Pixels along a side. */
function windows(side, { kernelSize, strides = 1, padding = 'valid' }) {
  return padding === 'valid' ? Math.floor((side - kernelSize) / strides) + 1 : Math.ceil(side / strides);
}

/** Height and width of what windows of so many rows and columns make of images. */
function images([height, width], [rows, columns], { strides = 1, ...options }) {
  const [down, right] = pair(strides);
  return [
    windows(height, { ...options, kernelSize: rows, strides: down }),
    windows(width, { ...options, kernelSize: columns, strides: right }),
  ];
}

const pair = (size) => (typeof size === 'number' ? [size, size] : size);

/** Kernels and, if there is one, their bias. */
const withBias = (kernels, filters, useBias = true) => (useBias ? { ...kernels, bias: [filters] } : kernels);

/** A pooling of images, whose windows are as far apart as they are wide unless their strides are said. */
const pooling = ({ poolSize, strides = poolSize, padding }, shape) => ({
  shape: [...images(shape, pair(poolSize), { strides, padding }), shape[2]],
});
const averaged = (_options, shape) => ({ shape: [shape.at(-1)] });
const unchanged = (_options, shape) => ({ shape });

/**
 * For each type: `(options, shape, shapes) → { shape, weights, taps }`; `shapes` are those of all that the layer takes,
 * `taps` are multiplications for a number of the output.
 */
const types = {
  conv2d({ filters, kernelSize, useBias, ...options }, shape) {
    const kernel = [...pair(kernelSize), shape[2]];
    const weights = withBias({ kernel: [...kernel, filters] }, filters, useBias);
    return { shape: [...images(shape, kernel, options), filters], weights, taps: count(kernel) };
  },
  conv2dTranspose({ filters, kernelSize, strides, useBias }, [height, width, channels]) {
    const weights = withBias({ kernel: [kernelSize, kernelSize, filters, channels] }, filters, useBias);
    return {
      shape: [height * strides, width * strides, filters],
      weights,
      taps: (kernelSize ** 2 * channels) / strides ** 2,
    };
  },
  conv1d({ filters, kernelSize, useBias, ...options }, [length, channels]) {
    const weights = withBias({ kernel: [kernelSize, channels, filters] }, filters, useBias);
    return { shape: [windows(length, { kernelSize, ...options }), filters], weights, taps: kernelSize * channels };
  },
  depthwiseConv2d({ kernelSize, useBias, depthMultiplier = 1, ...options }, shape) {
    const [taps, channels] = [pair(kernelSize), shape[2]];
    const filters = channels * depthMultiplier;
    const kernel = { depthwise_kernel: [...taps, channels, depthMultiplier] };
    const weights = withBias(kernel, filters, useBias);
    return { shape: [...images(shape, taps, options), filters], weights, taps: count(taps) };
  },
  separableConv2d({ filters, kernelSize, useBias, ...options }, shape) {
    const [taps, channels] = [pair(kernelSize), shape[2]];
    const kernels = { depthwise_kernel: [...taps, channels, 1], pointwise_kernel: [1, 1, channels, filters] };
    const weights = withBias(kernels, filters, useBias);
    const products = channels * (1 + count(taps) / filters);
    return { shape: [...images(shape, taps, options), filters], weights, taps: products };
  },
  dense({ units, useBias }, shape) {
    const width = shape.at(-1);
    return {
      shape: [...shape.slice(0, -1), units],
      weights: withBias({ kernel: [width, units] }, units, useBias),
      taps: width,
    };
  },
  batchNormalization(_options, shape) {
    const vector = [shape.at(-1)];
    return { shape, weights: { gamma: vector, beta: vector, moving_mean: vector, moving_variance: vector } };
  },
  layerNormalization: (_options, shape) => ({ shape, weights: { gamma: [shape.at(-1)], beta: [shape.at(-1)] } }),
  maxPooling2d: pooling,
  averagePooling2d: pooling,
  upSampling2d: ({ size }, [height, width, channels]) => ({ shape: [height * size[0], width * size[1], channels] }),
  globalAveragePooling2d: averaged,
  globalAveragePooling1d: averaged,
  globalMaxPooling1d: averaged,
  permute: ({ dims }, shape) => ({ shape: dims.map((axis) => shape[axis - 1]) }),
  flatten: (_options, shape) => ({ shape: [count(shape)] }),
  reshape: ({ targetShape }) => ({ shape: targetShape }),
  concatenate: (_options, shape, shapes) => ({
    shape: [...shape.slice(0, -1), shapes.reduce((sum, each) => sum + each.at(-1), 0)],
  }),
  activation: unchanged,
  add: unchanged,
  multiply: unchanged,
};

/** The layers that are no models, in their order: `{ layer, input, shape, weights, taps, learns }`. */
export function layersOf({ input, layers, trainable = true }) {
  const shapes = new Map();
  let last = input;
  return layers.flatMap((layer) => {
    const from = layer.from === undefined ? [last] : layer.from.map((name) => shapes.get(name));
    const sizes = () => types[layer.type](layer.options, from[0], from);
    const made =
      layer.type === 'model'
        ? layersOf(layer)
        : [{ layer, input: from[0], learns: trainable, weights: {}, taps: 0, ...sizes() }];
    last = made.at(-1).shape;
    shapes.set(layer.name, last);
    return made;
  });
}

/** The values of all weights by `layer/weight`: the same in every run. */
export function weightsOf(model) {
  const named = layersOf(model).flatMap(({ layer, weights, taps }) =>
    Object.entries(weights).map(([name, shape]) => ({ layer: layer.name, name, shape, taps })),
  );
  const entries = named.map(({ layer, name, shape, taps }, index) => {
    const noise = numbers(index + 2, count(shape));
    const first = {
      gamma: (value) => 1 + 0.1 * value,
      moving_mean: () => 0,
      moving_variance: () => 1,
      beta: (value) => 0.1 * value,
      bias: (value) => 0.1 * value,
    };
    // As wide as He's uniform initializer.
    const values = noise.map(first[name] ?? ((value) => value * Math.sqrt(6 / taps)));
    return [`${layer}/${name}`, values];
  });
  return Object.fromEntries(entries);
}

/** Samples of a model: the same numbers from 0 to 1 in every run. */
export function samplesOf({ input }, batch) {
  return numbers(1, batch * count(input)).map((value) => (value + 1) / 2);
}

/** A class for each sample, as a one among zeros. */
export function oneHot(batch, classes) {
  const y = new Float32Array(batch * classes);
  for (let n = 0; n < batch; n++) y[n * classes + ((n * 7) % classes)] = 1;
  return y;
}

/** FLOPs of a forward pass for a sample, by the layers with kernels. */
export function forwardFlopsOf(model) {
  return layersOf(model).reduce((sum, { shape, taps }) => sum + 2 * taps * count(shape), 0);
}

/**
 * FLOPs of a training step for a sample, by the layers with kernels: forward; once more for the gradient of a kernel that
 * learns, and once more for that of the layer's input where a layer before it learns.
 */
export function flopsOf(model) {
  let behind = false;
  let flops = 0;
  for (const { shape, taps, learns, weights } of layersOf(model)) {
    flops += 2 * taps * count(shape) * (1 + Number(learns) + Number(behind));
    behind ||= learns && Object.keys(weights).length > 0;
  }
  return flops;
}
