/** Layers of sequences and vectors, extremes, noise, groups: how the random suite configures and defines them. */

import fc from 'fast-check';
import type { Nodes, Tape } from '../../support/tape';
import { mapNodes, normal } from './activations';
import { anyShape, type Definition, first, type Given, integer, type Options } from './definition';
import { indices, pool } from './images';
import { merge } from './merges';
import { affine, drop, normalize, pointwise } from './others';

const one = ({ inputs }: Given): Nodes => first(inputs);
/** Steps and channels. */
const sequence = fc.tuple(integer(1, 9), integer(1, 9)).map((shape) => [...shape]);

function pooling1d(kind: 'max' | 'average'): Definition {
  return {
    settings: fc
      .record({
        options: fc.record({
          poolSize: integer(1, 4),
          strides: integer(1, 4),
          padding: fc.constantFrom('valid' as const, 'same' as const),
        }),
        extra: fc.tuple(integer(0, 6), integer(1, 9)),
      })
      .map(({ options, extra: [steps, channels] }) => ({
        inputShapes: [[options.poolSize + steps, channels]],
        options,
      })),
    compute(given, options) {
      const { shape, nodes } = one(given);
      const [batch = 1, steps = 1, channels = 1] = shape;
      const result = pool(given.tape, { shape: [batch, 1, steps, channels], nodes }, kind, {
        poolSize: [1, options.poolSize as number],
        strides: [1, options.strides as number],
        padding: options.padding as 'valid' | 'same',
      });
      return { shape: [batch, ...result.shape.slice(2)], nodes: result.nodes };
    },
  };
}

function globalPooling1d(kind: 'max' | 'average'): Definition {
  return {
    settings: fc
      .tuple(sequence, fc.record({ keepDims: fc.boolean() }))
      .map(([shape, options]) => ({ inputShapes: [shape], options })),
    compute(given, { keepDims }) {
      const { shape, nodes } = one(given);
      const [batch = 1, steps = 1, channels = 1] = shape;
      const window = { poolSize: [1, steps], strides: [1, steps], padding: 'valid' } as const;
      const result = pool(given.tape, { shape: [batch, 1, steps, channels], nodes }, kind, window);
      return { shape: keepDims ? [batch, 1, channels] : [batch, channels], nodes: result.nodes };
    },
  };
}

/** Every step of the output from one of the input, or zero. */
function steps(given: Given, count: number, from: (step: number) => number): Nodes {
  const { shape, nodes } = one(given);
  const [batch = 1, size = 1, channels = 1] = shape;
  const result = (indices(batch, count, channels) as [number, number, number][]).map(([n, step, c]) => {
    const source = from(step);
    const isInside = source >= 0 && source < size;
    return isInside ? (nodes[(n * size + source) * channels + c] as number) : given.tape.leaf(0);
  });
  return { shape: [batch, count, channels], nodes: result };
}

const ends = fc.tuple(integer(0, 3), integer(0, 3));

