/**
 * Batch normalizations folded into the linear layer before them, for evaluation and prediction: there they are a factor and a
 * shift for each channel, which kernel and bias can hold. Both are computed when weights have changed, not for every batch.
 */

import type { BuiltLayer, WeightBuffers } from '../layers/layer';
import { type Buffer, read, write } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import type { Graph } from './graph';

/** A pair of layers that is one at inference. */
export interface Fold {
  /** Number of the node of the linear layer. */
  readonly linear: number;
  /** Number of the node of the batch normalization. */
  readonly norm: number;
  /** Number of the node of an activation behind it that the linear layer's kernel applies itself, if there is one. */
  readonly activation: number | undefined;
}

/** Memory of a pair's kernel and bias. */
export interface FoldedBuffers {
  /** As large as the linear layer's kernel. */
  readonly kernel: Buffer;
  /** A value for each channel. */
  readonly bias: Buffer;
}

/** The pairs of a graph: nobody else reads the linear layer's output, and neither layer is used a second time. */
export function findFolds(graph: Graph): Fold[] {
  const { nodes } = graph;
  const first = graph.inputShapes.length;
  const isShared = (layer: BuiltLayer): boolean => nodes.filter((node) => node.layer === layer).length > 1;
  /** The only node that reads a node's output; undefined when there are several, or the model answers it. */
  const onlyReader = (node: number): number | undefined => {
    const readers = nodes.flatMap(({ inputs }, index) =>
      inputs.filter((input) => input === first + node).map(() => index),
    );
    return isOutput(graph, node) || readers.length !== 1 ? undefined : readers[0];
  };
  return nodes.flatMap(({ layer }, linear): Fold[] => {
    const norm = layer.kernelInner === undefined || isShared(layer) ? undefined : onlyReader(linear);
    const normalization = norm === undefined ? undefined : nodes[norm]?.layer;
    if (norm === undefined || normalization?.normalizes === undefined || isShared(normalization)) return [];
    const behind = onlyReader(norm);
    const code = behind === undefined ? undefined : nodes[behind]?.layer.applies?.fusedCode;
    return [{ linear, norm, activation: code === undefined ? undefined : behind }];
  });
}

function isOutput({ inputShapes, outputs }: Graph, node: number): boolean {
  return outputs.some(({ value }) => value === inputShapes.length + node);
}

/** Sizes and names of a pair's kernel and bias. */
export function foldedSpecs({ nodes }: Graph, { linear, norm }: Fold): { name: string; shape: readonly number[] }[] {
  const [layer, normalization] = [nodes[linear]?.layer, nodes[norm]?.layer];
  const kernel = layer?.weights[0]?.shape ?? [];
  const channels = normalization?.weights.at(-1)?.shape ?? [];
  return [
    { name: `${layer?.name}/kernel·${normalization?.name}`, shape: kernel },
    { name: `${layer?.name}/bias·${normalization?.name}`, shape: channels },
  ];
}

/** Emits the computation of all folded kernels and biases. */
export function emitFolds(
  builder: PlanBuilder,
  graph: Graph,
  folds: readonly Fold[],
  memory: { readonly folded: readonly FoldedBuffers[]; weightsOf(node: number): readonly WeightBuffers[] },
): void {
  folds.forEach(({ linear, norm }, index) => {
    const layer = graph.nodes[norm]?.layer;
    const into = memory.folded[index];
    const [kernel, bias] = memory.weightsOf(linear);
    if (layer?.normalizes === undefined || into === undefined || kernel === undefined) return;
    const own = memory.weightsOf(norm);
    const argument = (place: number | undefined) => {
      const weight = place === undefined ? undefined : own[place];
      return weight === undefined ? 0 : read(weight.value);
    };
    const { epsilon, gamma, beta, mean, variance } = layer.normalizes;
    const inner = graph.nodes[linear]?.layer.kernelInner ?? 1;
    const arrays = [read(kernel.value), bias === undefined ? 0 : read(bias.value), argument(gamma), argument(beta)];
    const results = [argument(mean), argument(variance), write(into.kernel), write(into.bias)];
    const sizes = [kernel.value.size, into.bias.size, inner, epsilon];
    builder.scope(layer.name, 'forward', () =>
      builder.call('fold_batch_norm', [...sizes, ...arrays, ...results], kernel.value.size),
    );
  });
}

/** What a pair's nodes do in a plan of inference. */
export class FoldedNodes {
  readonly #graph: Graph;
  readonly #folds: readonly Fold[];
  readonly #folded: readonly FoldedBuffers[];

  constructor(graph: Graph, folds: readonly Fold[], folded: readonly FoldedBuffers[]) {
    this.#graph = graph;
    this.#folds = folds;
    this.#folded = folded;
  }

  /** The folded weights of a node that is the linear layer of a pair. */
  weightsOf(node: number): readonly WeightBuffers[] | undefined {
    const index = this.#folds.findIndex(({ linear }) => linear === node);
    const folded = this.#folded[index];
    if (folded === undefined) return undefined;
    return [folded.kernel, folded.bias].map((value) => ({ value, gradient: undefined }));
  }

  /** Code of the activation that the linear layer of a pair applies itself; 0 for none. */
  codeOf(node: number): number {
    const behind = this.#folds.find(({ linear }) => linear === node)?.activation;
    return behind === undefined ? 0 : (this.#graph.nodes[behind]?.layer.applies?.fusedCode ?? 0);
  }

  /** Whether a node's work is done by the linear layer of its pair. */
  isDone(node: number): boolean {
    return this.#folds.some(({ norm, activation }) => norm === node || activation === node);
  }

  /** For reports: which layers are part of which. */
  tell(): { readonly layer: string; readonly into: string }[] {
    const name = (node: number): string => this.#graph.nodes[node]?.layer.name ?? '';
    return this.#folds.flatMap(({ linear, norm, activation }) =>
      [norm, activation]
        .filter((node) => node !== undefined)
        .map((node) => ({ layer: name(node), into: name(linear) })),
    );
  }
}
