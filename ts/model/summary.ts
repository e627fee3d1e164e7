/** Keras's table of a model's layers. */

import type { BuiltLayer } from '../layers/layer';
import { boolean, checkOptions } from '../options';
import { formatTable } from '../plan/report';
import { formatShape, sizeOf } from '../shape';
import { type Graph, isSequential } from './graph';
import { leavesOf } from './modelLayer';
import { isNested } from './nested';
import type { Network } from './network';

/** Options of `Model.summary`. */
export interface SummaryOptions {
  /** Whether the layers of nested models follow them, with their depth before their names. Default false. */
  readonly expandNested?: boolean;
}

/**
 * The table as text: a line a layer or nested model, then the number of parameters.
 *
 * @throws {OptionError} when an option is unknown.
 */
export function summarize(network: Network, options: SummaryOptions, where: string): string {
  checkOptions(where, options, ['expandNested']);
  const expand = boolean(options.expandNested ?? false, `${where}: expandNested`);
  const rows = rowsOf(network.graph, expand, '');
  const count = (trainable: boolean): number =>
    leavesOf(network.layers)
      .flatMap((layer) => layer.built.weights.map((spec) => ({ spec, learns: spec.trainable && layer.trainable })))
      .filter(({ learns }) => learns === trainable)
      .reduce((sum, { spec }) => sum + sizeOf(spec.shape), 0);
  const inputs = network.graph.inputShapes.map((shape) => formatShape([-1, ...shape])).join(', ');
  const { outputs } = network.graph;
  const named = outputs.map(({ name, shape }) => `${name} ${formatShape([-1, ...shape])}`).join(', ');
  return [
    `Model "${network.name}", input ${inputs}${outputs.length > 1 ? `, outputs ${named}` : ''}`,
    formatTable(['Layer (type)', 'Output shape', 'Params', 'Weights'], rows),
    `Trainable parameters: ${count(true).toLocaleString('en-US')}; others: ${count(false).toLocaleString('en-US')}`,
  ].join('\n');
}

/** @param indent - Before the names. */
function rowsOf({ outline }: Graph, expand: boolean, indent: string): string[][] {
  return outline.nodes.flatMap(({ part }): string[][] => {
    if (!isNested(part)) {
      const { name, className, outputShape, weights } = part;
      const words = weights.map((weight) => `${weight.name} ${formatShape(weight.shape)}`).join(', ');
      return [[`${indent}${name} (${className})`, formatShape([-1, ...outputShape]), countOf([part]), words]];
    }
    const { graph } = part.network;
    const shapes = graph.outputs.map(({ shape }) => formatShape([-1, ...shape])).join(', ');
    const layers = [...new Set(graph.nodes.map(({ layer }) => layer))];
    const className = isSequential(graph) ? 'Sequential' : 'Functional';
    const row = [`${indent}${part.name} (${className})`, shapes, countOf(layers), ''];
    return [row, ...(expand ? rowsOf(graph, expand, `${indent}└ `) : [])];
  });
}

function countOf(layers: readonly BuiltLayer[]): string {
  const shapes = layers.flatMap(({ weights }) => weights.map(({ shape }) => shape));
  return shapes.reduce((sum, shape) => sum + sizeOf(shape), 0).toLocaleString('en-US');
}
