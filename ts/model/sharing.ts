/**
 * One set of weights for several models: a model and all models that it is nested in. Each keeps them in its own memory, so
 * that its plan has fixed addresses; who writes them becomes their owner, and the others copy them before their next use.
 */

import type { BuiltLayer } from '../layers/layer';
import type { Network } from './network';

/** The weights of one layer. */
interface Cell {
  /** Grows with every change. */
  version: number;
  /** Who changed them last. */
  owner: Member;
  readonly members: Set<Member>;
}

/** A model that has these weights. */
interface Member {
  readonly network: Network;
  readonly cell: Cell;
  /** The layer in this model. */
  readonly layer: BuiltLayer;
  /** Number of its first weight in this model. */
  readonly first: number;
  /** The version that this model has; −1 for none. */
  seen: number;
}

/** By the layer of the model that it was made for. */
const cells = new WeakMap<BuiltLayer, Cell>();

/** What a model shares with others. */
export class Sharing {
  readonly #members: Member[] = [];

  /** Whether nothing is shared. */
  get isEmpty(): boolean {
    return this.#members.length === 0;
  }

  /**
   * Shares a layer of `outer` that comes from the model `inner`.
   *
   * @param isFirst - Whether `outer` brings values of its own, which the others take.
   */
  static connect(
    inner: Network,
    innerLayer: BuiltLayer,
    outer: Network,
    outerLayer: BuiltLayer,
    isFirst: boolean,
  ): void {
    if (innerLayer.weights.length === 0) return;
    const origin = innerLayer.origin ?? innerLayer;
    let cell = cells.get(origin);
    if (cell === undefined) {
      cell = { version: 0, members: new Set() } as unknown as Cell;
      cell.owner = inner.sharing.#join(inner, cell, innerLayer, 0);
      cells.set(origin, cell);
    }
    const member = outer.sharing.#join(outer, cell, outerLayer, -1);
    if (isFirst) own(member);
  }

  #join(network: Network, cell: Cell, layer: BuiltLayer, seen: number): Member {
    const member: Member = { network, cell, layer, first: network.firstWeightOf(layer), seen };
    cell.members.add(member);
    this.#members.push(member);
    return member;
  }

  /** Takes what others changed. Called before weights are used. */
  acquire(): void {
    for (let index = 0; index < this.#members.length; index++) {
      const member = this.#members[index] as Member;
      if (member.seen !== member.cell.version) pull(member);
    }
  }

  /** Says that this model changes weights: all, or those of some layers. */
  claim(layers?: ReadonlySet<BuiltLayer>): void {
    for (let index = 0; index < this.#members.length; index++) {
      const member = this.#members[index] as Member;
      if (layers === undefined || layers.has(member.layer)) own(member);
    }
  }

  /** Leaves, and hands to others what only this model has. Called before its memory goes. */
  leave(): void {
    for (const member of this.#members) {
      const { cell } = member;
      cell.members.delete(member);
      if (cell.owner !== member) continue;
      const [heir] = cell.members;
      if (heir === undefined) continue;
      if (heir.seen !== cell.version) pull(heir);
      cell.owner = heir;
    }
    this.#members.length = 0;
  }
}

function own(member: Member): void {
  const { cell } = member;
  cell.version++;
  cell.owner = member;
  member.seen = cell.version;
}

function pull(member: Member): void {
  const { network, cell, layer, first } = member;
  for (let index = 0; index < layer.weights.length; index++) {
    network.copyWeight(first + index, cell.owner.network, cell.owner.first + index);
  }
  member.seen = cell.version;
}
