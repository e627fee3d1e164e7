/** How far gradients go in a graph: from the losses back to the first layer that is trained, and nowhere else. */

import type { BuiltLayer } from '../layers/layer';
import type { Graph } from './graph';

/** Where gradients are computed. */
export interface Reach {
  /** By the number of a value whether something before it is trained, so that a gradient by it is needed. */
  readonly learns: readonly boolean[];
  /** For each node whether a loss depends on it and something in it or before it is trained. */
  readonly isTold: readonly boolean[];
  /** How many such nodes a layer has. */
  readonly usesOf: ReadonlyMap<BuiltLayer, number>;
}

/**
 * Follows the losses back.
 *
 * @param values - Numbers of the values that have a loss.
 * @param isTrained - Whether a node has weights that are trained.
 */
export function reachOf(
  { inputShapes, nodes }: Graph,
  values: readonly number[],
  isTrained: (node: number) => boolean,
): Reach {
  const learns = inputShapes.map(() => false);
  nodes.forEach(({ inputs }, node) => {
    learns.push(isTrained(node) || inputs.some((input) => learns[input]));
  });
  const counts = new Set(values);
  const isTold = nodes.map(() => false);
  const usesOf = new Map<BuiltLayer, number>();
  for (let node = nodes.length - 1; node >= 0; node--) {
    const { layer, inputs } = nodes[node] as Graph['nodes'][number];
    const value = inputShapes.length + node;
    if (!counts.has(value) || !learns[value]) continue;
    isTold[node] = true;
    usesOf.set(layer, (usesOf.get(layer) ?? 0) + 1);
    for (const input of inputs) counts.add(input);
  }
  return { learns, isTold, usesOf };
}
