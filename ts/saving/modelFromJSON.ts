/** Models from their layers as data. */

import { FormatError } from '../errors';
import { defaultLimits, type Limits } from '../io';
import { parseJson, toPlain } from '../io/json';
import { checkLimit, readLimits } from '../io/limits';
import { Network } from '../model/network';
import { readTopology, type Topology } from '../model/topology';
import { checkOptions, describe } from '../options';
import { sizeOf } from '../shape';
import type { Predicted, Tensor } from '../tensor';
import { Model } from '../train/model';

/** Options of {@link modelFromJSON}. */
export interface FromJSONOptions {
  /** Bounds for data of unknown origin. Default {@link defaultLimits}. */
  readonly limits?: Partial<Limits>;
}

/**
 * The model that {@link Model.toJSON} told: the same layers, names and seed, with first weights, not compiled.
 *
 * @typeParam Prediction - `Tensor[]` for a model with several outputs.
 * @param json - A text, or what `JSON.parse` makes of it.
 * @throws {FormatError} when it is no model.
 * @throws {OptionError | ShapeError} naming the layer whose class or options are unknown or do not fit.
 * @throws {LimitError} when it exceeds a limit.
 */
export function modelFromJSON<Prediction extends Predicted = Tensor>(
  json: string | object,
  options: FromJSONOptions = {},
): Model<Prediction> {
  const where = 'modelFromJSON';
  checkOptions(where, options, ['limits']);
  const limits = readLimits(options.limits, where);
  const text = typeof json === 'string' ? json : JSON.stringify(json);
  if (typeof text !== 'string') throw new FormatError(`${where}: expected a model as JSON, got ${describe(json)}`);
  const { name, seed, graph } = readModelJson(text, where, limits);
  return new Model<Prediction>(new Network(name, graph, seed));
}

/** The layers in a text of unknown origin, built, without any memory taken for weights. */
export function readModelJson(text: string, where: string, limits: Limits = defaultLimits): Topology {
  const topology = readTopology(toPlain(parseJson(text, where, limits)), where, limits.layers);
  let parameters = 0;
  for (const layer of new Set(topology.graph.nodes.map((node) => node.layer))) {
    for (const { shape } of layer.weights) parameters += sizeOf(shape);
  }
  checkLimit(parameters, limits.parameters, `${where}: ${describe(topology.name)}`, 'parameters');
  return topology;
}
