/** Keras's table of a model's layers. */

import { formatTable } from '../plan/report';
import { formatShape, sizeOf } from '../shape';
import type { Network } from './network';

/** The table as text: a line a layer, then the number of parameters. */
export function summarize(network: Network): string {
  const rows = network.graph.nodes.map(({ layer }) => [
    `${layer.name} (${layer.className})`,
    formatShape([-1, ...layer.outputShape]),
    layer.weights.reduce((sum, { shape }) => sum + sizeOf(shape), 0).toLocaleString('en-US'),
    layer.weights.map(({ name, shape }) => `${name} ${formatShape(shape)}`).join(', '),
  ]);
  const count = (trainable: boolean): number =>
    network.layers
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
