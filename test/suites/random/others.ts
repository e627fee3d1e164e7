/** Layers without a kernel: how the random suite configures and defines them. */

import fc from 'fast-check';
import type { ActivationName } from '../../../ts';
import { activationNames } from '../../../ts/layers/activations';
import type { Nodes } from '../../support/tape';
import { activate, eluCurve, leakyCurve, mapNodes } from './activations';
import { anyShape, type Definition, first, type Given, image, integer, type Options, two } from './definition';
import { type Border, indices, pool, type Two } from './images';
import { merge } from './merges';

const plain = { settings: anyShape.map((shape) => ({ inputShapes: [shape], options: {} })) };
const one = ({ inputs }: Given): Nodes => first(inputs);
const slope = fc.record({ alpha: fc.constantFrom(0, 0.125, 0.5, 1) });

/** A layer that applies a function to each number. */
export function pointwise(options: fc.Arbitrary<Options>, compute: Definition['compute']): Definition {
  return {
    settings: fc.tuple(anyShape, options).map(([shape, chosen]) => ({ inputShapes: [shape], options: chosen })),
    compute,
  };
}

function pooling(kind: 'max' | 'average'): Definition {
  return {
    settings: fc
      .record({
        options: fc.record({ poolSize: two(4), strides: two(4), padding: fc.constantFrom('valid', 'same') }),
        extra: fc.tuple(integer(0, 5), integer(0, 5), integer(1, 9)),
      })
      .map(({ options, extra: [height, width, channels] }) => ({
        inputShapes: [[options.poolSize[0] + height, options.poolSize[1] + width, channels]],
        options,
      })),
    compute: (given, options) =>
      pool(given.tape, one(given), kind, options as { poolSize: Two; strides: Two; padding: Border }),
  };
}

function globalPooling(kind: 'max' | 'average'): Definition {
  return {
    settings: fc
      .tuple(image, fc.record({ keepDims: fc.boolean() }))
      .map(([shape, options]) => ({ inputShapes: [shape], options })),
    compute(given, { keepDims }) {
      const [batch = 1, height = 1, width = 1, channels = 1] = one(given).shape;
      const window: Two = [height, width];
      const { nodes } = pool(given.tape, one(given), kind, { poolSize: window, strides: window, padding: 'valid' });
      return { shape: keepDims ? [batch, 1, 1, channels] : [batch, channels], nodes };
    },
  };
}

const concatenate: Definition = {
  settings: fc
    .tuple(anyShape, integer(0, 2), fc.array(integer(1, 4), { minLength: 2, maxLength: 4 }), fc.boolean())
    .map(([shape, place, widths, negative]) => {
      const at = place % shape.length;
      return {
        inputShapes: widths.map((width) => shape.map((size, index) => (index === at ? width : size))),
        options: { axis: negative ? at - shape.length : at + 1 },
      };
    }),
  compute({ inputs }, options) {
    const { shape } = first(inputs);
    const axis = options.axis as number;
    const at = axis < 0 ? shape.length + axis : axis;
    const outer = shape.slice(0, at).reduce((a, b) => a * b, 1);
    const nodes: number[] = [];
    for (let row = 0; row < outer; row++) {
      for (const input of inputs) {
        const width = input.nodes.length / outer;
        nodes.push(...input.nodes.slice(row * width, (row + 1) * width));
      }
    }
    const total = inputs.reduce((sum, input) => sum + (input.shape[at] as number), 0);
    return { shape: shape.map((size, index) => (index === at ? total : size)), nodes };
  },
};

type Sides = readonly [Two, Two];
const sides = fc.tuple(fc.tuple(integer(0, 3), integer(0, 3)), fc.tuple(integer(0, 3), integer(0, 3)));

/** Moves an image by rows and columns into another: what lies outside is cut off, what is new is 0. */
function move(given: Given, [[top, bottom], [left, right]]: Sides): Nodes {
  const x = one(given);
  const [batch = 1, height = 1, width = 1, channels = 1] = x.shape;
  const shape = [batch, height + top + bottom, width + left + right, channels];
  const nodes = (indices(...shape) as [number, number, number, number][]).map(([n, oh, ow, c]) => {
    const [h, w] = [oh - top, ow - left];
    const isInside = h >= 0 && h < height && w >= 0 && w < width;
    return isInside ? (x.nodes[((n * height + h) * width + w) * channels + c] as number) : given.tape.leaf(0);
  });
  return { shape, nodes };
}

