/** Names of layers, unique in a model. */

import { OptionError } from '../errors';
import type { Layer } from '../layers/layer';
import { describe } from '../options';
import { isModel, type LayerLike, type NestedNetwork } from './nested';

/** Unique names: those that the user gave, else `conv2d_1`, `conv2d_2`, … */
export class Names {
  readonly #where: string;
  readonly #taken = new Set<string>();

  /** @param where - Begins error messages. */
  constructor(where: string) {
    this.#where = where;
  }

  /** Takes the name that the user gave. @throws {OptionError} when it is no name or was given twice. */
  reserve(layer: LayerLike): void {
    if (!isModel(layer) && (layer === null || typeof layer !== 'object' || typeof layer.build !== 'function')) {
      throw new OptionError(`${this.#where}: expected a layer or a model, got ${describe(layer)}`);
    }
    const name = givenName(isModel(layer) ? layer.network : layer);
    if (name === undefined) return;
    if (typeof name !== 'string' || name === '' || name.includes('/')) {
      throw new OptionError(`${this.#where}: expected a layer name without "/", got ${describe(name)}`);
    }
    if (this.#taken.has(name)) {
      throw new OptionError(`${this.#where}: expected unique layer names, got "${name}" twice`);
    }
    this.#taken.add(name);
  }

  /** The name of a layer or a nested model, a new one where the user gave none. */
  nameOf(layer: Layer | NestedNetwork): string {
    const given = givenName(layer);
    if (given !== undefined) return given;
    const base =
      'graph' in layer ? layer.name : layer.className.replace(/(?<=[a-z0-9])(?=[A-Z][a-z])/g, '_').toLowerCase();
    let number = 1;
    while (this.#taken.has(`${base}_${number}`)) number++;
    const name = `${base}_${number}`;
    this.#taken.add(name);
    return name;
  }
}

/** The user's name. */
function givenName(layer: Layer | NestedNetwork): string | undefined {
  if ('graph' in layer) return layer.isNamed ? layer.name : undefined;
  return layer.name;
}
