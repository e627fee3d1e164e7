/** Losses of counts, ratios and rows, and focal ones: how the random suite configures them, and their definitions. */

import fc from 'fast-check';
import { numbers } from '../../support/numbers';
import type { Tape } from '../../support/tape';
import { sigmoid, softplus } from './activations';
import type { Options } from './definition';
import {
  anything,
  type Compared,
  distributions,
  kept,
  type LossDefinition,
  labels,
  logarithm,
  pointwise,
  signs,
  sizeOf,
  zeroOrOne,
} from './losses';

const positive = (seed: number, shape: readonly number[]): Float32Array =>
  numbers(seed, sizeOf(shape)).map((value) => Math.abs(value) * 3 + 0.01);

function oneHot(seed: number, shape: readonly number[]): Float32Array {
  const width = shape.at(-1) ?? 1;
  const rows = labels(seed, shape);
  return Float32Array.from({ length: sizeOf(shape) }, (_, index) =>
    Number(rows[Math.floor(index / width)] === index % width),
  );
}

/** The mean over rows of what a function makes of a row's outputs and targets. */
function rowwise(
  term: (tape: Tape, outputs: readonly number[], targets: readonly number[], options: Options) => number,
) {
  return ({ tape, outputs: { shape, nodes }, targets, weights }: Compared, options: Options): number => {
    const width = shape.at(-1) ?? 1;
    const rows = nodes.length / width;
    const each = rows / (shape[0] as number);
    const terms = Array.from({ length: rows }, (_, row) => {
      const range = Array.from({ length: width }, (_, c) => row * width + c);
      const value = term(
        tape,
        range.map((place) => nodes[place] as number),
        range.map((place) => targets[place] as number),
        options,
      );
      return tape.affine(value, (weights?.[Math.floor(row / each)] ?? 1) / rows);
    });
    return tape.sum(terms);
  };
}

const inverse = (tape: Tape, x: number): number =>
  tape.map(
    x,
    (v) => 1 / v,
    (v) => -1 / v ** 2,
  );
const power = (tape: Tape, x: number, exponent: number): number =>
  tape.map(
    x,
    (v) => v ** exponent,
    (v) => (exponent === 0 ? 0 : exponent * v ** (exponent - 1)),
  );
/** A chance, what is missing to 1, and the logarithms of both. */
function ofChance(tape: Tape, output: number) {
  const p = kept(tape, output, 1e-7, 1 - 1e-7);
  const rest = tape.affine(p, -1, 1);
  return { p, rest, lnP: logarithm(tape, p), lnRest: logarithm(tape, rest) };
}

/** The same of the chance sigmoid(z): where it is 1 for a float64, what is missing and its logarithm are still there. */
function ofLogit(tape: Tape, z: number) {
  const slope = (x: number): number => sigmoid(x) * sigmoid(-x);
  const p = tape.map(z, sigmoid, slope);
  const rest = tape.map(
    z,
    (x) => sigmoid(-x),
    (x) => -slope(x),
  );
  const lnP = tape.map(
    z,
    (x) => -softplus(-x),
    (x) => sigmoid(-x),
  );
  const lnRest = tape.map(
    z,
    (x) => -softplus(x),
    (x) => -sigmoid(x),
  );
  return { p, rest, lnP, lnRest };
}

const binaryFocal = (fromLogits: boolean): LossDefinition['compute'] =>
  pointwise((tape, output, target, { gamma = 2, alpha = 0.25, applyClassBalancing = false, labelSmoothing = 0 }) => {
    const t = target * (1 - (labelSmoothing as number)) + (labelSmoothing as number) / 2;
    const { p, rest, lnP, lnRest } = fromLogits ? ofLogit(tape, output) : ofChance(tape, output);
    const entropy = tape.add(tape.affine(lnP, -t), tape.affine(lnRest, t - 1));
    const wrong = tape.add(tape.affine(rest, t), tape.affine(p, 1 - t));
    const balance = applyClassBalancing ? t * (alpha as number) + (1 - t) * (1 - (alpha as number)) : 1;
    return tape.affine(tape.multiply(power(tape, wrong, gamma as number), entropy), balance);
  });

