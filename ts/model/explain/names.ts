/** The seed's names for the arrays of a graph of layers: Z1, H1, W, δ, … */

import type { BuiltLayer } from '../../layers/layer';
import type { Graph } from '../graph';
import { isWeighted, convolutions as kinds } from './weighted';

/** Names of one weighted layer's arrays. */
export interface StageNames {
  /** Filters or matrix: `f`, `W`; numbered when the model has several. */
  readonly kernel: string;
  /** Bias. */
  readonly bias: string;
  /** Before the activation: `Z1`. */
  readonly z: string;
  /** After it: `H1`, and `O` for the model's output, `O1`, `O2` for several. */
  readonly h: string;
  /** Gradient by `Z`: `δ` for the output, `dE/dZ1` before it. */
  readonly delta: string;
}

/**
 * Names for every node: a node that has weights has its own, one that follows it alone shares them. A layer that is used again has
 * the same filters or matrix there.
 */
export function nameStages(graph: Graph): readonly (StageNames | undefined)[] {
  const { nodes, inputShapes } = graph;
  const layers = [...new Set(nodes.map(({ layer }) => layer))].filter(({ weights }) => weights.length > 0);
  const kernelOf = numberLayers(layers);
  const endings = endingsOf(graph);
  let stage = 0;
  const names: (StageNames | undefined)[] = [];
  nodes.forEach(({ layer, inputs }, node) => {
    if (layer.weights.length === 0) {
      names.push(
        inputs.length === 1 && followsAlone(graph, node)
          ? names[(inputs[0] as number) - inputShapes.length]
          : undefined,
      );
      return;
    }
    stage++;
    const ending = endings.get(node);
    names.push({
      ...(kernelOf.get(layer) as Pick<StageNames, 'kernel' | 'bias'>),
      z: `Z${stage}`,
      h: ending === undefined ? `H${stage}` : `O${ending}`,
      delta: ending === undefined ? `dE/dZ${stage}` : `δ${ending}`,
    });
  });
  return names;
}

/** What tells several outputs and their targets apart: their numbers. */
export function numberOfOutput({ outputs }: Graph, output: number): string {
  return outputs.length === 1 ? '' : String(output + 1);
}

/** How many times a value is wanted: by nodes, and as outputs. */
export function readersOf({ nodes, outputs }: Graph, value: number): number {
  const wanted = [...nodes.flatMap(({ inputs }) => inputs), ...outputs.map((output) => output.value)];
  return wanted.filter((each) => each === value).length;
}

/** Names of a node that has none of its own: its value is `h`, and what it takes is `z`. */
export function plainNames(h: string, z: string, delta: string): StageNames {
  return { kernel: '', bias: '', z, h, delta };
}

function followsAlone(graph: Graph, node: number): boolean {
  const [input = 0] = graph.nodes[node]?.inputs ?? [];
  return input >= graph.inputShapes.length && readersOf(graph, input) === 1;
}

/** The last node with weights before each output, where only layers without weights that follow alone are between them. */
function endingsOf(graph: Graph): ReadonlyMap<number, string> {
  const endings = new Map<number, string>();
  graph.outputs.forEach(({ value }, output) => {
    let node = value - graph.inputShapes.length;
    while (graph.nodes[node]?.layer.weights.length === 0 && graph.nodes[node]?.inputs.length === 1) {
      if (!followsAlone(graph, node)) return;
      node = (graph.nodes[node]?.inputs[0] as number) - graph.inputShapes.length;
    }
    const isWeighted = (graph.nodes[node]?.layer.weights.length ?? 0) > 0;
    if (isWeighted && !endings.has(node)) endings.set(node, numberOfOutput(graph, output));
  });
  return endings;
}

/** Filters, matrices and biases, numbered where there are several. */
function numberLayers(layers: readonly BuiltLayer[]): ReadonlyMap<BuiltLayer, Pick<StageNames, 'kernel' | 'bias'>> {
  const convolutions = layers.filter(({ className }) => kinds.includes(className));
  const matrices = layers.filter((layer) => !convolutions.includes(layer));
  const biased = layers.filter(({ weights }) => weights.length > 1);
  const number = (list: readonly BuiltLayer[], layer: BuiltLayer): string =>
    list.length > 1 ? String(biasNumber(list, layers, layer)) : '';
  return new Map(
    layers.map((layer) => {
      const isConvolution = convolutions.includes(layer);
      const kernel = isConvolution ? `f${number(convolutions, layer)}` : `W${number(matrices, layer)}`;
      return [layer, { kernel, bias: `b${number(biased, layer)}` }];
    }),
  );
}

/** Place of a layer in a list, from 1; of one that is not in it, that of the one before it. */
function biasNumber(list: readonly BuiltLayer[], all: readonly BuiltLayer[], layer: BuiltLayer): number {
  const until = all.indexOf(layer);
  return list.filter((each) => all.indexOf(each) <= until).length;
}

const symbols: Readonly<Record<string, string>> = { gamma: 'γ', beta: 'β', alpha: 'α' };

/** The name of a weight: `f`, `W`, `b` of the layers that the matrix form knows; else its sign and its layer, `γ[norm]`. */
export function nameOfWeight(layer: BuiltLayer, role: string, stage: StageNames | undefined): string {
  if (stage !== undefined && isWeighted(layer)) return role === 'bias' ? stage.bias : stage.kernel;
  return `${symbols[role] ?? role}[${layer.name}]`;
}
