/** Callbacks of TensorFlow.js around a training of ours. */

import * as tf from '@tensorflow/tfjs';
import type { Callback, FitParams, Logs, TrainedModel } from '../../index';
import type { LogName } from './names';
import type { PairedWeights } from './weights';

type BaseCallback = NonNullable<ConstructorParameters<typeof tf.CallbackList>[0]>[number];
/** A callback of theirs as functions. */
type CustomCallbackArgs = ConstructorParameters<typeof tf.CustomCallback>[0];
/** What `model.fit` takes as callbacks. */
export type CallbackArgs = BaseCallback[] | CustomCallbackArgs | CustomCallbackArgs[];
/** What `model.fit` takes as `yieldEvery`. */
export type YieldEveryOptions = ConstructorParameters<typeof tf.CustomCallback>[1];

/** Callbacks of theirs, made. */
export interface MadeCallbacks {
  /** In their order. */
  readonly list: BaseCallback[];
  /** Whether they give the event loop its turns. */
  readonly yields: boolean;
  /** Whether they may look at the model between the batches of an epoch. */
  readonly look: boolean;
}

/** Makes callbacks of what `model.fit` takes, by its rules. */
export function makeCallbacks(given: CallbackArgs | undefined, yieldEvery: YieldEveryOptions): MadeCallbacks {
  const list = Array.isArray(given) ? given : [given ?? {}];
  if (list.length > 0 && list.every(isMade)) {
    const custom = list.filter((each) => each instanceof tf.CustomCallback);
    const looks = list.some((each) => each.onBatchEnd !== tf.Callback.prototype.onBatchEnd);
    return { list, yields: custom.length > 0, look: looks };
  }
  const configs = list as CustomCallbackArgs[];
  const look = configs.some(({ onBatchBegin, onBatchEnd, onYield }) => (onBatchBegin ?? onBatchEnd ?? onYield) != null);
  return { list: configs.map((config) => new tf.CustomCallback(config, yieldEvery)), yields: true, look };
}

function isMade(value: unknown): value is BaseCallback {
  return (
    typeof (value as BaseCallback).setParams === 'function' && typeof (value as BaseCallback).setModel === 'function'
  );
}

/** What is told to callbacks of theirs beside what ours are told. */
interface Setting {
  readonly model: tf.LayersModel;
  readonly made: MadeCallbacks;
  readonly weights: PairedWeights;
  /** Of losses and metrics, in the order of their logs; `loss` is the first. */
  readonly names: readonly LogName[];
  readonly doValidation: boolean;
  /** Entries of their `params` that ours have not. */
  readonly params: { readonly verbose: number; readonly initialEpoch: number; readonly batchSize: number };
  /** What their regularizers add to the loss now: those of layers that are trained, or of the others. */
  readonly penalty: (trained: boolean) => Promise<number>;
}

/** One callback of ours that runs all of theirs, and their History last. */
export class TheirCallbacks implements Callback {
  /** What `model.fit` answers. */
  readonly history = new tf.History();
  readonly #setting: Setting;
  readonly #list: tf.CallbackList;
  #trained: TrainedModel | undefined;
  #steps = 0;
  #made = 0;
  /** Sums over the samples of this epoch, by name. */
  #sums: Logs = {};
  #samples = 0;
  /** Penalties that do not change. Ours has none for weights that are not trained. */
  #frozen = 0;

  constructor(setting: Setting) {
    this.#setting = setting;
    this.#list = new tf.CallbackList([...setting.made.list, this.history]);
  }

  /** Before training. */
  async onTrainBegin(trained: TrainedModel, { epochs, steps, samples }: FitParams): Promise<void> {
    const { model, names, doValidation, params } = this.#setting;
    this.#trained = trained;
    this.#steps = steps ?? 0;
    const own = names.map(({ theirs }) => theirs);
    const metrics = [...own, ...(doValidation ? own.map((name) => `val_${name}`) : [])];
    this.#list.setParams({
      epochs,
      samples: samples ?? 0,
      steps: this.#steps,
      ...params,
      doValidation,
      metrics,
    } as never);
    this.#list.setModel(model);
    model.history = this.history;
    this.#frozen = await this.#setting.penalty(false);
    await this.#list.onTrainBegin();
    model.stopTraining = false;
    await this.#setting.weights.pull();
  }

  /** After training. */
  async onTrainEnd(): Promise<void> {
    await this.#list.onTrainEnd();
  }

  /** Before an epoch. */
  async onEpochBegin(epoch: number): Promise<void> {
    this.#sums = {};
    this.#samples = 0;
    this.#made = 0;
    await this.#list.onEpochBegin(epoch);
    await this.#setting.weights.pull();
  }

  /** Before a step. */
  async onBatchBegin(batch: number): Promise<void> {
    await this.#list.onBatchBegin(batch, {});
    await this.#setting.weights.pull();
  }

  /** After a step: they are told of this batch, where ours are told of all since the epoch began. */
  async onBatchEnd(batch: number, logs: Logs): Promise<void> {
    const { names, made, weights } = this.#setting;
    const { size = 0 } = logs;
    const told: Logs = { batch, size };
    this.#samples += size;
    for (const { theirs, ours } of names) {
      const sum = (logs[ours] as number) * this.#samples;
      told[theirs] = (sum - (this.#sums[ours] ?? 0)) / size;
      this.#sums[ours] = sum;
    }
    told.loss = (told.loss as number) + this.#frozen;
    this.#made = batch + 1;
    if (made.look) weights.push();
    await this.#list.onBatchEnd(batch, told);
    await this.#follow();
  }

  /** After an epoch. Of one that was stopped they are told no validation. */
  async onEpochEnd(epoch: number, logs: Logs): Promise<void> {
    const { names, doValidation, weights, penalty } = this.#setting;
    weights.push();
    const told: Logs = {};
    if (doValidation && this.#made === this.#steps) {
      for (const { theirs, ours } of names) told[`val_${theirs}`] = logs[`val_${ours}`] as number;
      // Their validation counts no penalties.
      told.val_loss = (told.val_loss as number) - (await penalty(true));
    }
    for (const { theirs, ours } of names) told[theirs] = logs[ours] as number;
    told.loss = (told.loss as number) + this.#frozen;
    await this.#list.onEpochEnd(epoch, told);
    await this.#follow();
  }

  /** What callbacks did to their model is done to ours. */
  async #follow(): Promise<void> {
    if (this.#setting.model.stopTraining && this.#trained !== undefined) this.#trained.stopTraining = true;
    await this.#setting.weights.pull();
  }
}
