/** What the regularizers of a tf.LayersModel add to its loss. */

import * as tf from '@tensorflow/tfjs';
import { OptionError } from '../../index';

/** How often a model uses a layer: its penalties count as often there. */
function usesOf(model: tf.LayersModel, layer: tf.layers.Layer): number {
  const { containerNodes } = model as unknown as { containerNodes: ReadonlySet<string> };
  return layer.inboundNodes.filter((_, index) => containerNodes.has(`${layer.name}_ib-${index}`)).length;
}

/** @throws {OptionError} naming a layer that is trained, shared and has a penalty, which ours counts once. */
export function checkPenalties(model: tf.LayersModel, isTrained: ReadonlyMap<string, boolean>, where: string): void {
  for (const layer of model.layers) {
    const uses = usesOf(model, layer);
    if (layer.losses.length === 0 || isTrained.get(layer.name) !== true || uses === 1) continue;
    throw new OptionError(
      `${where}: layer "${layer.name}": expected no regularizer in a layer that is used ${uses} times, which TensorFlow.js counts ${uses} times`,
    );
  }
}

/** The penalties of some layers now. */
export async function penaltyOf(model: tf.LayersModel, counts: (layer: string) => boolean): Promise<number> {
  let sum = 0;
  for (const layer of model.layers) {
    if (!counts(layer.name)) continue;
    for (const loss of tf.tidy(() => layer.calculateLosses())) {
      sum += usesOf(model, layer) * ((await loss.data())[0] as number);
      loss.dispose();
    }
  }
  return sum;
}
