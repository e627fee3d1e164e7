/** The chain rule, from the last layer of a graph to the first. */

import type { BuiltLayer, WeightBuffers } from '../layers/layer';
import { type Buffer, read, write } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import type { Reach } from './reach';

/** A node whose forward calls are emitted. */
export interface EmittedNode {
  /** The layer. */
  readonly layer: BuiltLayer;
  /** Name of this use of it. */
  readonly scope: string;
  /** Numbers of the values that it takes. */
  readonly sources: readonly number[];
  /** What it computes with. */
  readonly weights: readonly WeightBuffers[];
  /** Of a layer with several uses that get gradients: the weights whose gradients are the sums over these. */
  readonly own: readonly WeightBuffers[];
  /** What it answered. */
  readonly result: ReturnType<BuiltLayer['emit']>;
}

/**
 * Emits the gradients of all values and weights that need one; gradients of a value that several layers read are added.
 *
 * @param gradients - By the number of a value its gradient from the losses; the others are filled in.
 */
export function emitBackward(
  builder: PlanBuilder,
  nodes: readonly EmittedNode[],
  { learns, isTold, usesOf }: Reach,
  gradients: (Buffer | undefined)[],
): void {
  const inputCount = learns.length - nodes.length;
  const sharedSums = new SharedSums(builder, usesOf);
  for (let node = nodes.length - 1; node >= 0; node--) {
    const { scope, sources, result } = nodes[node] as EmittedNode;
    const gradient = gradients[inputCount + node];
    if (gradient === undefined || !isTold[node]) continue;
    const needed = sources.map((source) => learns[source] === true);
    const back = builder.scope(scope, 'backward', () => result.backward(gradient, needed));
    if (builder.keepAll) {
      recordBackward(
        builder,
        scope,
        gradient,
        back.map((each, index) => (needed[index] ? each : undefined)),
      );
    }
    sharedSums.add(nodes[node] as EmittedNode);
    sources.forEach((source, index) => {
      const part = back[index];
      if (part === undefined || !needed[index]) return;
      const known = gradients[source];
      gradients[source] = known === undefined ? part : addGradients(builder, scope, known, part);
    });
  }
}

/** Notes for `explain` the gradients by a layer's output and inputs. */
function recordBackward(builder: PlanBuilder, scope: string, dy: Buffer, dxs: readonly (Buffer | undefined)[]): void {
  builder.scope(scope, 'backward', () => {
    builder.record('dy', dy);
    dxs.forEach((dx, index) => {
      if (dx !== undefined) builder.record(inputRole('dx', index), dx);
    });
  });
}

/** The role of an input's array: `x` of the first, `x1`, `x2`, … of others. */
export function inputRole(role: 'x' | 'dx', index: number): string {
  return index === 0 ? role : `${role}${index}`;
}

/** The role of the sum of what the uses of a shared layer give a weight. */
export function totalRole(layer: BuiltLayer, weight: number): string {
  return `${layer.weights[weight]?.name} gradient total`;
}

/** The sum of two gradients by one value. */
export function addGradients(builder: PlanBuilder, scope: string, a: Buffer, b: Buffer): Buffer {
  return builder.scope(scope, 'backward', () => {
    const sum = builder.temporary('gradient sum', a.shape);
    builder.call('add', [a.size, read(a), read(b), write(sum)], a.size);
    return sum;
  });
}

/** Sums the gradients that the uses of shared layers give their weights. */
class SharedSums {
  readonly #builder: PlanBuilder;
  readonly #left: Map<BuiltLayer, number>;
  readonly #sums = new Map<Buffer, Buffer>();

  constructor(builder: PlanBuilder, usesOf: ReadonlyMap<BuiltLayer, number>) {
    this.#builder = builder;
    this.#left = new Map(usesOf);
  }

  /** Takes the gradients of one use; the last one writes the sums where the optimizer reads them. */
  add({ layer, scope, weights, own }: EmittedNode): void {
    const left = (this.#left.get(layer) ?? 0) - 1;
    this.#left.set(layer, left);
    own.forEach(({ gradient: total }, index) => {
      const part = weights[index]?.gradient;
      if (total === undefined || part === undefined) return;
      const sum = this.#sums.get(total);
      if (sum === undefined) {
        this.#sums.set(total, part);
        return;
      }
      this.#builder.scope(scope, 'backward', () => {
        const target = left === 0 ? total : this.#builder.temporary('gradient sum', part.shape);
        this.#builder.call('add', [part.size, read(sum), read(part), write(target)], part.size);
        this.#sums.set(total, target);
        if (left === 0 && this.#builder.keepAll) this.#builder.record(totalRole(layer, index), total);
      });
    });
  }
}
