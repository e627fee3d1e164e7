/** What a model is made of: layers, shapes, weights. */

import type { PartConfig } from '../config';
import { OptionError } from '../errors';
import { describeTopology } from '../model/describeTopology';
import { isTrainable, type ModelPart, setTrainable } from '../model/modelLayer';
import type { NamedTensor, Network } from '../model/network';
import { type SummaryOptions, summarize } from '../model/summary';
import { describe } from '../options';
import type { Shape } from '../shape';

/** A model that can be looked at. */
export class ModelParts {
  readonly #network: Network;

  /** @param network - Layers, weights and plans. */
  constructor(network: Network) {
    this.#network = network;
  }

  /** The model without its training loop: what makes it a layer of others. For the library itself. */
  get network(): Network {
    return this.#network;
  }

  /** Name of the model. */
  get name(): string {
    return this.network.name;
  }

  /** Shape of an input without batch. */
  get inputShape(): Shape {
    return this.network.graph.inputShapes[0] ?? [];
  }

  /** Shape of an output without batch; of the first where there are several. */
  get outputShape(): Shape {
    return this.outputShapes[0] ?? [];
  }

  /** Shapes of all outputs without batch. */
  get outputShapes(): readonly Shape[] {
    return this.network.graph.outputs.map(({ shape }) => shape);
  }

  /** Names of all outputs: those of the layers that compute them. */
  get outputNames(): readonly string[] {
    return this.network.graph.outputs.map(({ name }) => name);
  }

  /**
   * The layers and nested models, each once, in the order of their first use. Their `trainable` may be set before `compile`.
   */
  get layers(): readonly ModelPart[] {
    return this.network.layers;
  }

  /** Whether training changes any weight. Setting it sets it for all layers, those of nested models too, as in Keras. */
  get trainable(): boolean {
    return isTrainable(this.layers);
  }

  /** See above. */
  set trainable(value: boolean) {
    setTrainable(this.layers, value, `${this.name}: trainable`);
  }

  /** The layer or nested model of a name. @throws {OptionError} naming all when there is none. */
  getLayer(name: string): ModelPart {
    const layer = this.layers.find((each) => each.name === name);
    if (layer !== undefined) return layer;
    throw new OptionError(
      `${this.name}.getLayer: expected one of ${this.layers.map((each) => each.name).join(', ')}, got ${describe(name)}`,
    );
  }

  /** Number of all parameters. */
  get parameterCount(): number {
    return this.network.weights.reduce((sum, { spec }) => sum + spec.shape.reduce((a, b) => a * b, 1), 0);
  }

  /** Copies of all weights in Keras's order. */
  getWeights(): NamedTensor[] {
    return this.network.getWeights();
  }

  /**
   * Replaces all weights, in the order of {@link Model.getWeights}; none when one does not fit.
   *
   * @throws {OptionError | ShapeError} naming the weight.
   */
  setWeights(weights: readonly { readonly data: ArrayLike<number>; readonly shape: Shape }[]): void {
    this.network.setWeights(weights);
  }

  /**
   * The layers with all their options as plain data, for `JSON.stringify`; `modelFromJSON` makes the model again. Weights,
   * optimizer and loss are not part of it.
   */
  toJSON(): PartConfig {
    this.network.assertUsable('toJSON');
    return describeTopology(this.network);
  }

  /**
   * Prints a table of the layers; a nested model is one line.
   *
   * @param print - Default `console.log`.
   * @throws {OptionError} when an option is unknown.
   */
  summary(print: (text: string) => void = console.log, options: SummaryOptions = {}): void {
    this.network.assertUsable('summary');
    print(summarize(this.network, options, `${this.name}.summary`));
  }

  /** Gives all memory back, at once. Every later call but this one throws {@link DisposedError}. */
  dispose(): void {
    this.network.dispose();
  }
}
