/** Which weights a model has, in Keras's order, and which of them training changes. */

import type { BuiltLayer } from '../layers/layer';
import type { Graph } from './graph';
import { leavesOf, type ModelLayer, type ModelPart } from './modelLayer';
import type { ModelWeight } from './state';

/** The weights of a model. */
export class WeightSet {
  /** For each node the numbers of its weights. */
  readonly ofNodes: readonly (readonly number[])[];
  readonly #graph: Graph;
  /** Of every layer, those of nested models too, what users see of it. */
  readonly #leaves: readonly { readonly built: BuiltLayer; readonly layer: ModelLayer }[];
  #learning: ReadonlySet<BuiltLayer> = new Set();
  #all: readonly ModelWeight[] = [];

  /** @param parts - The layers and nested models as users see them. */
  constructor(graph: Graph, parts: readonly ModelPart[]) {
    this.#graph = graph;
    const seen = new Map(leavesOf(parts).map((layer) => [layer.built, layer]));
    this.#leaves = [...new Set(graph.nodes.map(({ layer }) => layer))].map((built) => ({
      built,
      layer: seen.get(built.origin ?? built) as ModelLayer,
    }));
    let count = 0;
    const known = new Map<BuiltLayer, readonly number[]>();
    this.ofNodes = graph.nodes.map(({ layer }) => {
      const own = known.get(layer) ?? layer.weights.map(() => count++);
      known.set(layer, own);
      return own;
    });
    this.freeze();
  }

  /** All weights, layer by layer. Those of frozen layers are not trainable. */
  get all(): readonly ModelWeight[] {
    return this.#all;
  }

  /** The layers whose weights training changes, since {@link freeze}. */
  get learning(): ReadonlySet<BuiltLayer> {
    return this.#learning;
  }

  /** Number of the first weight of a layer. */
  firstOf(layer: BuiltLayer): number {
    const node = this.#graph.nodes.findIndex((each) => each.layer === layer);
    return this.ofNodes[node]?.[0] ?? 0;
  }

  /** Lets the layers' `trainable` take effect. */
  freeze(): void {
    this.#learning = this.learners();
    this.#all = this.specs(this.#learning);
  }

  /** The layers whose weights training would change after {@link freeze}. */
  learners(): ReadonlySet<BuiltLayer> {
    return new Set(this.#leaves.filter(({ layer }) => layer.trainable).map(({ built }) => built));
  }

  /** All weights, when training changes those of some layers. */
  specs(learning: ReadonlySet<BuiltLayer>): readonly ModelWeight[] {
    return this.#leaves.flatMap(({ built }) =>
      built.weights.map((spec) => {
        const trainable = spec.trainable && learning.has(built);
        return { name: `${built.name}/${spec.name}`, spec: { ...spec, trainable } };
      }),
    );
  }
}
