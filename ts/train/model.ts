/** The model as users hold it. */

import type { Logs, TrainedModel } from '../callbacks/callback';
import { OptionError } from '../errors';
import type { Checkpoint } from '../io';
import type { Compiled } from '../model/compiled';
import { NestedLayer } from '../model/modelLayer';
import type { Network } from '../model/network';
import { checkOptions, describe, positiveInteger, wholeNumber } from '../options';
import { engineReady, init } from '../runtime/init';
import type { Predicted, Tensor } from '../tensor';
import { type CompileOptions, readCompileOptions } from './compile';
import { Course, NOWHERE } from './course';
import { type Dataset, DatasetReader } from './dataset';
import {
  type BatchOptions,
  type EvaluateDatasetOptions,
  type EvaluateOptions,
  evaluateReader,
  evaluateSamples,
  predictInputs,
  readBatchSize,
} from './evaluate';
import { runFit, type Settings } from './fit';
import type { History } from './history';
import { ModelReports } from './modelReports';
import { type TrainOnBatchOptions, trainBatch } from './onBatch';
import { type ModelInputs, readInputs, readSamples } from './samples';
import { type FitDatasetOptions, type FitOptions, readDatasetSettings, readSettings } from './settings';
import type { ModelTargets, WeightOptions } from './targets';
import { putCheckpoint, putState, type TrainingState, takeCheckpoint, takeState } from './trainingState';

export type { CompileOptions } from './compile';
export type { BatchOptions, EvaluateDatasetOptions, EvaluateOptions } from './evaluate';
export type { TrainingState } from './trainingState';

/** The models of networks, so that a nested one is found again. */
const models = new WeakMap<Network, AnyModel>();

/** A model of any number of outputs. */
export type AnyModel = Model<Predicted>;

/**
 * A model: layers, weights and the way to train them. Call {@link Model.dispose} when done: its memory is not garbage collected.
 *
 * @typeParam Prediction - What {@link Model.predict} answers: an array, or for a model with several outputs a list of them.
 */
export class Model<Prediction extends Predicted = Tensor> extends ModelReports implements TrainedModel {
  /** Set to true, by a callback or from outside, to end `fit` after the current batch. */
  stopTraining = false;
  readonly #course = new Course();

  /** Use `sequential` or `functional`. */
  constructor(network: Network) {
    super(network);
    models.set(network, this);
  }

  /**
   * A nested model, as a model of its own: it shares its weights with this one, and is the very one that was nested unless
   * this model comes from a file. Dispose of it too.
   *
   * @throws {OptionError} naming all nested models when there is none of this name.
   */
  getModel<Nested extends Predicted = Tensor>(name: string): Model<Nested> {
    const nested = this.layers.filter((layer) => layer instanceof NestedLayer);
    const found = nested.find((each) => each.name === name)?.network as Network | undefined;
    if (found === undefined) {
      const known = nested.map((each) => each.name).join(', ');
      throw new OptionError(`${this.name}.getModel: expected one of [${known}], got ${describe(name)}`);
    }
    found.assertUsable('getModel');
    return (models.get(found) ?? new Model(found)) as Model<Nested>;
  }

  /**
   * Says how to train. May be called again: weights stay, the optimizer starts anew.
   *
   * @throws {OptionError} when an option is unknown or does not fit the model's outputs.
   * @throws {StateError} during `fit`.
   */
  compile(options: CompileOptions): void {
    this.network.assertUsable('compile');
    this.assertIdle('compile');
    const compiled = readCompileOptions(this.network, options, `${this.name}.compile`);
    this.#course.moveTo({ ...NOWHERE, epochs: this.#course.epochs });
    this.network.compile(compiled);
  }

