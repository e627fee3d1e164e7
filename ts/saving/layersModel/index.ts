/**
 * Models in the form of TensorFlow.js, as data: `modelTopology`, `weightSpecs`, `weightData`. These are what
 * `tf.io.fromMemory` takes, what a save handler gets, and what `model.json` and its shards hold.
 */

import { FormatError, OptionError } from '../../errors';
import type { FileTensor, Limits } from '../../io';
import { parseJson, toPlain } from '../../io/json';
import { readLimits } from '../../io/limits';
import { Network } from '../../model/network';
import { readTopology } from '../../model/topology';
import { checkOptions, describe } from '../../options';
import { formatShape, sameShape } from '../../shape';
import type { Predicted, Tensor } from '../../tensor';
import { type AnyModel, Model } from '../../train/model';
import { type LayersModelArtifacts, readWeights } from './artifacts';
import { readLayersTopology } from './read';
import { writeLayersTopology } from './write';

export type { LayersModelArtifacts, WeightSpec } from './artifacts';

/** Options of {@link modelFromLayersModel}. */
export interface LayersModelOptions {
  /** Bounds for data of unknown origin. Default {@link defaultLimits}; a model has no more parameters than its weights. */
  readonly limits?: Partial<Limits>;
  /** Begins error messages, for example the file's name. Default `'modelFromLayersModel'`. */
  readonly name?: string;
}

/**
 * The model of a TensorFlow.js LayersModel, with its weights, not compiled: how it was trained is not read. Layers whose
 * name has a "/" get a "_" there.
 *
 * @typeParam Prediction - `Tensor[]` for a model with several outputs.
 * @param artifacts - `{ modelTopology, weightSpecs, weightData }`; other entries of `ModelArtifacts` are not looked at.
 * @throws {FormatError} when they are no model.
 * @throws {OptionError | ShapeError} naming the layer that has a class or an option that this library does not have.
 * @throws {LimitError} when they exceed a limit.
 */
export function modelFromLayersModel<Prediction extends Predicted = Tensor>(
  artifacts: LayersModelArtifacts,
  options: LayersModelOptions = {},
): Model<Prediction> {
  const where = options.name ?? 'modelFromLayersModel';
  checkOptions(where, options, ['limits', 'name']);
  const limits = readLimits(options.limits, where);
  const { modelTopology, weightSpecs, weightData } = artifacts ?? {};
  if (modelTopology === null || typeof modelTopology !== 'object') {
    throw new OptionError(`${where}: expected artifacts with modelTopology, got ${describe(modelTopology)}`);
  }
  const weights = readWeights(weightSpecs, weightData, where, limits);
  const plain = toPlain(parseJson(JSON.stringify(modelTopology), `${where}: modelTopology`, limits));
  const { model, axes, originalNames } = readLayersTopology(plain, (weight) => weights.get(weight)?.shape, where);
  const { name, seed, graph } = readTopology(model, where, limits.layers);
  const layers = [...new Set(graph.nodes.map(({ layer }) => layer))];
  for (const layer of layers) {
    const axis = axes.get(layer.name);
    const last = layer.inputShapes[0]?.length;
    if (axis !== undefined && axis !== -1 && axis !== last) {
      throw new OptionError(
        `${where}: ${layer.className} "${layer.name}": expected the last axis, -1 or ${last}, got ${axis}`,
      );
    }
  }
  const values = layers.flatMap((layer) =>
    layer.weights.map(({ name: own, shape }) => {
      const short = `${originalNames.get(layer.name) ?? layer.name}/${own}`;
      // Some converters write the nested model's name before that of its layer.
      const key = weights.has(short) ? short : weights.has(`${layer.name}/${own}`) ? `${layer.name}/${own}` : short;
      const tensor = weights.get(key);
      if (tensor === undefined || !sameShape(tensor.shape, shape)) {
        const got = tensor === undefined ? 'none' : formatShape(tensor.shape);
        throw new FormatError(`${where}: expected the weight ${describe(key)} of ${formatShape(shape)}, got ${got}`);
      }
      weights.delete(key);
      return tensor.data;
    }),
  );
  const [left] = weights.keys();
  if (left !== undefined) throw new FormatError(`${where}: expected weights of the model, got ${describe(left)}`);
  return new Model<Prediction>(new Network(name, graph, seed, { values }));
}

/**
 * A model as a TensorFlow.js LayersModel: `await tf.loadLayersModel(tf.io.fromMemory(modelToLayersModel(model)))`. How it is
 * trained is not written.
 *
 * @throws {OptionError} naming the layer or the option that TensorFlow.js does not have: groups, explicit padding, and the
 *   activations leakyRelu (as an option), hardSigmoid and hardSwish, which are others there.
 */
export function modelToLayersModel(model: AnyModel): LayersModelArtifacts {
  const where = 'modelToLayersModel';
  if (!(model instanceof Model)) throw new OptionError(`${where}: expected a model, got ${describe(model)}`);
  const { modelTopology, names } = writeLayersTopology(model.toJSON(), where);
  const weights: FileTensor[] = model.getWeights().map(({ name, ...weight }) => {
    const at = name.lastIndexOf('/');
    return { ...weight, name: `${names.get(name.slice(0, at))}${name.slice(at)}` };
  });
  const weightSpecs = weights.map(({ name, shape }) => ({ name, shape: [...shape], dtype: 'float32' }) as const);
  const weightData = new Float32Array(weights.reduce((sum, { data }) => sum + data.length, 0));
  let at = 0;
  for (const { data } of weights) {
    weightData.set(data, at);
    at += data.length;
  }
  return { modelTopology, weightSpecs, weightData: weightData.buffer };
}
