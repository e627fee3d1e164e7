/** The layers of a tf.LayersModel, those of models within it too. */

import type * as tf from '@tensorflow/tfjs';

/** A layer that is no model. */
export interface Leaf {
  /** The layer. */
  readonly layer: tf.layers.Layer;
  /** How often the outermost model uses it, through models within it too. */
  readonly uses: number;
}

/** The layers of a model that are no models, in their order. */
export function leavesOf(model: tf.LayersModel, times = 1): readonly Leaf[] {
  const { containerNodes } = model as unknown as { containerNodes: ReadonlySet<string> };
  return model.layers.flatMap((layer) => {
    const uses =
      times * layer.inboundNodes.filter((_, index) => containerNodes.has(`${layer.name}_ib-${index}`)).length;
    const isModel = Array.isArray((layer as Partial<tf.LayersModel>).layers);
    return isModel ? leavesOf(layer as tf.LayersModel, uses) : [{ layer, uses }];
  });
}
