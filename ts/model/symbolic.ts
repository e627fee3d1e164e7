/** Values that do not exist yet: from these a model with branches is drawn. */

import { OptionError, ShapeError } from '../errors';
import type { Layer } from '../layers/layer';
import { checkOptions, describe } from '../options';
import { checkShape, type Shape } from '../shape';

/** A value that a model will compute. */
export interface SymbolicTensor {
  /** Its shape without batch. */
  readonly shape: Shape;
  /** What computes it; undefined for an input. */
  readonly source: { readonly layer: Layer; readonly inputs: readonly SymbolicTensor[] } | undefined;
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
  return { shape: options.shape, source: undefined };
}

/**
 * What a layer will make of one value or several. A layer that is applied more than once shares its weights.
 *
 * @throws {ShapeError} naming the layer when it cannot take such values.
 */
export function apply(layer: Layer, inputs: SymbolicTensor | readonly SymbolicTensor[]): SymbolicTensor {
  if (layer === null || typeof layer !== 'object' || typeof layer.build !== 'function') {
    throw new OptionError(`apply: expected a layer, got ${describe(layer)}`);
  }
  const list = Array.isArray(inputs) ? (inputs as readonly SymbolicTensor[]) : [inputs as SymbolicTensor];
  for (const value of list) {
    if (value === null || typeof value !== 'object' || !Array.isArray(value.shape)) {
      throw new OptionError(`apply: expected values made by input() and apply(), got ${describe(value)}`);
    }
  }
  const { outputShape } = layer.build(
    list.map(({ shape }) => shape),
    layer.name ?? layer.className,
  );
  return { shape: outputShape, source: { layer, inputs: list } };
}
