/** Ends training that has gone astray. */

import { NonFiniteError } from '../errors';
import type { Callback } from './callback';

/**
 * Throws as soon as the loss of a batch is NaN or infinite, so that `fit` rejects with the epoch and the batch.
 * To learn which kernel made the first bad number, compile with `checkNumerics: true`.
 *
 * @throws {NonFiniteError} from `fit`.
 */
export function terminateOnNaN(): Callback {
  let epoch = 0;
  return {
    onEpochBegin(index) {
      epoch = index;
    },
    onBatchEnd(batch, logs) {
      const { loss } = logs;
      if (loss !== undefined && !Number.isFinite(loss)) {
        throw new NonFiniteError(`fit: expected a finite loss, got ${loss} in batch ${batch} of epoch ${epoch}`);
      }
    },
  };
}
