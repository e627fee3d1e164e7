/** Targets and weights of samples: one array, or where a model has several outputs one for each that has a loss. */

import { OptionError, ShapeError, ValueError } from '../errors';
import type { Compiled } from '../model/compiled';
import type { Head } from '../model/heads';
import { lossOf } from '../model/lossMetric';
import { checkNames, listing, ownEntry } from '../model/perOutput';
import { checkOptions, describe, numberIn } from '../options';
import { formatShape } from '../shape';
import { type Tensor, type TensorLike, toBatch } from '../tensor';

/**
 * What models are compared with: one array, or for a model with several outputs one for each that has a loss, as a list in
 * their order or an object by their names.
 */
export type ModelTargets = TensorLike | readonly TensorLike[] | Readonly<Record<string, TensorLike>>;

/** A factor for the loss of each sample: for all outputs, or a list or an object with one for each, as targets are. */
export type SampleWeights =
  | ArrayLike<number>
  | readonly ArrayLike<number>[]
  | Readonly<Record<string, ArrayLike<number>>>;

/** Weights of samples, as in Keras. */
export interface WeightOptions {
  /** Factors for the losses of the samples. Default 1 for all, and for outputs that an object does not name. */
  readonly sampleWeight?: SampleWeights;
  /**
   * A factor for the loss of the samples of each class, by the class's number; others count 1. Only for models with one
   * output.
   */
  readonly classWeight?: Readonly<Record<number, number>>;
}

/** Begins messages about an output's data: `fit: y`, and with several outputs `fit: y "size"`. */
export function labelOfHead({ name, prefix }: Head, what: string): string {
  return prefix === '' ? what : `${what} "${name}"`;
}

/**
 * Checks targets, in the order of the outputs that have a loss.
 *
 * @param x - Shape of the first input, whose number of samples the targets must have.
 * @throws {OptionError} when an object has other names than those of these outputs.
 * @throws {ShapeError | ValueError} naming the output, when there is no array for one or its array does not fit.
 */
export function readTargets({ heads }: Compiled, y: ModelTargets, x: Tensor['shape'], where: string): Tensor[] {
  const arrays = distribute(heads, y, where);
  return heads.map((head, index): Tensor => {
    const what = labelOfHead(head, `${where}: y`);
    const targets = toBatch(arrays[index] as TensorLike, head.targetShape, what, (count) =>
      isOneEach(count, head, x[0] ?? 0) ? '; for one target a sample put flatten() before the last dense layers' : '',
    );
    if (targets.shape[0] !== x[0]) {
      const name = head.prefix === '' ? 'y' : `y "${head.name}"`;
      throw new ShapeError(
        `${where}: expected as many targets as inputs, got x ${formatShape(x)} and ${name} ${formatShape(targets.shape)}`,
      );
    }
    for (const loss of [head.loss, ...head.metrics.map(lossOf)]) {
      loss?.checkTargets?.(targets.data, head.outputShape, what);
    }
    return targets;
  });
}

/** Whether so many values are one target for each sample, where the model answers one for each of their pixels. */
function isOneEach(count: number, { outputShape }: Head, samples: number): boolean {
  return outputShape.length > 1 && [samples, samples * (outputShape.at(-1) ?? 1)].includes(count);
}

function distribute(heads: readonly Head[], y: ModelTargets, where: string): readonly TensorLike[] {
  const names = heads.map(({ name }) => name);
  if (isByName(y)) {
    checkNames(y, names, `${where}: y`);
    return names.map((name) => {
      const array = ownEntry(y, name);
      if (array === undefined) {
        throw new ShapeError(`${where}: y: expected arrays, ${listing(names)}, got none for "${name}"`);
      }
      return array as TensorLike;
    });
  }
  const [head] = heads;
  if (head?.prefix === '') return [y as TensorLike];
  const isList = Array.isArray(y);
  if (heads.length === 1) {
    // The only loss of several outputs takes its array as it is, too; nested numbers are such an array.
    const isListOfOne = isList && y.length === 1 && typeof y[0] === 'object' && !Array.isArray(y[0]);
    return isListOfOne ? (y as readonly TensorLike[]) : [y as TensorLike];
  }
  if (isList && y.length === heads.length) return y as readonly TensorLike[];
  throw new ShapeError(
    `${where}: expected y to be a list or an object of ${heads.length} arrays, ${listing(names)}, got ${isList ? y.length : 'one array'}`,
  );
}

