/** Weights and optimizer state of a tf.LayersModel in our model, and back. */

import * as tf from '@tensorflow/tfjs';
import { type AnyModel, type NamedTensor, OptionError } from '../../index';
import { keepArrays, keptArrays } from './optimizerState';
import type { Translated } from './optimizers';

/** A weight on both sides. */
interface Pair {
  /** Theirs. */
  readonly variable: tf.Variable;
  /** The data that ours was last equal to. */
  dataId: object;
  /** Whether training changes it. */
  readonly isTrained: boolean;
}

/** The weights that `compile` found trainable, in the order in which their optimizer keeps its arrays. */
export function trainedWeights(model: tf.LayersModel): readonly tf.LayerVariable[] {
  return (model as unknown as { collectedTrainableWeights: tf.LayerVariable[] }).collectedTrainableWeights;
}

/** The weights of a model on both sides, kept equal. Made before `compile`: lets the layers learn that do so there. */
export class PairedWeights {
  readonly #ours: AnyModel;
  readonly #pairs: readonly Pair[];
  /** For each trained weight of theirs its place among the trained ones of ours. */
  readonly #places: readonly number[];

  constructor(theirs: tf.LayersModel, ours: AnyModel) {
    const trained = trainedWeights(theirs);
    const known = new Map<string, tf.LayerVariable>();
    for (const weight of theirs.weights) {
      const key = keyOf(weight.originalName);
      if (known.has(key)) throw new OptionError(`trainWith: expected layers of different names, got "${key}" twice`);
      known.set(key, weight);
    }
    const find = (name: string): tf.LayerVariable => {
      const weight = known.get(ownKey(name));
      if (weight === undefined)
        throw new OptionError(`trainWith: expected a model with the weight "${name}", got none`);
      return weight;
    };
    const found = ours.getWeights().map(({ name }) => find(name));
    freeze(ours.layers, (name) => trained.includes(find(name)));
    this.#ours = ours;
    this.#pairs = found.map((weight) => {
      const variable = weight.read() as tf.Variable;
      return { variable, dataId: variable.dataId, isTrained: trained.includes(weight) };
    });
    const ordered = found.filter((weight) => trained.includes(weight));
    this.#places = trained.map((weight) => ordered.indexOf(weight));
  }

  /** Writes our weights into theirs. */
  push(): void {
    const weights = this.#ours.getWeights();
    tf.tidy(() => {
      this.#pairs.forEach((pair, index) => {
        const { data, shape } = weights[index] as NamedTensor;
        pair.variable.assign(tf.tensor(data, [...shape]));
        pair.dataId = pair.variable.dataId;
      });
    });
  }

  /** Takes over their weights where somebody has set them. */
  async pull(): Promise<void> {
    if (this.#pairs.every(({ variable, dataId }) => variable.dataId === dataId)) return;
    const values = await Promise.all(this.#pairs.map(({ variable }) => variable.data()));
    this.#ours.setWeights(
      this.#pairs.map(({ variable }, index) => ({ data: values[index] as Float32Array, shape: variable.shape })),
    );
    for (const pair of this.#pairs) pair.dataId = pair.variable.dataId;
  }

  /** Lets our optimizer go on from where theirs is. @throws {OptionError} when theirs keeps arrays of another model. */
  async takeState(optimizer: tf.Optimizer, { order, initial }: Translated, where: string): Promise<void> {
    const kept = await keptArrays(optimizer);
    const slots = this.#ours.getTrainingState().slots.map((slot) => ({ ...slot, data: slot.data.fill(initial) }));
    if (order.length > 0 && kept.length > 0) {
      const count = this.#places.length;
      if (kept.length !== order.length * count) {
        throw new OptionError(
          `${where}: expected an optimizer with ${order.length * count} arrays for this model, got ${kept.length}`,
        );
      }
      const values = await Promise.all(kept.map((tensor) => tensor.data()));
      kept.forEach(({ shape }, index) => {
        const at = this.#placeOf(order[Math.floor(index / count)] as string, index % count);
        slots[at] = { name: '', data: values[index] as Float32Array, shape };
      });
    }
    this.#ours.setTrainingState({ iterations: optimizer.iterations, epochs: 0, learningRate: 0, slots });
  }

  /** Lets their optimizer go on from where ours is. */
  async handState(optimizer: tf.Optimizer, { order }: Translated): Promise<void> {
    const { iterations, slots } = this.#ours.getTrainingState();
    if (iterations === optimizer.iterations) return;
    const trained = this.#pairs.filter(({ isTrained }) => isTrained);
    const arrays = order.flatMap((name) =>
      this.#places.map((place, index) => {
        const { data, shape } = slots[this.#placeOf(name, index)] as NamedTensor;
        const { variable } = trained[place] as Pair;
        return { name: `${variable.name}/${name}`, tensor: tf.tensor(data, [...shape]) };
      }),
    );
    await keepArrays(optimizer, iterations, arrays);
  }

  /** Where our training state has the slot `name` of their trained weight `index`. */
  #placeOf(name: string, index: number): number {
    const slot = this.#ours.optimizer.slots.indexOf(name);
    return slot * this.#places.length + (this.#places[index] as number);
  }
}

/** `layer/weight`; names of layers have "_" here where they have "/" there. */
function keyOf(name: string): string {
  const slash = name.lastIndexOf('/');
  return `${name.slice(0, slash).replaceAll('/', '_')}/${name.slice(slash + 1)}`;
}

/** `layer/weight` of `model/layer/weight`: there the names of inner models are not part of it. */
function ownKey(name: string): string {
  return name.split('/').slice(-2).join('/');
}

/** Lets those layers learn that do so there. Takes effect at `compile`. */
function freeze(parts: AnyModel['layers'], isTrained: (name: string) => boolean): void {
  for (const part of parts) {
    if ('layers' in part) freeze(part.layers, isTrained);
    else if (part.built.weights.length > 0) {
      part.trainable = part.built.weights.some(({ name }) => isTrained(`${part.name}/${name}`));
    }
  }
}
