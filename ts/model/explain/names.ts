/** The seed's names for the arrays of a chain of layers: Z1, H1, W, δ, … */

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
  /** After it: `H1`, and `O` for the model's output. */
  readonly h: string;
  /** Gradient by `Z`: `δ` for the output, `dE/dZ1` before it. */
  readonly delta: string;
}

/** Names for every node that has weights, by its index; the others share those of the weighted node before them. */
export function nameStages(graph: Graph): readonly (StageNames | undefined)[] {
  const weighted = graph.nodes.filter(({ layer }) => layer.weights.length > 0);
  const convolutions = weighted.filter(({ layer }) => kinds.includes(layer.className)).length;
  const matrices = weighted.length - convolutions;
  const biases = weighted.filter(({ layer }) => layer.weights.length > 1).length;
  let stage = 0;
  let convolution = 0;
  let matrix = 0;
  let bias = 0;
  let current: StageNames | undefined;
  return graph.nodes.map(({ layer }) => {
    if (layer.weights.length === 0) return current;
    stage++;
    const isConvolution = kinds.includes(layer.className);
    const number = isConvolution ? ++convolution : ++matrix;
    const several = (isConvolution ? convolutions : matrices) > 1;
    if (layer.weights.length > 1) bias++;
    const last = stage === weighted.length;
    current = {
      kernel: `${isConvolution ? 'f' : 'W'}${several ? number : ''}`,
      bias: `b${biases > 1 ? bias : ''}`,
      z: `Z${stage}`,
      h: last ? 'O' : `H${stage}`,
      delta: last ? 'δ' : `dE/dZ${stage}`,
    };
    return current;
  });
}

const symbols: Readonly<Record<string, string>> = { gamma: 'γ', beta: 'β', alpha: 'α' };

/** The name of a weight: `f`, `W`, `b` of the layers that the matrix form knows; else its sign and its layer, `γ[norm]`. */
export function nameOfWeight(layer: BuiltLayer, role: string, stage: StageNames | undefined): string {
  if (stage !== undefined && isWeighted(layer)) return role === 'bias' ? stage.bias : stage.kernel;
  return `${symbols[role] ?? role}[${layer.name}]`;
}
