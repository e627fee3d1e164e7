/** A model's layers as data; `topology.ts` makes the model again. */

import { configOf, type PartConfig } from '../config';
import type { BuiltLayer } from '../layers/layer';
import { type Graph, isSequential } from './graph';
import type { ModelPart } from './modelLayer';
import { isNested, type NestedModel } from './nested';

/** A value in a file: the name of a layer, the number of its use, and of its output where that is not the first. */
export type Reference = readonly [string, number] | readonly [string, number, number];

/** What is told of a model. */
export interface Described {
  /** Its name. */
  readonly name: string;
  /** Where first weights and orders of samples come from. */
  readonly seed: number;
  /** Its layers. */
  readonly graph: Graph;
  /** The same as users see them: they know which are trainable. */
  readonly layers: readonly ModelPart[];
}

/** A model as data, with the class names of Keras. */
export function describeTopology({ name, seed, graph, layers }: Described): PartConfig {
  const { nodes, outputs } = graph.outline;
  const configs = new Map<BuiltLayer, PartConfig['config']>();
  for (const layer of layers) if ('built' in layer) configs.set(layer.built, layer.config);
  const parts = [...new Set(nodes.map(({ part }) => part))];
  if (isSequential(graph)) {
    const [inputShape] = graph.inputShapes;
    const told = parts.map((part) => describePart(part, configs));
    return { className: 'Sequential', config: { name, seed, inputShape, layers: told } };
  }
  const inputNames = namesOfInputs(graph, parts);
  const references: Reference[] = inputNames.map((inputName) => [inputName, 0]);
  const uses = new Map<BuiltLayer | NestedModel, Reference[][]>(parts.map((part) => [part, []]));
  for (const { part, inputs } of nodes) {
    const own = uses.get(part) as Reference[][];
    const use = own.length;
    references.push([part.name, use]);
    const count = isNested(part) ? part.network.graph.outputs.length : 1;
    for (let output = 1; output < count; output++) references.push([part.name, use, output]);
    own.push(inputs.map((number) => references[number] as Reference));
  }
  const told = [
    ...graph.inputShapes.map((shape, index) => ({
      ...{ className: 'InputLayer', config: { name: inputNames[index], shape }, inboundNodes: [] },
    })),
    ...[...uses].map(([part, inboundNodes]) => ({ ...describePart(part, configs), inboundNodes })),
  ];
  const ends = {
    inputLayers: references.slice(0, inputNames.length),
    outputLayers: outputs.map((output) => references[output] as Reference),
  };
  return { className: 'Functional', config: { name, seed, layers: told, ...ends } };
}

function describePart(
  part: BuiltLayer | NestedModel,
  configs: ReadonlyMap<BuiltLayer, PartConfig['config']>,
): PartConfig {
  const { name } = part;
  if (isNested(part)) {
    const { seed, graph, layers } = part.network;
    return describeTopology({ name, seed, graph, layers });
  }
  const { className, config } = configOf({ className: part.className, config: configs.get(part) ?? part.config });
  return { className, config: { name, ...config } };
}

/** `input_1`, `input_2`, …, except where layers have these names. */
function namesOfInputs(graph: Graph, parts: readonly { readonly name: string }[]): string[] {
  const taken = new Set(parts.map(({ name }) => name));
  let number = 0;
  return graph.inputShapes.map(() => {
    do number++;
    while (taken.has(`input_${number}`));
    return `input_${number}`;
  });
}
