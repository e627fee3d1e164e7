/** What the regularizers of a tf.LayersModel add to its loss. */

import * as tf from '@tensorflow/tfjs';
import { OptionError } from '../../index';
import type { Leaf } from './leaves';

/** @throws {OptionError} naming a layer that is trained, shared and has a penalty, which ours counts once. */
export function checkPenalties(leaves: readonly Leaf[], isTrained: (leaf: Leaf) => boolean, where: string): void {
  for (const leaf of leaves) {
    const { layer, uses } = leaf;
    if (layer.losses.length === 0 || uses === 1 || !isTrained(leaf)) continue;
    throw new OptionError(
      `${where}: layer "${layer.name}": expected no regularizer in a layer that is used ${uses} times, which TensorFlow.js counts ${uses} times`,
    );
  }
}

/** The penalties of some layers now. */
export async function penaltyOf(leaves: readonly Leaf[]): Promise<number> {
  let sum = 0;
  for (const { layer, uses } of leaves) {
    for (const loss of tf.tidy(() => layer.calculateLosses())) {
      sum += uses * ((await loss.data())[0] as number);
      loss.dispose();
    }
  }
  return sum;
}