  /**
   * Trains.
   *
   * @param x - Inputs, `[n, …inputShape]`.
   * @param y - Targets, `[n, …]` as the loss wants them; for several outputs a list or an object by name.
   * @returns Loss for one sample and metrics of every epoch, as means over its steps while they were trained.
   * @throws {StateError} before `compile` and during another `fit`.
   * @throws {ShapeError | OptionError} when data or options do not fit; then nothing was trained.
   */
  async fit(x: ModelInputs, y: ModelTargets, options: FitOptions = {}): Promise<History> {
    const compiled = this.network.requireCompiled('fit');
    this.assertIdle('fit');
    const settings = readSettings(this.network, compiled, { x, y, options }, this.#course);
    return this.#run('fit', compiled, settings);
  }

  /**
   * Trains on batches that come one after the other, as `fit` does on arrays. Their order is the dataset's.
   *
   * @param dataset - Batches `[x, y]`, `[x, y, sampleWeight]` or `{ xs, ys }`, of any size.
   * @throws {StateError} before `compile` and during another `fit`.
   * @throws {OptionError} when options do not fit; then nothing was trained.
   * @throws {ShapeError | ValueError} naming the batch that does not fit, or when the dataset ends before `stepsPerEpoch`.
   */
  async fitDataset(dataset: Dataset, options: FitDatasetOptions = {}): Promise<History> {
    const compiled = this.network.requireCompiled('fitDataset');
    this.assertIdle('fitDataset');
    const settings = readDatasetSettings(this.network, compiled, dataset, options, this.#course);
    return this.#run('fitDataset', compiled, settings);
  }

  async #run(method: string, compiled: Compiled, settings: Settings): Promise<History> {
    this.isFitting = true;
    this.stopTraining = false;
    try {
      await this.#engineReady(method);
      return await runFit(this.network, compiled, this, settings, this.#course);
    } finally {
      this.isFitting = false;
    }
  }

  /**
   * One step of training on one batch, of any size.
   *
   * @returns The loss before the update, as the loss defines it: for `halfSquaredError` the seed's E, summed over the batch.
   * @throws {StateError} before `compile` and during `fit`.
   * @throws {ShapeError} when the data does not fit.
   */
  trainOnBatch(
    x: ModelInputs,
    y: ModelTargets,
    options?: TrainOnBatchOptions & { readonly returnDict?: false },
  ): number;
  /** As above, with all losses and metrics by name, as `fit` tells them: for one sample, of this batch. */
  trainOnBatch(x: ModelInputs, y: ModelTargets, options: TrainOnBatchOptions & { readonly returnDict: true }): Logs;
  /** As above. */
  trainOnBatch(x: ModelInputs, y: ModelTargets, options: TrainOnBatchOptions = {}): number | Logs {
    const compiled = this.network.requireCompiled('trainOnBatch');
    this.assertIdle('trainOnBatch');
    return trainBatch(this.network, compiled, { x, y, options });
  }

  /**
   * Writes the averages of an optimizer with `useEma` into the weights, as `fit` does at its end: for those who train with
   * `trainOnBatch`. Without averages, and before the first step, nothing happens.
   *
   * @throws {StateError} before `compile` and during `fit`.
   */
  finalizeVariableValues(): void {
    this.network.requireCompiled('finalizeVariableValues');
    this.assertIdle('finalizeVariableValues');
    this.network.takeAverages();
  }

  /** Loss for one sample and metrics over all samples, without training. @throws {ShapeError} when the data does not fit. */
  async evaluate(x: ModelInputs, y: ModelTargets, options: EvaluateOptions = {}): Promise<Logs> {
    const where = `${this.name}.evaluate`;
    const compiled = this.network.requireCompiled('evaluate');
    const { sampleWeight, classWeight, ...rest } = options;
    const batchSize = readBatchSize(rest, where);
    const weights: WeightOptions = {
      ...(sampleWeight !== undefined && { sampleWeight }),
      ...(classWeight !== undefined && { classWeight }),
    };
    const samples = readSamples(this.network, compiled, { x, y, options: weights }, where);
    await this.#engineReady('evaluate');
    return evaluateSamples(this.network, compiled, samples, batchSize, where);
  }

  /**
   * Loss for one sample and metrics over the batches of a dataset, without training.
   *
   * @throws {ShapeError | ValueError} naming the batch that does not fit, or when the dataset ends before `steps`.
   */
  async evaluateDataset(dataset: Dataset, options: EvaluateDatasetOptions = {}): Promise<Logs> {
    const where = `${this.name}.evaluateDataset`;
    const compiled = this.network.requireCompiled('evaluateDataset');
    checkOptions(where, options, ['steps', 'classWeight', 'prefetch', 'signal']);
    const { classWeight, signal } = options;
    const steps = options.steps === undefined ? undefined : positiveInteger(options.steps, `${where}: steps`);
    const prefetch = wholeNumber(options.prefetch ?? 1, `${where}: prefetch`);
    const reader = new DatasetReader(dataset, where, { prefetch, signal });
    await this.#engineReady('evaluateDataset');
    return evaluateReader(this.network, compiled, reader, { steps, classWeight, where });
  }

  /** The output, `[n, …outputShape]`, or a list of all where there are several. @throws {ShapeError} when inputs do not fit. */
  async predict(x: ModelInputs, options: BatchOptions = {}): Promise<Prediction> {
    const where = `${this.name}.predict`;
    this.network.assertUsable('predict');
    const batchSize = readBatchSize(options, where);
    const inputs = readInputs(this.network, x, where);
    await this.#engineReady('predict');
    const outputs = predictInputs(this.network, inputs, batchSize);
    return (outputs.length === 1 ? outputs[0] : outputs) as Prediction;
  }

  /** Copies of everything beside the weights that training goes on from. @throws {StateError} before `compile`. */
  getTrainingState(): TrainingState {
    return takeState(this.network, this.#course);
  }

  /**
   * Goes on from a state of {@link Model.getTrainingState}, of a model with the same layers and the same kind of optimizer:
   * with the weights of then, the next step is the same bit for bit.
   *
   * @throws {StateError} before `compile` and during `fit`.
   * @throws {OptionError | ShapeError} when the state does not fit; then nothing changes.
   */
  setTrainingState(state: TrainingState): void {
    this.network.requireCompiled('setTrainingState');
    this.assertIdle('setTrainingState');
    putState(this.network, this.#course, state);
  }

  /**
   * Everything that training goes on from: weights, optimizer, chance, and where `fit` is, also in the middle of an epoch;
   * after a `fit` that was aborted or failed, where it ended. For files see `encodeCheckpoint`.
   *
   * @throws {StateError} before `compile`.
   */
  checkpoint(): Checkpoint {
    return takeCheckpoint(this.network, this.#course);
  }

  /**
   * Goes on from a checkpoint of a model with the same layers and the same kind of optimizer. The next `fit`, given the same
   * data and options, begins where the checkpoint was taken, and trains bit for bit what the uninterrupted one would have;
   * the library's callbacks go on counting, too. Without an epoch under way the next `fit` is a new one.
   *
   * @throws {StateError} before `compile` and during `fit`.
   * @throws {OptionError | ShapeError} when the checkpoint does not fit; then nothing changes.
   */
  restore(checkpoint: Checkpoint): void {
    this.network.requireCompiled('restore');
    this.assertIdle('restore');
    putCheckpoint(this.network, this.#course, checkpoint);
  }

  /** Starts the engine where that takes time, and looks whether the model still lives afterwards. */
  async #engineReady(method: string): Promise<void> {
    if (engineReady()) return;
    await init();
    this.network.assertUsable(method);
  }
}
