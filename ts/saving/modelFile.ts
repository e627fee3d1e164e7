/**
 * A model in one safetensors file: the weights under their names, what the optimizer keeps under `optimizer/…`, and among
 * the metadata the layers (`model`) and what training goes on from (`training`), as JSON.
 */

import { FormatError, OptionError } from '../errors';
import { decodeSafetensors, encodeSafetensors, type FileTensor, type Limits } from '../io';
import { parseJson, toPlain } from '../io/json';
import { readLimits } from '../io/limits';
import { Network } from '../model/network';
import { boolean, checkOptions, describe } from '../options';
import { formatShape, type Shape, sameShape } from '../shape';
import type { Predicted, Tensor } from '../tensor';
import { type AnyModel, type CompileOptions, Model, type TrainingState } from '../train/model';
import { readModelJson } from './modelFromJSON';

/** Options of {@link encodeModel}. */
export interface EncodeModelOptions {
  /**
   * Whether the file says how the model is trained, and holds the optimizer's state: then training goes on from it bit for
   * bit. Default true, as in Keras; of no effect before `compile`.
   */
  readonly includeOptimizer?: boolean;
}

/** Options of {@link decodeModel}. */
export interface DecodeModelOptions {
  /** Bounds for files of unknown origin. Default {@link defaultLimits}; a model has no more parameters than its file. */
  readonly limits?: Partial<Limits>;
  /** Begins error messages, for example the file's name. Default `'decodeModel'`. */
  readonly name?: string;
}

const FORMAT = 'convgrad model';
const VERSION = '1';
const OPTIMIZER = 'optimizer/';

/**
 * A model as the bytes of a safetensors file, which other programs can read too.
 *
 * @throws {OptionError} when loss, metrics or learning rate are the user's own, which a file cannot hold: these models are
 *   written with `includeOptimizer: false`.
 */
export function encodeModel(model: AnyModel, options: EncodeModelOptions = {}): Uint8Array<ArrayBuffer> {
  const where = 'encodeModel';
  if (!(model instanceof Model)) throw new OptionError(`${where}: expected a model, got ${describe(model)}`);
  checkOptions(where, options, ['includeOptimizer']);
  const includes = boolean(options.includeOptimizer ?? true, `${where}: includeOptimizer`);
  const metadata = new Map([
    ['format', FORMAT],
    ['version', VERSION],
    ['model', JSON.stringify(model)],
  ]);
  const tensors: FileTensor[] = model.getWeights();
  const compile = includes ? model.getCompileConfig() : undefined;
  if (compile !== undefined) {
    const { slots, ...state } = model.getTrainingState();
    metadata.set('training', JSON.stringify({ compile, state }));
    tensors.push(...slots.map((slot) => ({ ...slot, name: OPTIMIZER + slot.name })));
  }
  return encodeSafetensors(tensors, metadata);
}

/**
 * The model of a file of {@link encodeModel}. It predicts what the written one would; when the file says how it is trained,
 * it is compiled, and training goes on bit for bit.
 *
 * @typeParam Prediction - `Tensor[]` for a model with several outputs.
 * @throws {FormatError} when the file is damaged or no model.
 * @throws {OptionError | ShapeError} naming what the file asks for and this version does not have.
 * @throws {LimitError} when the file exceeds a limit.
 */
export function decodeModel<Prediction extends Predicted = Tensor>(
  bytes: Uint8Array,
  options: DecodeModelOptions = {},
): Model<Prediction> {
  const where = options.name ?? 'decodeModel';
  checkOptions(where, options, ['limits', 'name']);
  const limits = readLimits(options.limits, where);
  const { tensors, metadata, verified } = decodeSafetensors(bytes, { ...options, name: where });
  const version = metadata.get('version');
  if (metadata.get('format') !== FORMAT || version !== VERSION) {
    throw new FormatError(
      `${where}: expected a file of "${FORMAT}", version ${VERSION}, got ${describe(metadata.get('format'))}, version ${describe(version)}`,
    );
  }
  if (!verified) throw new FormatError(`${where}: expected a checksum, got none: the file is damaged`);
  const { model: json = '', training, ...others } = Object.fromEntries(metadata);
  checkOptions(`${where}: metadata`, others, ['format', 'version']);
  // The file's own tensors bound the number of parameters.
  const { name, seed, graph } = readModelJson(json, `${where}: model`, {
    ...limits,
    parameters: Number.MAX_SAFE_INTEGER,
  });
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const built = [...new Set(graph.nodes.map(({ layer }) => layer))];
  const values = built.flatMap((layer) =>
    layer.weights.map((spec) => take(byName, `${layer.name}/${spec.name}`, spec.shape, where).data),
  );
  const model = new Model<Prediction>(new Network(name, graph, seed, { values }));
  try {
    if (training !== undefined) restore(model, training, byName, { limits, where });
    const [left] = byName.keys();
    if (left !== undefined) throw new FormatError(`${where}: expected weights of the model, got ${describe(left)}`);
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

function restore(
  model: AnyModel,
  text: string,
  tensors: Map<string, FileTensor>,
  { limits, where }: { limits: Limits; where: string },
): void {
  const what = `${where}: training`;
  const training = toPlain(parseJson(text, what, limits));
  checkOptions(what, training, ['compile', 'state']);
  const { compile, state } = training as { compile: CompileOptions; state: TrainingState };
  checkOptions(`${what}: compile`, compile, ['optimizer', 'loss', 'lossWeights', 'metrics', 'checkNumerics']);
  checkOptions(`${what}: state`, state, ['iterations', 'epochs', 'learningRate']);
  model.compile(compile);
  const { slots } = model.getTrainingState();
  model.setTrainingState({
    ...state,
    slots: slots.map(({ name, shape }) => ({ ...take(tensors, OPTIMIZER + name, shape, where), name })),
  });
}

/** Takes a tensor from those that are left. @throws {FormatError} when there is none of this name and shape. */
function take(tensors: Map<string, FileTensor>, name: string, shape: Shape, where: string): FileTensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new FormatError(`${where}: expected the weight ${describe(name)}, got none`);
  if (!sameShape(tensor.shape, shape)) {
    throw new FormatError(
      `${where}: expected ${describe(name)} of shape ${formatShape(shape)}, got ${formatShape(tensor.shape)}`,
    );
  }
  tensors.delete(name);
  return tensor;
}
