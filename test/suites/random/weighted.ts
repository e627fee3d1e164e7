/** Layers with a kernel: how the random suite configures and defines them. */

import fc from 'fast-check';
import type { ActivationName } from '../../../ts';
import type { Nodes } from '../../support/tape';
import { activate } from './activations';
import { sequenceConvolutions } from './convolutions1d';
import { activation, type Definition, first, type Given, integer, type Options, two } from './definition';
import { type Border, type ConvolutionSizes, convolve, convolveTransposed, type Two } from './images';

const common = { activation, useBias: fc.boolean() };
/** Kernels up to 11, mostly small. */
const kernelSide = fc.oneof({ weight: 6, arbitrary: integer(1, 4) }, { weight: 1, arbitrary: integer(5, 11) });
const kernel = fc.tuple(kernelSide, kernelSide);
const border: fc.Arbitrary<Border> = fc.oneof(
  fc.constantFrom('valid' as const, 'same' as const),
  integer(0, 3),
  fc.tuple(fc.tuple(integer(0, 3), integer(0, 3)), fc.tuple(integer(0, 3), integer(0, 3))),
);

interface Windowed {
  readonly kernelSize: Two;
  readonly strides: Two;
  readonly dilationRate: Two;
  readonly padding: Border;
}

/** Windows, and how far the image is larger than one window. */
const windowed = fc.record({
  sizes: fc.record({
    kernelSize: kernel,
    strides: two(3),
    dilationRate: two(3),
    padding: border,
  }) as fc.Arbitrary<Windowed>,
  extra: fc.tuple(integer(0, 4), integer(0, 4)),
});

/** An image that has room for a window. */
function room({ kernelSize, dilationRate, padding }: Windowed, extra: Two): [number, number] {
  const side = (direction: 0 | 1): number => {
    const span = (kernelSize[direction] - 1) * dilationRate[direction] + 1;
    if (padding === 'same') return 1 + extra[direction];
    const pads = padding === 'valid' ? [0, 0] : typeof padding === 'number' ? [padding, padding] : padding[direction];
    return Math.max(span - (pads[0] as number) - (pads[1] as number), 1) + extra[direction];
  };
  return [side(0), side(1)];
}

const sizesOf = (options: Options, groups: number): ConvolutionSizes => ({
  strides: options.strides as Two,
  dilations: options.dilationRate as Two,
  padding: options.padding as Border,
  groups,
});
const finish = ({ tape }: Given, z: Nodes, options: Options): Nodes =>
  activate(tape, z, options.activation as ActivationName);
const one = ({ inputs }: Given): Nodes => first(inputs);

const conv2d: Definition = {
  settings: fc
    .record({ windowed, groups: integer(1, 3), depth: integer(1, 5), width: integer(1, 5), options: fc.record(common) })
    .map(({ windowed: { sizes, extra }, groups, depth, width, options }) => ({
      inputShapes: [[...room(sizes, extra), groups * depth]],
      options: { filters: groups * width, groups, ...sizes, ...options },
    })),
  compute(given, options) {
    const [weights, bias] = given.weights as [Nodes, Nodes?];
    const sizes = sizesOf(options, options.groups as number);
    return finish(given, convolve(given.tape, one(given), weights, bias, sizes), options);
  },
};

const conv1d: Definition = {
  settings: fc
    .record({
      options: fc.record({
        ...common,
        kernelSize: kernelSide,
        strides: integer(1, 3),
        dilationRate: integer(1, 3),
        padding: fc.constantFrom('valid', 'same', 'causal'),
        groups: integer(1, 3),
      }),
      depth: integer(1, 5),
      width: integer(1, 5),
      extra: integer(0, 6),
    })
    .map(({ options, depth, width, extra }) => ({
      inputShapes: [
        [
          (options.padding === 'valid' ? (options.kernelSize - 1) * options.dilationRate : 0) + 1 + extra,
          options.groups * depth,
        ],
      ],
      options: { filters: options.groups * width, ...options },
    })),
  compute(given, options) {
    const [weights, bias] = given.weights as [Nodes, Nodes?];
    const x = one(given);
    const before = ((options.kernelSize as number) - 1) * (options.dilationRate as number);
    const causal: Border = [
      [0, 0],
      [before, 0],
    ];
    const z = convolve(
      given.tape,
      { ...x, shape: [x.shape[0] as number, 1, ...x.shape.slice(1)] },
      { ...weights, shape: [1, ...weights.shape] },
      bias,
      {
        strides: [1, options.strides as number],
        dilations: [1, options.dilationRate as number],
        padding: options.padding === 'causal' ? causal : (options.padding as Border),
        groups: options.groups as number,
      },
    );
    return finish(given, { ...z, shape: [z.shape[0] as number, ...z.shape.slice(2)] }, options);
  },
};