/** Whether data comes as an object by the names of outputs. */
function isByName(value: unknown): value is Readonly<Record<string, never>> {
  return (
    value !== null &&
    typeof value === 'object' &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    !('data' in value && 'shape' in value) &&
    !('length' in value)
  );
}

/**
 * The factors of the samples for each output that has a loss; undefined when none were given.
 *
 * @param ys - The targets.
 * @throws {OptionError} when `classWeight` is given for a model with several outputs.
 * @throws {ShapeError | ValueError} naming the output whose factors do not fit.
 */
export function readWeights(
  { heads }: Compiled,
  ys: readonly Tensor[],
  { sampleWeight, classWeight }: WeightOptions,
  where: string,
): Tensor[] | undefined {
  if (classWeight !== undefined) {
    const several = heads.find(({ prefix }) => prefix !== '');
    if (several !== undefined) {
      throw new OptionError(
        `${where}: expected classWeight only for a model with one output, got it for a model with several; give each its sampleWeight`,
      );
    }
    checkClassWeight(classWeight, where);
  }
  if (sampleWeight === undefined && classWeight === undefined) return undefined;
  const given = sampleWeight === undefined ? [] : distributeWeights(heads, sampleWeight, where);
  return heads.map((head, index) => {
    const targets = ys[index] as Tensor;
    const [count = 0] = targets.shape;
    const what = labelOfHead(head, 'sampleWeight');
    const data = new Float32Array(count).fill(1);
    const own = given[index];
    if (own !== undefined) {
      if (own === null || own.length !== count) {
        throw new ShapeError(`${where}: expected ${what} with ${count} values, got ${own?.length}`);
      }
      data.set(own);
    }
    if (classWeight !== undefined) multiplyByClass(data, targets, classWeight);
    const bad = data.findIndex((value) => !(value >= 0 && Number.isFinite(value)));
    if (bad >= 0) {
      const output = labelOfHead(head, '').trim();
      throw new ValueError(
        `${where}: expected weights ≥ 0, got ${data[bad]} for sample ${bad}${output === '' ? '' : ` of ${output}`}`,
      );
    }
    return { data, shape: [count] };
  });
}

function distributeWeights(
  heads: readonly Head[],
  sampleWeight: SampleWeights,
  where: string,
): readonly (ArrayLike<number> | undefined)[] {
  const names = heads.map(({ name }) => name);
  if (isByName(sampleWeight)) {
    checkNames(sampleWeight, names, `${where}: sampleWeight`);
    return names.map((name) => ownEntry(sampleWeight, name) as ArrayLike<number> | undefined);
  }
  const isList = Array.isArray(sampleWeight) && sampleWeight.length > 0 && typeof sampleWeight[0] !== 'number';
  if (!isList) return names.map(() => sampleWeight as ArrayLike<number>);
  const list = sampleWeight as readonly ArrayLike<number>[];
  if (list.length !== heads.length) {
    throw new ShapeError(
      `${where}: sampleWeight: expected ${heads.length} arrays, ${listing(names)}, got ${list.length}`,
    );
  }
  return list;
}

function multiplyByClass(data: Float32Array, y: Tensor, classWeight: Readonly<Record<number, number>>): void {
  const width = y.data.length / data.length;
  for (let sample = 0; sample < data.length; sample++) {
    const row = y.data.subarray(sample * width, (sample + 1) * width);
    // One-hot targets name their class by the place of the largest.
    const label = width === 1 ? (row[0] as number) : row.indexOf(Math.max(...row));
    data[sample] = (data[sample] as number) * (classWeight[label] ?? 1);
  }
}

function checkClassWeight(classWeight: unknown, where: string): void {
  checkOptions(`${where}: classWeight`, classWeight, Object.keys(classWeight ?? {}));
  for (const [label, value] of Object.entries(classWeight as object)) {
    if (!/^(0|[1-9]\d*)$/.test(label)) {
      throw new OptionError(`${where}: classWeight: expected numbers of classes, got ${describe(label)}`);
    }
    numberIn(value, 0, Number.POSITIVE_INFINITY, `${where}: classWeight: class ${label}`);
  }
}
