/** Which layers a model has and what each takes as its input. */

import { OptionError, ShapeError } from '../errors';
import type { BuiltLayer, Layer } from '../layers/layer';
import { describe } from '../options';
import { checkShape, type Shape } from '../shape';

/** A layer in its place. Values are numbered: first the model's inputs, then the outputs of the nodes. */
export interface GraphNode {
  /** The layer. */
  readonly layer: BuiltLayer;
  /** Numbers of the values that it takes. */
  readonly inputs: readonly number[];
}

/** A model's layers in an order in which every input comes before its use. */
export interface Graph {
  /** Shape of each input without batch. */
  readonly inputShapes: readonly Shape[];
  /** The layers. */
  readonly nodes: readonly GraphNode[];
  /** Shape of the output without batch. */
  readonly outputShape: Shape;
}

/**
 * The graph of a chain of layers.
 *
 * @throws {OptionError} when there is no layer, something is no layer or two have one name.
 * @throws {ShapeError} when a layer cannot take what the one before it gives.
 */
export function chain(inputShape: Shape, layers: readonly Layer[], where: string): Graph {
  checkShape(inputShape, `${where}: inputShape`);
  if (inputShape.length === 0)
    throw new ShapeError(`${where}: expected inputShape with at least one dimension, got []`);
  if (!Array.isArray(layers) || layers.length === 0) {
    throw new OptionError(`${where}: expected layers to be a list with at least one layer, got ${describe(layers)}`);
  }
  const names = new Names(where);
  for (const layer of layers) names.reserve(layer);
  let shape = inputShape;
  const nodes = layers.map((layer, index): GraphNode => {
    const built = layer.build([shape], names.nameOf(layer));
    shape = built.outputShape;
    return { layer: built, inputs: [index] };
  });
  return { inputShapes: [inputShape], nodes, outputShape: shape };
}

/** Unique names: those that the user gave, else `conv2d_1`, `conv2d_2`, … */
class Names {
  readonly #where: string;
  readonly #taken = new Set<string>();

  constructor(where: string) {
    this.#where = where;
  }

  reserve(layer: Layer): void {
    if (layer === null || typeof layer !== 'object' || typeof layer.build !== 'function') {
      throw new OptionError(`${this.#where}: expected a layer, got ${describe(layer)}`);
    }
    const { name } = layer;
    if (name === undefined) return;
    if (typeof name !== 'string' || name === '' || name.includes('/')) {
      throw new OptionError(`${this.#where}: expected a layer name without "/", got ${describe(name)}`);
    }
    if (this.#taken.has(name)) {
      throw new OptionError(`${this.#where}: expected unique layer names, got "${name}" twice`);
    }
    this.#taken.add(name);
  }

  nameOf(layer: Layer): string {
    if (layer.name !== undefined) return layer.name;
    const base = layer.className.replace(/(?<=[a-z0-9])(?=[A-Z][a-z])/g, '_').toLowerCase();
    let number = 1;
    while (this.#taken.has(`${base}_${number}`)) number++;
    const name = `${base}_${number}`;
    this.#taken.add(name);
    return name;
  }
}
