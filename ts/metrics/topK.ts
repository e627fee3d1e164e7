/** Share of samples whose class is among the k largest outputs. */

import { checkOptions, positiveInteger } from '../options';
import { sizeOf } from '../shape';
import { expectTargets, largest, shareOf } from './counting';
import type { Metric } from './metric';

/** Options of {@link topKCategoricalAccuracy} and {@link sparseTopKCategoricalAccuracy}. */
export interface TopKOptions {
  /** How many of the largest outputs count. Default 5. */
  readonly k?: number;
  /** Name in history and logs. Default the function's. */
  readonly name?: string;
}

/**
 * Share of samples with fewer than k outputs above that of the largest target (one-hot), as in TensorFlow's `in_top_k`:
 * equal outputs all count, one that is not finite never.
 *
 * @throws {OptionError} when an option is unknown or `k` is no integer ≥ 1.
 */
export function topKCategoricalAccuracy(options: TopKOptions = {}): Metric {
  return topK('topKCategoricalAccuracy', 'TopKCategoricalAccuracy', options, false);
}

/**
 * {@link topKCategoricalAccuracy} for targets that are numbers of classes.
 *
 * @throws {OptionError} when an option is unknown or `k` is no integer ≥ 1.
 */
export function sparseTopKCategoricalAccuracy(options: TopKOptions = {}): Metric {
  return topK('sparseTopKCategoricalAccuracy', 'SparseTopKCategoricalAccuracy', options, true);
}

function topK(kind: string, className: string, options: TopKOptions, sparse: boolean): Metric {
  checkOptions(kind, options, ['k', 'name']);
  const k = positiveInteger(options.k ?? 5, `${kind}: k`);
  const name = options.name ?? kind;
  return {
    name,
    className,
    config: { k, name },
    counter(outputShape, targetShape, where) {
      const width = outputShape.at(-1) ?? 1;
      expectTargets(name, sparse ? outputShape.slice(0, -1) : outputShape, targetShape, where);
      return shareOf(sizeOf(outputShape) / width, (outputs, outputStart, targets, targetStart, item) => {
        const start = outputStart + item * width;
        const label = sparse
          ? (targets[targetStart + item] as number)
          : largest(targets, targetStart + item * width, width);
        const own = outputs[start + label] as number;
        let above = 0;
        for (let index = 0; index < width; index++) {
          const value = outputs[start + index] as number;
          if (!Number.isFinite(value)) return false;
          if (value > own) above++;
        }
        return above < k;
      });
    },
  };
}