const depthwiseSettings = fc.record({
  windowed,
  channels: integer(1, 9),
  options: fc.record({ ...common, depthMultiplier: integer(1, 3) }),
});
const depthwise = (given: Given, options: Options, bias: Nodes | undefined): Nodes => {
  const filters = first(given.weights);
  const [height, width, channels, multiplier] = filters.shape as [number, number, number, number];
  const grouped = { ...filters, shape: [height, width, 1, channels * multiplier] };
  return convolve(given.tape, one(given), grouped, bias, sizesOf(options, channels));
};

const depthwiseConv2d: Definition = {
  settings: depthwiseSettings.map(({ windowed: { sizes, extra }, channels, options }) => ({
    inputShapes: [[...room(sizes, extra), channels]],
    options: { ...sizes, ...options },
  })),
  compute: (given, options) => finish(given, depthwise(given, options, given.weights[1]), options),
};

const separableConv2d: Definition = {
  settings: fc.record({ base: depthwiseSettings, filters: integer(1, 6) }).map(
    ({
      base: {
        windowed: { sizes, extra },
        channels,
        options,
      },
      filters,
    }) => ({
      inputShapes: [[...room(sizes, extra), channels]],
      options: { filters, ...sizes, ...options },
    }),
  ),
  compute(given, options) {
    const [, pointwise, bias] = given.weights as [Nodes, Nodes, Nodes?];
    const between = depthwise(given, options, undefined);
    const sizes: ConvolutionSizes = { strides: [1, 1], dilations: [1, 1], padding: 'valid', groups: 1 };
    return finish(given, convolve(given.tape, between, pointwise, bias, sizes), options);
  },
};

const conv2dTranspose: Definition = {
  settings: fc
    .record({
      options: fc.record({
        ...common,
        filters: integer(1, 5),
        kernelSize: kernel,
        strides: two(3),
        dilationRate: two(3),
        padding: fc.constantFrom('valid' as const, 'same' as const),
      }),
      extra: fc.option(fc.tuple(integer(0, 2), integer(0, 2))),
      shape: fc.tuple(integer(1, 4), integer(1, 4), integer(1, 5)),
    })
    .map(({ options, extra, shape }) => {
      const sides = extra && ([0, 1] as const).map((side) => fitting(options, extra[side], side));
      const outputPadding = sides?.every((size) => size >= 0) && { outputPadding: sides };
      return { inputShapes: [shape], options: { ...options, ...(outputPadding || {}) } };
    }),
  compute(given, options) {
    const [weights, bias] = given.weights as [Nodes, Nodes?];
    const sizes = {
      strides: options.strides as Two,
      dilations: options.dilationRate as Two,
      padding: options.padding as 'valid' | 'same',
      outputPadding: options.outputPadding as Two | undefined,
    };
    return finish(given, convolveTransposed(given.tape, one(given), weights, bias, sizes), options);
  },
};

/** An output padding that a transposed convolution can have: it leads back to the size of the input; −1 for none. */
function fitting(
  options: { kernelSize: Two; strides: Two; dilationRate: Two; padding: 'valid' | 'same' },
  wanted: number,
  side: 0 | 1,
): number {
  const odd = ((options.kernelSize[side] - 1) * options.dilationRate[side] + 1) % 2;
  const least = options.padding === 'same' ? 1 - odd : 0;
  const most = options.strides[side] - 1;
  return least > most ? -1 : Math.min(Math.max(wanted, least), most);
}

const dense: Definition = {
  settings: fc
    .record({
      pixels: fc.array(integer(1, 4), { maxLength: 2 }),
      inputs: integer(1, 40),
      options: fc.record({ ...common, units: integer(1, 20) }),
    })
    .map(({ pixels, inputs, options }) => ({ inputShapes: [[...pixels, inputs]], options })),
  compute(given, options) {
    const [weights, bias] = given.weights as [Nodes, Nodes?];
    const x = one(given);
    const [inputs, units] = weights.shape as [number, number];
    const nodes: number[] = [];
    for (let start = 0; start < x.nodes.length; start += inputs) {
      for (let unit = 0; unit < units; unit++) {
        let sum = bias === undefined ? given.tape.leaf(0) : (bias.nodes[unit] as number);
        for (let index = 0; index < inputs; index++) {
          const weight = weights.nodes[index * units + unit] as number;
          sum = given.tape.multiplyAdd(x.nodes[start + index] as number, weight, sum);
        }
        nodes.push(sum);
      }
    }
    return finish(given, { shape: [...x.shape.slice(0, -1), units], nodes }, options);
  },
};

/** By Keras's class name. */
export const weightedDefinitions: Readonly<Record<string, Definition>> = {
  ...sequenceConvolutions,
  Conv1D: conv1d,
  Conv2D: conv2d,
  Conv2DTranspose: conv2dTranspose,
  Dense: dense,
  DepthwiseConv2D: depthwiseConv2d,
  SeparableConv2D: separableConv2d,
};
