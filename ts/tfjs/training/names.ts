/** Names of losses and metrics in logs and history, on both sides. */

import type * as tf from '@tensorflow/tfjs';
import type { MetricLike } from '../../index';

/** A number in logs. */
export interface LogName {
  /** Its name there. */
  readonly theirs: string;
  /** Its name here. */
  readonly ours: string;
}

/**
 * The names in logs and history of the loss, of the loss of each output where there are several, and of the metrics, one after
 * the other; a second of the same name is `name_1`.
 */
export function namesOf(model: tf.LayersModel): string[] {
  const names = model.metricsNames;
  return names.map((name, index) => {
    const before = names.slice(0, index).filter((other) => other === name).length;
    return names.filter((other) => other === name).length > 1 ? `${name}_${before}` : name;
  });
}

/**
 * The numbers that are told, by both names, in the order of theirs.
 *
 * @param outputs - Names of the outputs of ours.
 * @param metrics - Ours, of each output.
 */
export function pairNames(
  model: tf.LayersModel,
  outputs: readonly string[],
  metrics: readonly (readonly MetricLike[])[],
): readonly LogName[] {
  const prefixes = outputs.map((name) => (outputs.length > 1 ? `${name}_` : ''));
  const ours = [
    'loss',
    ...prefixes.filter((prefix) => prefix !== '').map((prefix) => `${prefix}loss`),
    ...metrics.flatMap((list, output) =>
      list.map((metric) => `${prefixes[output]}${(metric as { name: string }).name}`),
    ),
  ];
  return namesOf(model).map((theirs, index) => ({ theirs, ours: ours[index] as string }));
}