const categoricalFocal = (fromLogits: boolean): LossDefinition['compute'] =>
  rowwise((tape, outputs, targets, { gamma = 2, alpha = 0.25, labelSmoothing = 0 }) => {
    const largest = Math.max(...outputs.map((node) => tape.value(node)));
    const parts = fromLogits
      ? outputs.map((node) => tape.map(tape.affine(node, 1, -largest), Math.exp, Math.exp))
      : outputs;
    const share = inverse(tape, tape.sum(parts));
    const terms = parts.map((part, c) => {
      const p = kept(tape, tape.multiply(part, share), fromLogits ? 0 : 1e-7, fromLogits ? 1 : 1 - 1e-7);
      const smooth = labelSmoothing as number;
      const t = (targets[c] as number) * (1 - smooth) + smooth / targets.length;
      const factor = power(tape, tape.affine(p, -1, 1), gamma as number);
      return tape.affine(tape.multiply(factor, logarithm(tape, p)), -t * (alpha as number));
    });
    return tape.sum(terms);
  });

const focal = { gamma: fc.constantFrom(0, 0.5, 1, 2, 3.5), alpha: fc.constantFrom(0.25, 0.75) };
const smoothing = { labelSmoothing: fc.constantFrom(0, 0.1) };

/** By the names in the registry. */
export const rareLossDefinitions: Readonly<Record<string, LossDefinition>> = {
  squaredHinge: {
    targets: signs,
    compute: pointwise((tape, output, target) =>
      tape.map(
        tape.affine(output, -target, 1),
        (margin) => Math.max(margin, 0) ** 2,
        (margin) => 2 * Math.max(margin, 0),
      ),
    ),
  },
  logCosh: {
    targets: anything,
    compute: pointwise((tape, output, target) =>
      tape.map(
        tape.affine(output, 1, -target),
        (d) => Math.abs(d) + Math.log1p(Math.exp(-2 * Math.abs(d))) - Math.LN2,
        Math.tanh,
      ),
    ),
  },
  poisson: {
    outputs: 'sigmoid',
    targets: positive,
    compute: pointwise((tape, output, target) =>
      tape.add(output, tape.affine(logarithm(tape, tape.affine(output, 1, 1e-7)), -target)),
    ),
  },
  meanAbsolutePercentageError: {
    targets: positive,
    compute: pointwise((tape, output, target) =>
      tape.affine(tape.map(tape.affine(output, 1, -target), Math.abs, Math.sign), 100 / target),
    ),
  },
  meanSquaredLogarithmicError: {
    targets: positive,
    compute: pointwise((tape, output, target) => {
      const free = kept(tape, output, 1e-7, Number.POSITIVE_INFINITY);
      const d = tape.affine(logarithm(tape, tape.affine(free, 1, 1)), 1, -Math.log1p(target));
      return tape.multiply(d, d);
    }),
  },
  categoricalHinge: {
    classes: true,
    targets: oneHot,
    compute: rowwise((tape, outputs, targets) => {
      const right = tape.sum(outputs.map((node, c) => tape.affine(node, targets[c] as number)));
      const others = outputs.map((node, c) => tape.affine(node, 1 - (targets[c] as number)));
      const best = others.reduce((a, b) => (tape.value(b) > tape.value(a) ? b : a));
      return tape.map(
        tape.affine(tape.subtract(best, right), 1, 1),
        (margin) => Math.max(margin, 0),
        (margin) => Number(margin > 0),
      );
    }),
  },
  cosineSimilarity: {
    classes: true,
    targets: anything,
    compute: rowwise((tape, outputs, targets) => {
      const length = tape.sum(outputs.map((node) => tape.multiply(node, node)));
      const square = kept(tape, length, 1e-14, Number.POSITIVE_INFINITY);
      const product = tape.sum(outputs.map((node, c) => tape.affine(node, targets[c] as number)));
      return tape.affine(tape.multiply(product, power(tape, square, -0.5)), -1 / Math.hypot(...targets));
    }),
  },
  binaryFocalCrossentropy: {
    options: fc.record({ ...focal, ...smoothing, applyClassBalancing: fc.boolean() }),
    outputs: 'sigmoid',
    targets: zeroOrOne,
    compute: binaryFocal(false),
  },
  binaryFocalCrossentropyFromLogits: { targets: zeroOrOne, compute: binaryFocal(true) },
  categoricalFocalCrossentropy: {
    options: fc.record({ ...focal, ...smoothing }),
    outputs: 'softmax',
    classes: true,
    targets: distributions,
    compute: categoricalFocal(false),
  },
  categoricalFocalCrossentropyFromLogits: { classes: true, targets: distributions, compute: categoricalFocal(true) },
};
