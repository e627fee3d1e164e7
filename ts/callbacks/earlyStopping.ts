/** Ends training when it no longer helps. */

import { boolean, checkOptions, numberIn, wholeNumber } from '../options';
import type { Tensor } from '../tensor';
import type { Callback, TrainedModel } from './callback';
import { Monitor, type MonitorOptions, monitorOptions } from './monitor';
import { numberOf } from './states';

/** Options of {@link earlyStopping}. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** Smallest change that counts as better. Default 0. */
  readonly minDelta?: number;
  /** Epochs in a row without anything better that end training. Default 0, which as 1 ends at the first of them. */
  readonly patience?: number;
  /** What must be surpassed within `patience` epochs. Default nothing. */
  readonly baseline?: number;
  /** Whether the model gets back the weights of its best epoch when training ends. Default false. */
  readonly restoreBestWeights?: boolean;
  /** Number of the first epoch that counts. Default 0. */
  readonly startFromEpoch?: number;
}

/**
 * Ends training when a number has not become better for some epochs, as in Keras; never at the end of epoch 0.
 *
 * @throws {OptionError} when an option is unknown or out of range, and from `fit` when no epoch has the watched number.
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const where = 'earlyStopping';
  const own = ['minDelta', 'patience', 'baseline', 'restoreBestWeights', 'startFromEpoch'];
  checkOptions(where, options, [...monitorOptions, ...own]);
  const monitor = new Monitor(where, options, options.minDelta);
  const patience = wholeNumber(options.patience ?? 0, `${where}: patience`);
  const restore = boolean(options.restoreBestWeights ?? false, `${where}: restoreBestWeights`);
  const first = wholeNumber(options.startFromEpoch ?? 0, `${where}: startFromEpoch`);
  const { baseline } = options;
  if (baseline !== undefined) numberIn(baseline, -Number.MAX_VALUE, Number.MAX_VALUE, `${where}: baseline`);
  let model: TrainedModel | undefined;
  let waited = 0;
  let stopped = false;
  let weights: readonly Tensor[] | undefined;
  return {
    onTrainBegin(trained) {
      model = trained;
      monitor.reset();
      waited = 0;
      stopped = false;
      weights = undefined;
    },
    onEpochEnd(epoch, logs) {
      const value = monitor.read(logs);
      if (model === undefined || epoch < first) return;
      waited++;
      const isBest = monitor.isBest(value);
      if (restore && (isBest || weights === undefined)) weights = model.getWeights();
      if (isBest) {
        if (baseline === undefined || monitor.isBetter(value, baseline)) waited = 0;
      } else if (waited >= patience && epoch > 0) {
        stopped = true;
        model.stopTraining = true;
      }
    },
    onTrainEnd() {
      if (weights !== undefined) model?.setWeights(weights);
    },
    stateName: where,
    getState: () => ({
      values: { best: monitor.best ?? null, waited, stopped },
      tensors: (weights ?? []).map(({ shape, data }, index) => ({ name: `best weight ${index}`, shape, data })),
    }),
    setState(state) {
      monitor.restore(numberOf(state, 'best'));
      waited = numberOf(state, 'waited') ?? 0;
      stopped = state.values.stopped === true;
      if (stopped && model !== undefined) model.stopTraining = true;
      const { tensors = [] } = state;
      weights = tensors.length > 0 ? tensors : undefined;
    },
  };
}
