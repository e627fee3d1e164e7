/** What follows from the description of a model: shapes, weights, FLOPs. */

import { numbers } from '../numbers.mjs';

const count = (shape) => shape.reduce((a, b) => a * b, 1);

/** Pixels along a side. */
function windows(side, { kernelSize, strides = 1, padding = 'valid' }) {
  return padding === 'same' ? Math.ceil(side / strides) : Math.floor((side - kernelSize) / strides) + 1;
}

/** For each type: `(options, shape) → { shape, weights, taps }`; `taps` are multiplications for a number of the output. */
const types = {
  conv2d({ filters, kernelSize, useBias = true, ...options }, [side, , channels]) {
    const out = windows(side, { kernelSize, ...options });
    const kernel = { kernel: [kernelSize, kernelSize, channels, filters] };
    const weights = useBias ? { ...kernel, bias: [filters] } : kernel;
    return { shape: [out, out, filters], weights, taps: kernelSize ** 2 * channels };
  },
  depthwiseConv2d(options, [side, , channels]) {
    const out = windows(side, options);
    const weights = { depthwise_kernel: [options.kernelSize, options.kernelSize, channels, 1] };
    return { shape: [out, out, channels], weights, taps: options.kernelSize ** 2 };
  },
  dense({ units, useBias = true }, [width]) {
    const kernel = { kernel: [width, units] };
    return { shape: [units], weights: useBias ? { ...kernel, bias: [units] } : kernel, taps: width };
  },
  batchNormalization(_options, shape) {
    const vector = [shape.at(-1)];
    return { shape, weights: { gamma: vector, beta: vector, moving_mean: vector, moving_variance: vector } };
  },
  maxPooling2d: ({ poolSize, strides }, [side, , channels]) => {
    const out = windows(side, { kernelSize: poolSize, strides });
    return { shape: [out, out, channels] };
  },
  globalAveragePooling2d: (_options, shape) => ({ shape: [shape.at(-1)] }),
  flatten: (_options, shape) => ({ shape: [count(shape)] }),
  activation: (_options, shape) => ({ shape }),
  add: (_options, shape) => ({ shape }),
};

/** The layers that are no models, in their order: `{ layer, input, shape, weights, taps, learns }`. */
export function layersOf({ input, layers, trainable = true }) {
  const shapes = new Map();
  let last = input;
  return layers.flatMap((layer) => {
    const from = layer.from === undefined ? last : shapes.get(layer.from[0]);
    const made =
      layer.type === 'model'
        ? layersOf(layer)
        : [{ layer, input: from, learns: trainable, weights: {}, taps: 0, ...types[layer.type](layer.options, from) }];
    last = made.at(-1).shape;
    shapes.set(layer.name, last);
    return made;
  });
}

/** All weights, `{ name: 'layer/weight', values }`: the same in every run. */
export function weightsOf(model) {
  const named = layersOf(model).flatMap(({ layer, weights, taps }) =>
    Object.entries(weights).map(([name, shape]) => ({ layer: layer.name, name, shape, taps })),
  );
  return named.map(({ layer, name, shape, taps }, index) => {
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
    return { name: `${layer}/${name}`, values };
  });
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
