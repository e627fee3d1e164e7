/** Values that do not exist yet: from these a model with branches is drawn. */

import { OptionError, ShapeError } from '../errors';
import type { Layer } from '../layers/layer';
import { checkOptions, describe } from '../options';
import { checkShape, type Shape } from '../shape';
import type { Predicted, Tensor } from '../tensor';
import { checkNestedInputs, isModel, type LayerLike, type ModelAsLayer } from './nested';

/** One use of a layer or a model. */
export interface Application {
  /** What is applied. */
  readonly layer: LayerLike;
  /** What to. */
  readonly inputs: readonly SymbolicTensor[];
}

/** A value that a model will compute. */
export interface SymbolicTensor {
  /** Its shape without batch. */
  readonly shape: Shape;
  /** What computes it; undefined for an input. */
  readonly source: Application | undefined;
  /** Which of the outputs of what computes it; 0 but for models with several. */
  readonly output: number;
}

/** A model as {@link apply} takes it. @typeParam Prediction - What it predicts: an array or a list of arrays. */
export interface AppliedModel<Prediction extends Predicted> extends ModelAsLayer {
  /** What the model answers. */
  predict(x: never): Promise<Prediction>;
}

/**
 * An input of a model with branches.
 *
 * @param options.shape - Of one input, without batch: `[height, width, channels]` for images.
 * @throws {ShapeError} when it is no shape.
 */
export function input(options: { readonly shape: Shape }): SymbolicTensor {
  checkOptions('input', options, ['shape']);
  checkShape(options.shape, 'input: shape');
  if (options.shape.length === 0) throw new ShapeError('input: expected shape with at least one dimension, got []');
  return { shape: options.shape, source: undefined, output: 0 };
}

/**
 * What a layer or a model will make of one value or several. One that is applied more than once shares its weights.
 *
 * @throws {ShapeError} naming the layer or the model when it cannot take such values.
 * @throws {DisposedError} when it is a model that was disposed.
 */
export function apply(
  layer: Layer | AppliedModel<Tensor>,
  inputs: SymbolicTensor | readonly SymbolicTensor[],
): SymbolicTensor;
/** What a model with several outputs will make: a list of values. */
export function apply(
  model: AppliedModel<Tensor[]>,
  inputs: SymbolicTensor | readonly SymbolicTensor[],
): SymbolicTensor[];
/** As above. */
export function apply(
  layer: LayerLike,
  inputs: SymbolicTensor | readonly SymbolicTensor[],
): SymbolicTensor | SymbolicTensor[] {
  const values = applyAll(layer, inputs);
  return values.length === 1 ? (values[0] as SymbolicTensor) : values;
}

/** All values that a layer or a model will make. @throws {ShapeError | DisposedError} as {@link apply}. */
export function applyAll(layer: LayerLike, inputs: SymbolicTensor | readonly SymbolicTensor[]): SymbolicTensor[] {
  if (!isModel(layer) && (layer === null || typeof layer !== 'object' || typeof layer.build !== 'function')) {
    throw new OptionError(`apply: expected a layer or a model, got ${describe(layer)}`);
  }
  const list = Array.isArray(inputs) ? (inputs as readonly SymbolicTensor[]) : [inputs as SymbolicTensor];
  for (const value of list) {
    if (value === null || typeof value !== 'object' || !Array.isArray(value.shape)) {
      throw new OptionError(`apply: expected values made by input() and apply(), got ${describe(value)}`);
    }
  }
  const source = { layer, inputs: list };
  const shapes = list.map(({ shape }) => shape);
  if (!isModel(layer)) {
    const { outputShape } = layer.build(shapes, layer.name ?? layer.className);
    return [{ shape: outputShape, source, output: 0 }];
  }
  layer.network.assertUsable('apply');
  checkNestedInputs(layer.network, layer.name, shapes);
  return layer.network.graph.outputs.map(({ shape }, output) => ({ shape, source, output }));
}