/** The normal number at which the distribution has a share. */
function percentagePoint(share: number): number {
  let [low, high] = [-7, 7];
  for (let halving = 0; halving < 60; halving++) {
    const middle = (low + high) / 2;
    if (normal(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** A layer that does something to each value by its chance. */
function noisy(
  options: fc.Arbitrary<Options>,
  change: (tape: Tape, x: number, chance: number, options: Options) => number,
) {
  return pointwise(options, (given, chosen) => {
    const { shape, nodes } = one(given);
    return { shape, nodes: nodes.map((node, index) => change(given.tape, node, given.chance(index), chosen)) };
  });
}

const rate = fc.record({ rate: fc.constantFrom(0, 0.25, 0.5, 0.75) });
/** The end of selu at −∞. */
const LOWEST = -1.6732632423543772 * 1.0507009873554805;

/** `x / √Σx²` over the last dimension. */
function unitRows(tape: Tape, { shape, nodes }: Nodes): Nodes {
  const width = shape.at(-1) ?? 1;
  const result: number[] = [];
  for (let start = 0; start < nodes.length; start += width) {
    const row = nodes.slice(start, start + width);
    const square = tape.sum(row.map((node) => tape.multiply(node, node)));
    const factor = tape.map(
      square,
      (s) => s ** -0.5,
      (s) => -0.5 * s ** -1.5,
    );
    result.push(...row.map((node) => tape.multiply(node, factor)));
  }
  return { shape, nodes: result };
}

const rectified = (given: Given, options: Options): Nodes => {
  const { negativeSlope = 0, threshold = 0, maxValue = Number.POSITIVE_INFINITY } = options as Record<string, number>;
  return mapNodes(given.tape, one(given), [
    (x) => (x > threshold ? Math.min(x, maxValue) : negativeSlope * (x - threshold)),
    (x) => (x > threshold ? Number(x < maxValue) : negativeSlope),
  ]);
};

const activityRegularization: Definition = {
  ...pointwise(fc.record({ l1: fc.constantFrom(0, 0.5, 2), l2: fc.constantFrom(0, 0.25, 1) }), one),
  penalty(given, options) {
    const { tape } = given;
    const { nodes, shape } = one(given);
    const [l1, l2] = [options.l1 as number, options.l2 as number];
    const terms = nodes.map((node) =>
      tape.map(
        node,
        (x) => l1 * Math.abs(x) + l2 * x * x,
        (x) => l1 * Math.sign(x) + 2 * l2 * x,
      ),
    );
    return tape.affine(tape.sum(terms), 1 / (shape[0] as number));
  },
};

const groupNormalization: Definition = {
  settings: fc
    .record({
      inner: fc.array(integer(1, 4), { maxLength: 2 }),
      groups: integer(1, 3),
      width: integer(1, 4),
      each: fc.boolean(),
      options: fc.record(affine),
    })
    .map(({ inner, groups, width, each, options }) => {
      // With few values the gradient is the small difference of large numbers.
      const pixels = [...inner, 6];
      return {
        inputShapes: [[...pixels, groups * width]],
        options: { ...options, groups: each ? -1 : groups },
      };
    }),
  compute(given, options) {
    const { shape, nodes } = one(given);
    const [batch = 1] = shape;
    const channels = shape.at(-1) ?? 1;
    const groups = options.groups === -1 ? channels : (options.groups as number);
    const pixels = nodes.length / batch / channels;
    const width = channels / groups;
    const places = (indices(batch, groups) as [number, number][]).map(([n, group]) =>
      (indices(pixels, width) as [number, number][]).map(
        ([pixel, c]) => (n * pixels + pixel) * channels + group * width + c,
      ),
    );
    return normalize(given, places, options);
  },
};

const permute: Definition = {
  settings: anyShape.chain((shape) =>
    fc
      .shuffledSubarray(
        shape.map((_, index) => index + 1),
        { minLength: shape.length },
      )
      .map((dims) => ({ inputShapes: [shape], options: { dims } })),
  ),
  compute(given, options) {
    const { shape, nodes } = one(given);
    const order = [0, ...(options.dims as number[])];
    const sizes = order.map((from) => shape[from] as number);
    const result = indices(...sizes).map((place) => {
      const source = shape.map((_, dimension) => place[order.indexOf(dimension)] as number);
      return nodes[source.reduce((sum, at, dimension) => sum * (shape[dimension] as number) + at, 0)] as number;
    });
    return { shape: sizes, nodes: result };
  },
};

const dot: Definition = {
  settings: fc
    .tuple(integer(2, 9), fc.record({ normalize: fc.boolean(), axes: fc.constantFrom(1, -1, [1, -1]) }))
    .map(([width, options]) => ({ inputShapes: [[width], [width]], options })),
  compute({ tape, inputs }, { normalize: isUnit }) {
    const [a, b] = inputs.map((input) => (isUnit ? unitRows(tape, input) : input)) as [Nodes, Nodes];
    const [batch = 1, width = 1] = a.shape;
    const nodes = indices(batch).map(([n = 0]) =>
      tape.sum(
        indices(width).map(([c = 0]) =>
          tape.multiply(a.nodes[n * width + c] as number, b.nodes[n * width + c] as number),
        ),
      ),
    );
    return { shape: [batch, 1], nodes };
  },
};

const sum = merge(3, (tape, a, b) => tape.add(a, b));

/** By Keras's class name. */
export const catalogueDefinitions: Readonly<Record<string, Definition>> = {
  ActivityRegularization: activityRegularization,
  AlphaDropout: noisy(rate, (tape, x, chance, options) => {
    const share = options.rate as number;
    const a = ((1 - share) * (1 + share * LOWEST ** 2)) ** -0.5;
    const b = -a * LOWEST * share;
    return chance < share ? tape.affine(x, 0, a * LOWEST + b) : tape.affine(x, a, b);
  }),
  Average: {
    ...sum,
    compute(given, options) {
      const { shape, nodes } = sum.compute(given, options);
      return { shape, nodes: nodes.map((node) => given.tape.affine(node, 1 / given.inputs.length)) };
    },
  },
  AveragePooling1D: pooling1d('average'),
  Cropping1D: {
    settings: fc.tuple(ends, sequence).map(([cropping, [count = 1, channels = 1]]) => ({
      inputShapes: [[cropping[0] + count + cropping[1], channels]],
      options: { cropping },
    })),
    compute(given, options) {
      const [before, after] = options.cropping as [number, number];
      return steps(given, (one(given).shape[1] as number) - before - after, (step) => step + before);
    },
  },
  Dot: dot,
  GaussianDropout: noisy(rate, (tape, x, chance, options) => {
    const deviation = Math.sqrt((options.rate as number) / (1 - (options.rate as number)));
    return tape.affine(x, 1 + deviation * percentagePoint(chance));
  }),
  GaussianNoise: noisy(fc.record({ stddev: fc.constantFrom(0, 0.25, 2) }), (tape, x, chance, options) =>
    tape.affine(x, 1, (options.stddev as number) * percentagePoint(chance)),
  ),
  GlobalAveragePooling1D: globalPooling1d('average'),
  GlobalMaxPooling1D: globalPooling1d('max'),
  GroupNormalization: groupNormalization,
  Maximum: merge(3, (tape, a, b) => (tape.value(b) > tape.value(a) ? b : a)),
  MaxPooling1D: pooling1d('max'),
  Minimum: merge(3, (tape, a, b) => (tape.value(b) < tape.value(a) ? b : a)),
  Permute: permute,
  ReLU: pointwise(
    fc.oneof(
      fc.record({ negativeSlope: fc.constantFrom(0, 0.125) }),
      fc.record({
        negativeSlope: fc.constantFrom(0, 0.25, 1),
        threshold: fc.constantFrom(0, 0.5, 1),
        maxValue: fc.constantFrom(1, 2, 6),
      }),
      fc.record({ threshold: fc.constantFrom(0, 1) }),
    ),
    rectified,
  ),
  RepeatVector: {
    settings: fc
      .tuple(integer(1, 9), fc.record({ n: integer(1, 5) }))
      .map(([width, options]) => ({ inputShapes: [[width]], options })),
    compute(given, options) {
      const { shape, nodes } = one(given);
      const [batch = 1, width = 1] = shape;
      const row = { shape: [batch, 1, width], nodes };
      return steps({ ...given, inputs: [row] }, options.n as number, () => 0);
    },
  },
  SpatialDropout1D: drop(true, sequence),
  Subtract: merge(2, (tape, a, b) => tape.subtract(a, b)),
  ThresholdedReLU: pointwise(fc.record({ theta: fc.constantFrom(0, 0.5, 1) }), (given, { theta }) =>
    rectified(given, { threshold: theta }),
  ),
  UnitNormalization: {
    settings: fc
      .tuple(anyShape, integer(2, 7))
      .map(([shape, width]) => ({ inputShapes: [[...shape.slice(1), width]], options: {} })),
    compute: (given) => unitRows(given.tape, one(given)),
  },
  UpSampling1D: {
    settings: fc
      .tuple(sequence, fc.record({ size: integer(1, 4) }))
      .map(([shape, options]) => ({ inputShapes: [shape], options })),
    compute(given, options) {
      const size = options.size as number;
      return steps(given, (one(given).shape[1] as number) * size, (step) => Math.floor(step / size));
    },
  },
  ZeroPadding1D: {
    settings: fc.tuple(ends, sequence).map(([padding, shape]) => ({ inputShapes: [shape], options: { padding } })),
    compute(given, options) {
      const [before, after] = options.padding as [number, number];
      return steps(given, (one(given).shape[1] as number) + before + after, (step) => step - before);
    },
  },
};
