/** Runs one random configuration in the engine and by its definition, and says how far apart they are. */

import { apply, functional, input, type Layer, type LossName, sgd } from '../../../ts';
import { layers } from '../../../ts/layers';
import { losses } from '../../../ts/losses';
import { philox } from '../../../ts/random';
import { integers, numbers, relativeError } from '../../support/numbers';
import { isExact, leaves, type Nodes, Tape } from '../../support/tape';
import { activate } from './activations';
import type { Definition, LayerSetting, Options } from './definition';
import type { LossDefinition } from './losses';

/** A layer and a loss with all that is chosen by chance. */
export interface Configuration extends LayerSetting {
  /** Keras's class name of the layer. */
  readonly className: string;
  /** The loss, and its options. */
  readonly loss: { readonly name: string; readonly options: Options };
  /** Number of samples. */
  readonly batch: number;
  /** Whether all values are small integers. */
  readonly whole: boolean;
  /** Whether samples have weights. */
  readonly weighted: boolean;
  /** Where the values come from. */
  readonly seed: number;
}

/** The definitions that a configuration is judged by. */
export interface Judges {
  readonly layer: Definition;
  readonly loss: LossDefinition;
}

/** What came out: each name with the relative error; every error is 0 where the numbers had to be exact. */
export interface Comparison {
  /** Whether both sides had to be equal, and were compared so. */
  readonly exact: boolean;
  /** Relative error of the loss and of each gradient. */
  readonly errors: Readonly<Record<string, number>>;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/**
 * Each input goes through a PReLU with a slope for each value. Inputs are negative, so that the gradients of the slopes
 * are those of the layer's input times the data.
 */
export function compare(configuration: Configuration, judges: Judges): Comparison {
  const { className, inputShapes, options, loss, batch, whole, weighted, seed } = configuration;
  const values = (offset: number, size: number, limit: number): Float32Array =>
    whole ? integers(seed + offset, size, limit) : numbers(seed + offset, size);
  const make = (layers as unknown as Record<string, (chosen: Options) => Layer>)[className] as (o: Options) => Layer;
  const inputs = inputShapes.map((shape) => input({ shape }));
  const slopes = inputs.map((each, index) => apply(layers.PReLU({ name: `slopes_${index}` }), each));
  let output = apply(make({ ...options, name: 'judged' }), slopes);
  const { outputs: ending } = judges.loss;
  if (ending !== undefined) output = apply(layers.Activation({ activation: ending, name: 'ending' }), output);
  const model = functional({ inputs, outputs: output, seed });
  try {
    const makeLoss = (losses as unknown as Record<string, (chosen?: Options) => unknown>)[loss.name] as (
      o?: Options,
    ) => LossName;
    model.compile({ optimizer: sgd({ learningRate: 0 }), loss: makeLoss(judges.loss.options && loss.options) });
    const weights = model.getWeights().map(({ name, shape, data }, index) => {
      // Slopes of 0 would put whole numbers on the kinks of the layer, where derivatives are a matter of taste.
      const chosen = values(20 + index, data.length, 2).map((value) =>
        whole && name.startsWith('slopes') && value === 0 ? 3 : value,
      );
      // Kernels are scaled so that what follows does not saturate: there float32 has no digits left.
      const fanIn = shape.length > 1 && !name.startsWith('slopes') ? sizeOf(shape) / (shape.at(-1) ?? 1) : 1;
      if (!whole)
        chosen.forEach((value, place) => {
          chosen[place] = (name.startsWith('slopes') ? value : 2 * value) / Math.sqrt(fanIn);
        });
      const isPositive = name.endsWith('moving_variance');
      return { name, shape, data: isPositive ? chosen.map((value) => Math.abs(value) + 0.5) : chosen };
    });
    model.setWeights(weights);
    const xs = inputShapes.map((shape, index) =>
      values(index, batch * sizeOf(shape), 3).map((value) => -Math.abs(value) * (whole ? 1 : 2) - (whole ? 1 : 0.05)),
    );
    const outputShape = [batch, ...model.outputShape];
    const targets = whole ? integers(seed + 50, sizeOf(outputShape), 4) : judges.loss.targets(seed + 50, outputShape);
    const sampleWeight = weighted ? numbers(seed + 51, batch).map((value) => Math.abs(value) + 0.5) : undefined;
    const found = model.trainOnBatch(
      xs.length === 1 ? (xs[0] as Float32Array) : xs,
      Float32Array.from(targets),
      sampleWeight && { sampleWeight },
    );
    const gradients = model.getGradients();

    const tape = new Tape();
    const nodes = weights.map(({ shape, data }) => leaves(tape, shape, data));
    const behindSlopes = xs.map((x, index): Nodes => {
      const alpha = (nodes[weights.findIndex(({ name }) => name === `slopes_${index}/alpha`)] as Nodes).nodes;
      const shape = [batch, ...(inputShapes[index] as number[])];
      const scaled = Array.from(x, (value, place) => tape.affine(alpha[place % alpha.length] as number, value));
      return { shape, nodes: scaled };
    });
    // What a layer drops has no gradient, with a loss whose gradient is nowhere zero.
    const dropped = Array.from(gradients[0]?.data ?? [], (value) => value === 0);
    const own = nodes.filter((_, index) => weights[index]?.name.startsWith('judged/'));
    const chance = (index: number): number => chanceOf(index, seed);
    // The only layer that draws has stream 0, and the first step is number 1.
    const words = (sample: number): readonly number[] => [...philox([sample, 0, 1, 0], [seed, 0])];
    const given = { tape, inputs: behindSlopes, weights: own, dropped, chance, words };
    let outputs = judges.layer.compute(given, options);
    if (String(outputs.shape) !== String(outputShape)) {
      throw new Error(`expected shape ${outputs.shape}, got ${outputShape}`);
    }
    if (ending !== undefined) outputs = activate(tape, outputs, ending);
    const compared = judges.loss.compute({ tape, outputs, targets, weights: sampleWeight }, loss.options);
    const penalty = judges.layer.penalty?.(given, options);
    const total = penalty === undefined ? compared : tape.add(compared, penalty);
    const derivatives = tape.derivatives(total);
    const sizes = tape.derivatives(total, true);
    const exact = whole && tape.isExact() && isExact(derivatives);
    const errors: Record<string, number> = {
      // Near 0 a loss tells the roundings of the outputs.
      loss: distance(
        [found],
        [tape.value(total)],
        exact,
        outputs.nodes.map((node) => tape.value(node) * (sizes[node] as number)),
      ),
    };
    gradients.forEach(({ name, data }, index) => {
      // The averages of a batch normalization and frozen weights have none.
      const isTrained = !name.includes('/moving_') && !(name.startsWith('judged/') && options.trainable === false);
      const expected = (nodes[index] as Nodes).nodes.map((node) => (isTrained ? (derivatives[node] as number) : 0));
      const terms = (nodes[index] as Nodes).nodes.map((node) => sizes[node] as number);
      errors[`gradient of ${name}`] = distance(data, expected, exact, terms);
    });
    return { exact, errors };
  } finally {
    model.dispose();
  }
}

/** A value's 32 bits of the first stream in the first step, as a number in (0, 1). */
function chanceOf(index: number, seed: number): number {
  const words = philox([Math.floor(index / 4), 0, 1, 0], [seed, 0]);
  return ((words[index % 4] as number) + 0.5) / 2 ** 32;
}

/**
 * 0 when the numbers are equal, else infinity, where they must be exact; otherwise the norm of their difference over that of
 * what was expected. Where terms cancel to less than a thousandth of their sizes, a thousandth of these sizes is the measure:
 * float32 has no more digits.
 */
function distance(
  actual: ArrayLike<number>,
  expected: readonly number[],
  exact: boolean,
  terms: readonly number[] = [],
): number {
  // −0 and 0 are the same number.
  if (exact)
    return Array.from(actual).every((value, index) => value === expected[index]) ? 0 : Number.POSITIVE_INFINITY;
  const norm = Math.hypot(...expected);
  const measure = Math.max(norm, Math.hypot(...terms) / 1000);
  return norm === 0
    ? Math.hypot(...Array.from(actual)) / (measure || 1)
    : (relativeError(actual, expected) * norm) / measure;
}
