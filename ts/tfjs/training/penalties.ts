/** What the regularizers of a tf.LayersModel add to its loss: those of a layer count as often as the layer is used. */

import * as tf from '@tensorflow/tfjs';
import type { Leaf } from './leaves';

/** A layer or a model in a topology. */
interface Entry {
  readonly config: Readonly<Record<string, unknown>> & { readonly name?: string; readonly layers?: readonly Entry[] };
}

/** A topology with the factors of each regularizer as large as all uses of its layer make them; ours count it once. */
export function countUses(topology: object, leaves: readonly Leaf[]): object {
  return counted(topology as Entry, new Map(leaves.map(({ layer, uses }) => [layer.name, uses])));
}

function counted(entry: Entry, usesOf: ReadonlyMap<string, number>): Entry {
  const { config } = entry;
  if (Array.isArray(config.layers)) {
    return { ...entry, config: { ...config, layers: config.layers.map((layer) => counted(layer, usesOf)) } };
  }
  const uses = usesOf.get(config.name ?? '') ?? 1;
  if (uses === 1) return entry;
  const repeat = (key: string, value: unknown): unknown =>
    key.endsWith('_regularizer') && value !== null ? repeated(value as Entry, uses) : value;
  return {
    ...entry,
    config: Object.fromEntries(Object.entries(config).map(([key, value]) => [key, repeat(key, value)])),
  };
}

function repeated(regularizer: Entry, uses: number): Entry {
  const factors = Object.entries(regularizer.config).map(([key, value]) => [key, (value as number) * uses]);
  return { ...regularizer, config: Object.fromEntries(factors) };
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
