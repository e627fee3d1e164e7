/** A layer in its model, as users see it. */

import type { BuiltLayer } from '../layers/layer';
import { boolean } from '../options';
import type { Shape } from '../shape';

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
