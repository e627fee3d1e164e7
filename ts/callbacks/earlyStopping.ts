/** Ends training when it no longer helps. */

import { OptionError } from '../errors';
import { boolean, checkOptions, describe, numberIn } from '../options';
import type { Tensor } from '../tensor';
import type { Callback, TrainedModel } from './callback';

/** Options of {@link earlyStopping}. */
export interface EarlyStoppingOptions {
  /** Which number of an epoch is watched. Default `'val_loss'`. */
  readonly monitor?: string;
  /** Smallest change that counts as better. Default 0. */
  readonly minDelta?: number;
  /** Epochs in a row without anything better that end training. Default 0, which as 1 ends at the first of them. */
  readonly patience?: number;
  /** Whether smaller or larger is better; `'auto'` takes larger for names that contain `accuracy`. Default `'auto'`. */
  readonly mode?: 'auto' | 'min' | 'max';
  /** Whether the model gets back the weights of its best epoch when training ends, however it ends. Default false. */
  readonly restoreBestWeights?: boolean;
}

/**
 * Ends training when a number has not become better for some epochs, as in Keras.
 *
 * @throws {OptionError} when an option is unknown or out of range, and from `fit` when no epoch has the watched number.
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const where = 'earlyStopping';
  checkOptions(where, options, ['monitor', 'minDelta', 'patience', 'mode', 'restoreBestWeights']);
  const { monitor = 'val_loss', mode = 'auto' } = options;
  const minDelta = numberIn(options.minDelta ?? 0, 0, Number.POSITIVE_INFINITY, `${where}: minDelta`);
  const patience = numberIn(options.patience ?? 0, 0, Number.MAX_SAFE_INTEGER, `${where}: patience`);
  const restore = boolean(options.restoreBestWeights ?? false, `${where}: restoreBestWeights`);
  if (mode !== 'auto' && mode !== 'min' && mode !== 'max') {
    throw new OptionError(`${where}: expected mode "auto", "min" or "max", got ${describe(mode)}`);
  }
  const larger = mode === 'max' || (mode === 'auto' && /accuracy/i.test(monitor));
  let model: TrainedModel | undefined;
  let best = Number.NaN;
  let waited = 0;
  let weights: readonly Tensor[] | undefined;
  return {
    onTrainBegin(trained) {
      model = trained;
      best = larger ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
      waited = 0;
      weights = undefined;
    },
    onEpochEnd(_epoch, logs) {
      const value = logs[monitor];
      if (value === undefined) {
        throw new OptionError(
          `${where}: expected monitor to be one of ${Object.keys(logs).join(', ')}, got "${monitor}"`,
        );
      }
      const isBetter = larger ? value - minDelta > best : value + minDelta < best;
      if (isBetter) {
        best = value;
        waited = 0;
        if (restore) weights = model?.getWeights();
        return;
      }
      waited++;
      // Keras's count: patience 0 and 1 both end at the first epoch that is not better.
      if (model !== undefined && waited >= patience) model.stopTraining = true;
    },
    onTrainEnd() {
      if (weights !== undefined) model?.setWeights(weights);
    },
  };
}
