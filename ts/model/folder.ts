/** Keeps the folded kernels of a model fresh: computes them when weights have changed and inference asks for them. */

import type { Executable } from '../plan/executable';
import { type Fold, findFolds, foldedSpecs } from './folding';
import type { Graph } from './graph';

/** The folded batch normalizations of a model. */
export class Folder {
  /** Which layers are one at inference. */
  readonly folds: readonly Fold[];
  readonly #graph: Graph;
  #changes = 0;
  #foldedFor = -1;
  #executable: Executable | undefined;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.folds = findFolds(graph);
  }

  /** Sizes of all folded kernels and biases. */
  get specs(): ReturnType<typeof foldedSpecs>[] {
    return this.folds.map((fold) => foldedSpecs(this.#graph, fold));
  }

  /** Weights change. */
  touch(): void {
    this.#changes++;
  }

  /** How many times they have. */
  get changes(): number {
    return this.#changes;
  }

  /** Folds, when weights have changed. @param make - Makes the plan with its addresses, the first time. */
  fold(make: () => Executable): void {
    if (this.folds.length === 0 || this.#foldedFor === this.#changes) return;
    this.#executable ??= make();
    this.#executable.prepare();
    this.#executable.run(false);
    this.#foldedFor = this.#changes;
  }

  /** The model's memory goes. @param isAlive - Whether the engine is; else there is nothing to give back. */
  leave(isAlive: boolean): void {
    if (isAlive) this.#executable?.release();
    this.#executable = undefined;
    this.#foldedFor = -1;
  }
}
