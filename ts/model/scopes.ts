/** Names of the uses of layers, by which a plan's calls and buffers are found. */

import type { Graph } from './graph';

/** For each node the name of its layer; of a layer that is used again `NAME[2]`, `NAME[3]`, …. All are different. */
export function scopesOf({ nodes }: Graph): readonly string[] {
  const taken = new Set(nodes.map(({ layer }) => layer.name));
  const uses = new Map<string, number>();
  return nodes.map(({ layer: { name } }) => {
    let use = (uses.get(name) ?? 0) + 1;
    while (use > 1 && taken.has(`${name}[${use}]`)) use++;
    uses.set(name, use);
    if (use === 1) return name;
    taken.add(`${name}[${use}]`);
    return `${name}[${use}]`;
  });
}