const upSampling2d: Definition = {
  settings: fc
    .tuple(image, fc.record({ size: two(3), interpolation: fc.constantFrom('nearest', 'bilinear') }))
    .map(([[height, width, channels], options]) => ({
      inputShapes: [[Math.min(height as number, 4), Math.min(width as number, 4), channels as number]],
      options,
    })),
  compute(given, options) {
    const { tape } = given;
    const x = one(given);
    const size = options.size as Two;
    const [batch = 1, height = 1, width = 1, channels = 1] = x.shape;
    const shape = [batch, height * size[0], width * size[1], channels];
    /** The pixels that one is made of, with their shares: centres of pixels lie at ½. */
    const sources = (out: number, factor: number, count: number): [number, number][] => {
      if (options.interpolation === 'nearest') return [[Math.floor(out / factor), 1]];
      const centre = Math.max((out + 0.5) / factor - 0.5, 0);
      const low = Math.floor(centre);
      const share = centre - low;
      return [
        [low, 1 - share],
        [Math.min(low + 1, count - 1), share],
      ];
    };
    const nodes = (indices(...shape) as [number, number, number, number][]).map(([n, oh, ow, c]) => {
      const parts: number[] = [];
      for (const [h, a] of sources(oh, size[0], height)) {
        for (const [w, b] of sources(ow, size[1], width)) {
          parts.push(tape.affine(x.nodes[((n * height + h) * width + w) * channels + c] as number, a * b));
        }
      }
      return tape.sum(parts);
    });
    return { shape, nodes };
  },
};

/** `γ·(x − mean)/√(variance + ε) + β` of the numbers at each list of places. */
export function normalize(
  given: Given,
  places: readonly number[][],
  options: Options,
  statistics?: [Nodes, Nodes],
): Nodes {
  const { tape, weights } = given;
  const x = one(given);
  const channels = x.shape.at(-1) ?? 1;
  const rest = [...weights];
  const gamma = options.scale ? rest.shift() : undefined;
  const beta = options.center ? rest.shift() : undefined;
  const nodes: number[] = new Array<number>(x.nodes.length);
  for (const [group, members] of places.entries()) {
    const values = members.map((place) => x.nodes[place] as number);
    const mean = statistics?.[0].nodes[group] ?? tape.affine(tape.sum(values), 1 / values.length);
    const distances = values.map((value) => tape.subtract(value, mean));
    const variance =
      statistics?.[1].nodes[group] ??
      tape.affine(tape.sum(distances.map((distance) => tape.multiply(distance, distance))), 1 / values.length);
    const shifted = tape.affine(variance, 1, options.epsilon as number);
    const factor = tape.map(
      shifted,
      (v) => v ** -0.5,
      (v) => -0.5 * v ** -1.5,
    );
    for (const [index, place] of members.entries()) {
      const channel = place % channels;
      let result = tape.multiply(distances[index] as number, factor);
      if (gamma !== undefined) result = tape.multiply(result, gamma.nodes[channel] as number);
      if (beta !== undefined) result = tape.add(result, beta.nodes[channel] as number);
      nodes[place] = result;
    }
  }
  return { shape: x.shape, nodes };
}

/** Options of a normalization. */
export const affine = { center: fc.boolean(), scale: fc.boolean(), epsilon: fc.constantFrom(1e-3, 1e-2, 0.1) };

const batchNormalization: Definition = {
  // With few rows the gradient is the small difference of large numbers.
  minBatch: 8,
  settings: fc
    .tuple(fc.array(integer(1, 5), { minLength: 1, maxLength: 3 }), fc.record({ ...affine, trainable: fc.boolean() }))
    .map(([shape, options]) => ({ inputShapes: [shape], options })),
  compute(given, options) {
    const { shape, nodes } = one(given);
    const channels = shape.at(-1) ?? 1;
    const places = indices(channels).map(([channel]) =>
      indices(nodes.length / channels).map(([row]) => (row as number) * channels + (channel as number)),
    );
    const moving = given.weights.slice(-2) as [Nodes, Nodes];
    return normalize(given, places, options, options.trainable ? undefined : moving);
  },
};

const layerNormalization: Definition = {
  settings: fc
    .tuple(fc.array(integer(1, 4), { maxLength: 2 }), integer(6, 12), fc.record(affine))
    .map(([shape, channels, options]) => ({ inputShapes: [[...shape, channels]], options })),
  compute(given, options) {
    const { shape, nodes } = one(given);
    const width = shape.at(-1) ?? 1;
    const places = indices(nodes.length / width).map(([row]) =>
      indices(width).map(([column]) => (row as number) * width + (column as number)),
    );
    return normalize(given, places, options);
  },
};

