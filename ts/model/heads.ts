/** What `compile` makes of a model's outputs: which have a loss, what it counts, and what is reported beside it. */

import type { PartConfig } from '../config';
import { OptionError } from '../errors';
import type { Loss } from '../losses/loss';
import { type LossName, toLoss } from '../losses/registry';
import type { Metric } from '../metrics/metric';
import { describe, numberIn } from '../options';
import type { Shape } from '../shape';
import type { GraphOutput } from './graph';
import { checkMetrics, type LossMetric, type MetricLike, readMetric } from './lossMetric';
import { checkNames, listing, type PerOutput, perOutput } from './perOutput';

/** What `compile` takes as a loss. */
export type LossLike = LossName | Loss | PartConfig;

/** An output that has a loss. */
export interface Head {
  /** The output's name. */
  readonly name: string;
  /** Its number among the model's outputs. */
  readonly output: number;
  /** Shape of the output, without batch. */
  readonly outputShape: Shape;
  /** Shape of one target. */
  readonly targetShape: Shape;
  /** What is minimized. */
  readonly loss: Loss;
  /** Factor of the loss in the sum of all losses. */
  readonly weight: number;
  /** What else is reported. */
  readonly metrics: readonly (Metric | LossMetric)[];
  /** Before the names of its numbers in logs: `NAME_`, or nothing where the model has one output. */
  readonly prefix: string;
}

/** Losses, their weights and metrics as `compile` is given them. */
export interface HeadOptions {
  /** For each output. An output without one is computed but not trained on, and takes no targets. */
  readonly loss: PerOutput<LossLike>;
  /** Factors in the sum of the losses. Default 1. */
  readonly lossWeights?: PerOutput<number>;
  /** A list for a model with one output; for several a list or one metric for each, or an object by name. Default none. */
  readonly metrics?: PerOutput<MetricLike | readonly MetricLike[]>;
}

/**
 * The outputs of a model that have a loss, in their order.
 *
 * @throws {OptionError} when there is none, a name is no output's, or a list has not one entry for each output.
 * @throws {ShapeError} when a loss or a metric cannot take an output.
 */
export function readHeads(
  { loss, lossWeights, metrics }: HeadOptions,
  outputs: readonly GraphOutput[],
  where: string,
): Head[] {
  const names = outputs.map(({ name }) => name);
  const several = outputs.length > 1;
  const losses =
    loss === undefined || loss === null ? [loss] : perOutput<LossLike>(loss, names, isPart, `${where}: loss`);
  if (losses.every((each) => each === undefined)) toLoss(losses[0] as unknown as LossLike, where);
  const weights =
    lossWeights === undefined
      ? []
      : perOutput<number>(lossWeights, names, (value) => typeof value === 'number', `${where}: lossWeights`);
  const lists = readMetrics(metrics ?? [], names, where);
  return outputs.flatMap(({ name, shape }, output): Head[] => {
    const whereOutput = several ? `${where}: output "${name}"` : where;
    const given = losses[output];
    const own = lists[output] ?? [];
    if (given === undefined) {
      const idle = own.length > 0 ? 'metrics' : weights[output] !== undefined ? 'lossWeights' : undefined;
      if (idle === undefined || (idle === 'lossWeights' && typeof lossWeights === 'number')) return [];
      throw new OptionError(`${whereOutput}: expected a loss together with ${idle}, got none`);
    }
    const ownLoss = toLoss(given, whereOutput);
    const targetShape = ownLoss.targetShape(shape, whereOutput);
    const ownMetrics = own.map((metric) => readMetric(metric, whereOutput));
    checkMetrics(ownMetrics, shape, targetShape, whereOutput);
    const weight = weights[output] ?? 1;
    numberIn(weight, -Number.MAX_VALUE, Number.MAX_VALUE, `${whereOutput}: lossWeights`);
    const prefix = several ? `${name}_` : '';
    return [{ name, output, outputShape: shape, targetShape, loss: ownLoss, weight, metrics: ownMetrics, prefix }];
  });
}

/** A metric or a loss by name, as an object of the library or as data: not an object by the names of outputs. */
function isPart(value: unknown): boolean {
  if (typeof value === 'string') return true;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false;
  const { emitForward, counter, className } = value as Partial<Loss & Metric>;
  return typeof emitForward === 'function' || typeof counter === 'function' || typeof className === 'string';
}

function readMetrics(value: unknown, names: readonly string[], where: string): (readonly MetricLike[])[] {
  const what = `${where}: metrics`;
  const isList = Array.isArray(value);
  if (!isList && (value === null || typeof value !== 'object' || isPart(value))) {
    throw new OptionError(`${where}: expected a list of metrics, got ${describe(value)}`);
  }
  if (isList && value.length === 0) return [];
  const isFlat = (entry: unknown): boolean => !Array.isArray(entry);
  // One output takes a list of metrics, or a list with one list.
  if (isList && names.length === 1 && value.every(isFlat)) return [value];
  if (isList && names.length > 1 && value.length !== names.length) {
    throw new OptionError(`${what}: expected ${names.length} lists, ${listing(names)}, got ${value.length} entries`);
  }
  if (!isList) checkNames(value, names, what);
  return perOutput<MetricLike | readonly MetricLike[]>(value, names, () => false, what).map((entry) =>
    entry === undefined ? [] : ((Array.isArray(entry) ? entry : [entry]) as readonly MetricLike[]),
  );
}
