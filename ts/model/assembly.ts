/** Puts a graph together part by part; a nested model's layers are put in its place, under its name. */

import { LimitError, OptionError, ShapeError } from '../errors';
import type { BuiltLayer, Layer } from '../layers/layer';
import { checkShape, formatShape, type Shape, sameShape } from '../shape';
import type { Graph, GraphNode, GraphOutput, OutlineNode } from './graph';
import { Names } from './names';
import { checkNestedInputs, isModel, type LayerLike, type NestedModel, type NestedNetwork } from './nested';

/** A value of the outline: which value of the graph it is, its shape and what computes it. */
interface OutlineValue {
  readonly value: number;
  readonly shape: Shape;
  readonly part: string;
}

/** A graph that is being put together. */
export class Assembly {
  readonly #inputShapes: readonly Shape[];
  readonly #where: string;
  readonly #maxNodes: number;
  readonly #names: Names;
  readonly #nodes: GraphNode[] = [];
  readonly #outline: OutlineNode[] = [];
  readonly #values: OutlineValue[];
  readonly #parts = new Map<unknown, BuiltLayer | NestedModel>();
  /** Layers of nested models, by what they are in the model that they were made for. */
  readonly #inner = new Map<BuiltLayer, BuiltLayer>();

  /**
   * @param layers - What will be added, so that no name that is made is one of theirs.
   * @param options.maxNodes - Bound for the number of layers with those of nested models. Default none.
   * @throws {OptionError} when two have one name.
   */
  constructor(
    inputShapes: readonly Shape[],
    layers: readonly LayerLike[],
    { where, maxNodes = Number.POSITIVE_INFINITY }: { where: string; maxNodes?: number | undefined },
  ) {
    this.#inputShapes = inputShapes;
    this.#where = where;
    this.#maxNodes = maxNodes;
    this.#values = inputShapes.map((shape, value) => ({ value, shape, part: '' }));
    this.#names = new Names(where);
    const models = new Set<NestedNetwork>();
    for (const layer of layers) {
      if (isModel(layer) && models.has(layer.network)) continue;
      this.#names.reserve(layer);
      if (isModel(layer)) models.add(layer.network);
    }
  }

  /** Number of values so far: inputs, and outputs of what was added. */
  get valueCount(): number {
    return this.#values.length;
  }

  /**
   * Applies a layer or a model to values.
   *
   * @param key - Layers of one key share their weights. Default the layer itself.
   * @returns The number of its value, of the first where a model has several.
   * @throws {ShapeError} when it cannot take the values.
   */
  add(layer: LayerLike, inputs: readonly number[], key: unknown = layer): number {
    const first = this.#values.length;
    const given = inputs.map((input) => this.#values[input] as OutlineValue);
    if (isModel(layer)) this.#addModel(layer, given);
    else this.#addLayer(layer, given, key);
    const part = this.#parts.get(isModel(layer) ? layer.network : key) as BuiltLayer | NestedModel;
    this.#outline.push({ part, inputs });
    return first;
  }

  /** The graph. @param outputs - Numbers of the values that are its outputs. */
  finish(outputs: readonly number[]): Graph {
    const taken = new Set<string>();
    return {
      inputShapes: this.#inputShapes,
      nodes: this.#nodes,
      outputs: outputs.map((output): GraphOutput => {
        const { value, shape, part } = this.#values[output] as OutlineValue;
        // A name that is taken gets `_1`, `_2`, …, as in Keras.
        let name = part;
        for (let number = 1; taken.has(name); number++) name = `${part}_${number}`;
        taken.add(name);
        return { name, value, shape };
      }),
      outline: { nodes: this.#outline, outputs },
    };
  }

  #addLayer(layer: Layer, given: readonly OutlineValue[], key: unknown): void {
    const shapes = given.map(({ shape }) => shape);
    const known = this.#parts.get(key) as BuiltLayer | undefined;
    if (known !== undefined && !known.inputShapes.every((shape, index) => sameShape(shape, shapes[index] ?? []))) {
      throw new ShapeError(
        `${this.#where}: expected shared layer "${known.name}" to get ${format(known.inputShapes)} again, got ${format(shapes)}`,
      );
    }
    const built = known ?? buildLayer(layer, shapes, this.#names.nameOf(layer));
    this.#parts.set(key, built);
    const value = this.#append(
      built,
      given.map((each) => each.value),
    );
    this.#values.push({ value, shape: built.outputShape, part: built.name });
  }

  #addModel({ network }: { readonly network: NestedNetwork }, given: readonly OutlineValue[]): void {
    network.assertUsable('apply');
    const { graph } = network;
    const known = this.#parts.get(network) as NestedModel | undefined;
    const name = known?.name ?? this.#names.nameOf(network);
    checkNestedInputs(
      network,
      name,
      given.map(({ shape }) => shape),
    );
    if (this.#nodes.length + graph.nodes.length > this.#maxNodes) {
      throw new LimitError(
        `${this.#where}: expected at most ${this.#maxNodes} layers with those of nested models, got more at "${name}"`,
      );
    }
    const layers = new Map<BuiltLayer, BuiltLayer>();
    const values = given.map(({ value }) => value);
    for (const { layer, inputs } of graph.nodes) {
      const origin = layer.origin ?? layer;
      if (known === undefined && this.#inner.has(origin) && !layers.has(layer)) {
        throw new OptionError(
          `${this.#where}: expected every model in one place, got "${name}" that has layers of another, ${this.#inner.get(origin)?.name}`,
        );
      }
      const own = this.#inner.get(origin) ?? { ...layer, name: `${name}/${layer.name}`, origin };
      this.#inner.set(origin, own);
      layers.set(layer, own);
      values.push(
        this.#append(
          own,
          inputs.map((input) => values[input] as number),
        ),
      );
    }
    if (known === undefined) this.#parts.set(network, { name, network, layers });
    for (const { value, shape } of graph.outputs) {
      this.#values.push({ value: values[value] as number, shape, part: name });
    }
  }

  /** @returns The number of the node's value. */
  #append(layer: BuiltLayer, inputs: readonly number[]): number {
    this.#nodes.push({ layer, inputs });
    return this.#inputShapes.length + this.#nodes.length - 1;
  }
}

/** Builds a layer. @throws {ShapeError} naming it when its output is too large for any memory. */
function buildLayer(layer: Layer, inputShapes: readonly Shape[], name: string): BuiltLayer {
  const built = layer.build(inputShapes, name);
  checkShape(built.outputShape, `${name}: output`);
  return built;
}

function format(shapes: readonly Shape[]): string {
  return shapes.map((shape) => formatShape([-1, ...shape])).join(', ');
}
