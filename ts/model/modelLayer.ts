/** A layer in its model, as users see it. */

import type { BuiltLayer } from '../layers/layer';
import { boolean } from '../options';
import type { Shape } from '../shape';
import { describeTopology } from './describeTopology';
import { isSequential } from './graph';
import type { NestedNetwork } from './nested';

/** A layer or a nested model, as users see it. */
export type ModelPart = ModelLayer | NestedLayer;

/** A layer in its model. */
export class ModelLayer {
  readonly #built: BuiltLayer;
  readonly #where: string;
  #trainable: boolean;

  /** @param where - Begins error messages. */
  constructor(built: BuiltLayer, where: string) {
    this.#built = built;
    this.#where = where;
    this.#trainable = built.config.trainable !== false;
  }

  /** Unique in the model. */
  get name(): string {
    return this.#built.name;
  }

  /** Keras's class name, for example `Conv2D`. */
  get className(): string {
    return this.#built.className;
  }

  /** The options with their defaults filled in. */
  get config(): Readonly<Record<string, unknown>> {
    const { config } = this.#built;
    return 'trainable' in config ? { ...config, trainable: this.#trainable } : config;
  }

  /** Shapes of the inputs without batch. */
  get inputShapes(): readonly Shape[] {
    return this.#built.inputShapes;
  }

  /** Shape of the output without batch. */
  get outputShape(): Shape {
    return this.#built.outputShape;
  }

  /**
   * Whether training changes the weights. Takes effect at the next `compile`, as in Keras: a layer that is frozen then costs no
   * gradient of its weights and no update, and a batch normalization takes its moving averages and leaves them alone.
   *
   * @throws {OptionError} when it is set to something else than true or false.
   */
  get trainable(): boolean {
    return this.#trainable;
  }

  /** See above. */
  set trainable(value: boolean) {
    this.#trainable = boolean(value, `${this.#where}: layer "${this.name}": trainable`);
  }

  /** What the plan is made from. For the library itself. */
  get built(): BuiltLayer {
    return this.#built;
  }
}

/** A model that is nested in another, as users see it. `model.getModel(name)` is the model itself. */
export class NestedLayer {
  /** Unique in the outer model. */
  readonly name: string;
  /** The model. For the library itself. */
  readonly network: NestedNetwork;
  readonly #where: string;

  /** @param where - Begins error messages. */
  constructor(name: string, network: NestedNetwork, where: string) {
    this.name = name;
    this.network = network;
    this.#where = where;
  }

  /** Keras's class name: `Sequential` or `Functional`. */
  get className(): string {
    return isSequential(this.network.graph) ? 'Sequential' : 'Functional';
  }

  /** The layers with all their options. */
  get config(): Readonly<Record<string, unknown>> {
    return describeTopology({ ...describedOf(this.network), name: this.name }).config;
  }

  /** Shapes of the inputs without batch. */
  get inputShapes(): readonly Shape[] {
    return this.network.graph.inputShapes;
  }

  /** Shape of the output without batch; of the first where there are several. */
  get outputShape(): Shape {
    return this.network.graph.outputs[0]?.shape ?? [];
  }

  /** The layers inside: the same objects as those of the model itself. */
  get layers(): readonly ModelPart[] {
    return this.network.layers;
  }

  /**
   * Whether training changes any weight inside. Setting it sets it for all layers inside, also where the model is nested
   * elsewhere, as in Keras; it takes effect at the next `compile`.
   *
   * @throws {OptionError} when it is set to something else than true or false.
   */
  get trainable(): boolean {
    return isTrainable(this.layers);
  }

  /** See above. */
  set trainable(value: boolean) {
    setTrainable(this.layers, value, `${this.#where}: model "${this.name}": trainable`);
  }
}

/** Whether training changes any weight of these layers; true where none has weights. */
export function isTrainable(parts: readonly ModelPart[]): boolean {
  const layers = leavesOf(parts).filter(({ built }) => built.weights.length > 0);
  return layers.length === 0 || layers.some(({ trainable }) => trainable);
}

/** Freezes or frees all layers, those of nested models too. @throws {OptionError} naming `what`. */
export function setTrainable(parts: readonly ModelPart[], value: boolean, what: string): void {
  boolean(value, what);
  for (const layer of leavesOf(parts)) layer.trainable = value;
}

/** The layers with those of nested models in their places. */
export function leavesOf(parts: readonly ModelPart[]): readonly ModelLayer[] {
  return parts.flatMap((part) => (part instanceof ModelLayer ? [part] : leavesOf(part.layers)));
}

function describedOf({ seed, graph, layers, name }: NestedNetwork) {
  return { name, seed, graph, layers };
}