const prelu: Definition = {
  settings: fc.tuple(anyShape, integer(0, 2)).map(([shape, shared]) => ({
    inputShapes: [shape],
    options: { sharedAxes: shape.slice(0, shared).map((_, index) => index + 1) },
  })),
  compute(given) {
    const { tape } = given;
    const { shape, nodes } = one(given);
    const slopes = first(given.weights).nodes;
    const result = nodes.map((node, index) =>
      tape.value(node) >= 0 ? node : tape.multiply(node, slopes[index % slopes.length] as number),
    );
    return { shape, nodes: result };
  },
};

/** A layer that drops values, or whole channels. */
export const drop = (spatial: boolean, shapes = spatial ? image : anyShape): Definition => ({
  drops: true,
  settings: fc
    .tuple(shapes, fc.constantFrom(0, 0.25, 0.5, 0.75))
    .map(([shape, rate]) => ({ inputShapes: [shape], options: { rate } })),
  compute(given, options) {
    const { shape, nodes } = one(given);
    const factor = 1 / (1 - (options.rate as number));
    const channels = shape.at(-1) ?? 1;
    const isDropped = (index: number): boolean => given.dropped[spatial ? index % channels : index] === true;
    return { shape, nodes: nodes.map((node, index) => given.tape.affine(node, isDropped(index) ? 0 : factor)) };
  },
});

/** By Keras's class name. */
export const otherDefinitions: Readonly<Record<string, Definition>> = {
  Activation: pointwise(fc.record({ activation: fc.constantFrom(...activationNames) }), (given, options) =>
    activate(given.tape, one(given), options.activation as ActivationName),
  ),
  Add: merge(3, (tape, a, b) => tape.add(a, b)),
  AveragePooling2D: pooling('average'),
  BatchNormalization: batchNormalization,
  Concatenate: concatenate,
  Cropping2D: {
    settings: fc.tuple(sides, image).map(([cropping, [height = 1, width = 1, channels = 1]]) => {
      const [[top, bottom], [left, right]] = cropping;
      return { inputShapes: [[height + top + bottom, width + left + right, channels]], options: { cropping } };
    }),
    compute(given, options) {
      const [[top, bottom], [left, right]] = options.cropping as Sides;
      return move(given, [
        [-top, -bottom],
        [-left, -right],
      ]);
    },
  },
  Dropout: drop(false),
  ELU: pointwise(slope, (given, { alpha }) => mapNodes(given.tape, one(given), eluCurve(alpha as number))),
  Flatten: {
    ...plain,
    compute: (given) => {
      const { shape, nodes } = one(given);
      return { shape: [shape[0] as number, nodes.length / (shape[0] as number)], nodes };
    },
  },
  GlobalAveragePooling2D: globalPooling('average'),
  GlobalMaxPooling2D: globalPooling('max'),
  LayerNormalization: layerNormalization,
  LeakyReLU: pointwise(slope, (given, { alpha }) => mapNodes(given.tape, one(given), leakyCurve(alpha as number))),
  MaxPooling2D: pooling('max'),
  Multiply: merge(3, (tape, a, b) => tape.multiply(a, b)),
  PReLU: prelu,
  Rescaling: pointwise(
    fc.record({ scale: fc.constantFrom(-2, 0.5, 1 / 255, 3), offset: fc.constantFrom(0, -1, 0.5) }),
    (given, { scale, offset }) => {
      const { shape, nodes } = one(given);
      return { shape, nodes: nodes.map((node) => given.tape.affine(node, scale as number, offset as number)) };
    },
  ),
  Reshape: {
    settings: fc.tuple(anyShape, fc.boolean()).map(([shape, unknown]) => {
      const targetShape = [...shape].reverse();
      return { inputShapes: [shape], options: { targetShape: unknown ? [-1, ...targetShape.slice(1)] : targetShape } };
    }),
    compute: (given) => {
      const { shape, nodes } = one(given);
      return { shape: [shape[0] as number, ...shape.slice(1).reverse()], nodes };
    },
  },
  Softmax: { ...plain, compute: (given) => activate(given.tape, one(given), 'softmax') },
  SpatialDropout2D: drop(true),
  UpSampling2D: upSampling2d,
  ZeroPadding2D: {
    settings: fc.tuple(sides, image).map(([padding, shape]) => ({ inputShapes: [shape], options: { padding } })),
    compute: (given, options) => move(given, options.padding as Sides),
  },
};
