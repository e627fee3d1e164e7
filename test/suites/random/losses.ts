/** The losses: how the random suite configures them, and their definitions. */

import fc from 'fast-check';
import { numbers } from '../../support/numbers';
import type { Nodes, Tape } from '../../support/tape';
import type { Options } from './definition';

/** What a loss compares. */
export interface Compared {
  /** Where to compute. */
  readonly tape: Tape;
  /** The outputs. */
  readonly outputs: Nodes;
  /** The targets, flat. */
  readonly targets: ArrayLike<number>;
  /** A factor for each sample. */
  readonly weights: ArrayLike<number> | undefined;
}

/** A loss of the registry for the random suite. */
export interface LossDefinition {
  /** Its options; undefined for a loss without any. */
  readonly options?: fc.Arbitrary<Options>;
  /** What makes the outputs ones that it can take: probabilities. Default nothing. */
  readonly outputs?: 'sigmoid' | 'softmax';
  /** Whether it needs rows of at least two classes. */
  readonly classes?: boolean;
  /** Targets for outputs of a shape. */
  targets(seed: number, shape: readonly number[]): ArrayLike<number>;
  /** The loss, one number. */
  compute(compared: Compared, options: Options): number;
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
export const anything = (seed: number, shape: readonly number[]): Float32Array =>
  numbers(seed, sizeOf(shape)).map((v) => v * 2);
export const zeroOrOne = (seed: number, shape: readonly number[]): Float32Array =>
  anything(seed, shape).map((v) => Number(v > 0));
export const signs = (seed: number, shape: readonly number[]): Float32Array =>
  anything(seed, shape).map((v) => (v > 0 ? 1 : -1));

/** Rows that sum to 1. */
export function distributions(seed: number, shape: readonly number[]): Float32Array {
  const values = numbers(seed, sizeOf(shape)).map((value) => Math.abs(value) + 0.05);
  const width = shape.at(-1) ?? 1;
  for (let start = 0; start < values.length; start += width) {
    const row = values.subarray(start, start + width);
    const total = row.reduce((a, b) => a + b);
    row.forEach((value, index) => {
      row[index] = value / total;
    });
  }
  return values;
}

export function labels(seed: number, shape: readonly number[]): Float32Array {
  const classes = shape.at(-1) ?? 1;
  return numbers(seed, sizeOf(shape.slice(0, -1))).map((value) => Math.floor(((value + 1) / 2) * classes));
}

/** A term for each output and target, summed with the weights of samples and scaled. */
export function pointwise(
  term: (tape: Tape, output: number, target: number, options: Options) => number,
  scale: (shape: readonly number[]) => number = (shape) => 1 / sizeOf(shape),
): LossDefinition['compute'] {
  return ({ tape, outputs: { shape, nodes }, targets, weights }, options) => {
    const width = nodes.length / (shape[0] as number);
    const terms = nodes.map((output, index) => {
      const value = term(tape, output, targets[index] as number, options);
      return tape.affine(value, weights?.[Math.floor(index / width)] ?? 1);
    });
    return tape.affine(tape.sum(terms), scale(shape));
  };
}

const square = (tape: Tape, output: number, target: number): number => {
  const distance = tape.affine(output, 1, -target);
  return tape.multiply(distance, distance);
};
/** `x` kept between two bounds. */
export const kept = (tape: Tape, x: number, low: number, high: number): number =>
  tape.map(
    x,
    (v) => Math.min(Math.max(v, low), high),
    (v) => (v >= low && v <= high ? 1 : 0),
  );
export const logarithm = (tape: Tape, x: number): number => tape.map(x, Math.log, (v) => 1 / v);
const smoothed = (target: number, options: Options, classes = 2): number =>
  target * (1 - ((options.labelSmoothing as number) ?? 0)) + ((options.labelSmoothing as number) ?? 0) / classes;

/** −Σ t·ln p over the last dimension, mean over the others. */
function crossentropy(sparse: boolean, fromLogits: boolean): LossDefinition['compute'] {
  return ({ tape, outputs: { shape, nodes }, targets, weights }, options) => {
    const width = shape.at(-1) ?? 1;
    const rows = nodes.length / width;
    const terms: number[] = [];
    for (let row = 0; row < rows; row++) {
      const values = nodes.slice(row * width, (row + 1) * width);
      const largest = fromLogits ? Math.max(...values.map((node) => tape.value(node))) : 0;
      const shares = fromLogits
        ? values.map((node) => tape.map(tape.affine(node, 1, -largest), Math.exp, Math.exp))
        : values;
      const total = logarithm(tape, tape.sum(shares));
      for (const [index, share] of shares.entries()) {
        const hard = sparse ? Number(targets[row] === index) : (targets[row * width + index] as number);
        const logShare = fromLogits ? tape.affine(values[index] as number, 1, -largest) : logarithm(tape, share);
        const term = tape.subtract(total, logShare);
        const weight = weights?.[row] ?? 1;
        terms.push(tape.affine(term, (smoothed(hard, options, width) * weight) / rows));
      }
    }
    return tape.sum(terms);
  };
}

const smoothing = fc.record({ labelSmoothing: fc.constantFrom(0, 0.1, 0.5) });
const binaryFromLogits = pointwise((tape, output, target, options) =>
  tape.map(
    output,
    (o) => Math.max(o, 0) - o * smoothed(target, options) + Math.log1p(Math.exp(-Math.abs(o))),
    (o) => 1 / (1 + Math.exp(-o)) - smoothed(target, options),
  ),
);
const sparse = { classes: true, targets: labels } as const;

/** By the names in the registry. */
export const lossDefinitions: Readonly<Record<string, LossDefinition>> = {
  halfSquaredError: { targets: anything, compute: pointwise(square, () => 0.5) },
  meanSquaredError: { targets: anything, compute: pointwise(square) },
  meanAbsoluteError: {
    targets: anything,
    compute: pointwise((tape, output, target) => tape.map(tape.affine(output, 1, -target), Math.abs, Math.sign)),
  },
  huber: {
    options: fc.record({ delta: fc.constantFrom(0.25, 1, 2) }),
    targets: anything,
    compute: pointwise((tape, output, target, { delta }) => {
      const limit = delta as number;
      return tape.map(
        tape.affine(output, 1, -target),
        (d) => (Math.abs(d) <= limit ? (d * d) / 2 : limit * Math.abs(d) - (limit * limit) / 2),
        (d) => Math.max(Math.min(d, limit), -limit),
      );
    }),
  },
  binaryCrossentropy: {
    options: smoothing,
    outputs: 'sigmoid',
    targets: zeroOrOne,
    compute: pointwise((tape, output, target, options) => {
      const p = kept(tape, output, 1e-7, 1 - 1e-7);
      const t = smoothed(target, options);
      const no = logarithm(tape, tape.affine(p, -1, 1));
      return tape.add(tape.affine(logarithm(tape, p), -t), tape.affine(no, t - 1));
    }),
  },
  binaryCrossentropyFromLogits: { targets: zeroOrOne, compute: binaryFromLogits },
  categoricalCrossentropy: {
    options: smoothing,
    outputs: 'softmax',
    classes: true,
    targets: distributions,
    compute: crossentropy(false, false),
  },
  categoricalCrossentropyFromLogits: { classes: true, targets: distributions, compute: crossentropy(false, true) },
  sparseCategoricalCrossentropy: { ...sparse, outputs: 'softmax', compute: crossentropy(true, false) },
  sparseCategoricalCrossentropyFromLogits: { ...sparse, compute: crossentropy(true, true) },
  hinge: {
    targets: signs,
    compute: pointwise((tape, output, target) =>
      tape.map(
        tape.affine(output, -target, 1),
        (margin) => Math.max(margin, 0),
        (margin) => Number(margin > 0),
      ),
    ),
  },
  kullbackLeiblerDivergence: {
    outputs: 'softmax',
    classes: true,
    targets: distributions,
    compute: pointwise(
      (tape, output, target) => {
        const t = Math.min(Math.max(target, 1e-7), 1);
        return tape.affine(logarithm(tape, kept(tape, output, 1e-7, 1)), -t, t * Math.log(t));
      },
      (shape) => (shape.at(-1) ?? 1) / sizeOf(shape),
    ),
  },
};
