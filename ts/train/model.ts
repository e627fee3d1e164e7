/** The model as users hold it. */

import type { Logs, TrainedModel } from '../callbacks/callback';
import type { PartConfig } from '../config';
import { OptionError, StateError } from '../errors';
import type { Checkpoint } from '../io';
import { type CompileConfig, describeCompiled } from '../model/compileConfig';
import type { Compiled } from '../model/compiled';
import { describeTopology } from '../model/describeTopology';
import { type Explanation, explainStep } from '../model/explain';
import type { MemoryForecast } from '../model/forecast';
import { isTrainable, type ModelPart, NestedLayer, setTrainable } from '../model/modelLayer';
import type { NamedTensor, Network } from '../model/network';
import { type SummaryOptions, summarize } from '../model/summary';
import type { Optimizer } from '../optimizers/optimizer';
import { checkOptions, describe, positiveInteger, wholeNumber } from '../options';
import { type PlanReport, reportPlan } from '../plan/report';
import { engineReady, init } from '../runtime/init';
import type { Shape } from '../shape';
import type { Predicted, Tensor } from '../tensor';
import { type CompileOptions, readCompileOptions } from './compile';
import { Course, NOWHERE } from './course';
import { type Dataset, DatasetReader } from './dataset';
import { evaluateReader, evaluateSamples, predictInputs } from './evaluate';
import { runFit, type Settings } from './fit';
import { forecastModel, type MemoryForecastOptions, type PlanOptions, readPlanOptions } from './forecast';
import type { History } from './history';
import { type TrainOnBatchOptions, trainBatch } from './onBatch';
import { type Profile, profileStep } from './profile';
import { type ModelInputs, readInputs, readSamples, writeBatch } from './samples';
import { type FitDatasetOptions, type FitOptions, readDatasetSettings, readSettings } from './settings';
import type { ModelTargets, WeightOptions } from './targets';
import { putCheckpoint, putState, type TrainingState, takeCheckpoint, takeState } from './trainingState';

export type { CompileOptions } from './compile';
export type { TrainingState } from './trainingState';

/** Options of {@link Model.evaluate} and {@link Model.predict}. */
export interface BatchOptions {
  /** Samples that are computed at a time. Default 32. */
  readonly batchSize?: number;
}

/** Options of {@link Model.evaluate}. */
export interface EvaluateOptions extends BatchOptions, WeightOptions {}

/** Options of {@link Model.evaluateDataset}. */
export interface EvaluateDatasetOptions {
  /** Batches that are read. Default all. */
  readonly steps?: number;
  /** A factor for the loss of the samples of each class, by the class's number; others count 1. */
  readonly classWeight?: Readonly<Record<number, number>>;
  /** Batches of an asynchronous dataset that are asked for while others are computed. Default 1. */
  readonly prefetch?: number;
  /** Ends it when it is aborted. */
  readonly signal?: AbortSignal;
}

/** The models of networks, so that a nested one is found again. */
const models = new WeakMap<Network, AnyModel>();

/** A model of any number of outputs. */
export type AnyModel = Model<Predicted>;

/**
 * A model: layers, weights and the way to train them. Call {@link Model.dispose} when done: its memory is not garbage collected.
 *
 * @typeParam Prediction - What {@link Model.predict} answers: an array, or for a model with several outputs a list of them.
 */
export class Model<Prediction extends Predicted = Tensor> implements TrainedModel {
  /** Set to true, by a callback or from outside, to end `fit` after the current batch. */
  stopTraining = false;
  readonly #network: Network;
  readonly #course = new Course();
  #fitting = false;

  /** Use `sequential` or `functional`. */
  constructor(network: Network) {
    this.#network = network;
    models.set(network, this);
  }

  /** The model without its training loop: what makes it a layer of others. For the library itself. */
  get network(): Network {
    return this.#network;
  }

  /** Name of the model. */
  get name(): string {
    return this.#network.name;
  }

  /** Shape of an input without batch. */
  get inputShape(): Shape {
    return this.#network.graph.inputShapes[0] ?? [];
  }

  /** Shape of an output without batch; of the first where there are several. */
  get outputShape(): Shape {
    return this.outputShapes[0] ?? [];
  }

  /** Shapes of all outputs without batch. */
  get outputShapes(): readonly Shape[] {
    return this.#network.graph.outputs.map(({ shape }) => shape);
  }

  /** Names of all outputs: those of the layers that compute them. */
  get outputNames(): readonly string[] {
    return this.#network.graph.outputs.map(({ name }) => name);
  }

  /**
   * The layers and nested models, each once, in the order of their first use. Their `trainable` may be set before `compile`.
   */
  get layers(): readonly ModelPart[] {
    return this.#network.layers;
  }

  /** Whether training changes any weight. Setting it sets it for all layers, those of nested models too, as in Keras. */
  get trainable(): boolean {
    return isTrainable(this.layers);
  }

  /** See above. */
  set trainable(value: boolean) {
    setTrainable(this.layers, value, `${this.name}: trainable`);
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

  /** The layer or nested model of a name. @throws {OptionError} naming all when there is none. */
  getLayer(name: string): ModelPart {
    const layer = this.layers.find((each) => each.name === name);
    if (layer !== undefined) return layer;
    throw new OptionError(
      `${this.name}.getLayer: expected one of ${this.layers.map((each) => each.name).join(', ')}, got ${describe(name)}`,
    );
  }

  /** Number of all parameters. */
  get parameterCount(): number {
    return this.#network.weights.reduce((sum, { spec }) => sum + spec.shape.reduce((a, b) => a * b, 1), 0);
  }

  /** The optimizer that `compile` was given. @throws {StateError} before `compile`. */
  get optimizer(): Optimizer {
    return this.#network.requireCompiled('optimizer').optimizer;
  }

  /**
   * Says how to train. May be called again: weights stay, the optimizer starts anew.
   *
   * @throws {OptionError} when an option is unknown or does not fit the model's outputs.
   * @throws {StateError} during `fit`.
   */
  compile(options: CompileOptions): void {
    this.#network.assertUsable('compile');
    this.#assertIdle('compile');
    const compiled = readCompileOptions(this.#network, options, `${this.name}.compile`);
    this.#course.moveTo({ ...NOWHERE, epochs: this.#course.epochs });
    this.#network.compile(compiled);
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
    const compiled = this.#network.requireCompiled('fit');
    this.#assertIdle('fit');
    const settings = readSettings(this.#network, compiled, { x, y, options }, this.#course);
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
    const compiled = this.#network.requireCompiled('fitDataset');
    this.#assertIdle('fitDataset');
    const settings = readDatasetSettings(this.#network, compiled, dataset, options, this.#course);
    return this.#run('fitDataset', compiled, settings);
  }

  async #run(method: string, compiled: Compiled, settings: Settings): Promise<History> {
    this.#fitting = true;
    this.stopTraining = false;
    try {
      await this.#engineReady(method);
      return await runFit(this.#network, compiled, this, settings, this.#course);
    } finally {
      this.#fitting = false;
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
    const compiled = this.#network.requireCompiled('trainOnBatch');
    this.#assertIdle('trainOnBatch');
    return trainBatch(this.#network, compiled, { x, y, options });
  }

  /**
   * Writes the averages of an optimizer with `useEma` into the weights, as `fit` does at its end: for those who train with
   * `trainOnBatch`. Without averages, and before the first step, nothing happens.
   *
   * @throws {StateError} before `compile` and during `fit`.
   */
  finalizeVariableValues(): void {
    this.#network.requireCompiled('finalizeVariableValues');
    this.#assertIdle('finalizeVariableValues');
    this.#network.takeAverages();
  }

  /** Loss for one sample and metrics over all samples, without training. @throws {ShapeError} when the data does not fit. */
  async evaluate(x: ModelInputs, y: ModelTargets, options: EvaluateOptions = {}): Promise<Logs> {
    const where = `${this.name}.evaluate`;
    const compiled = this.#network.requireCompiled('evaluate');
    const { sampleWeight, classWeight, ...rest } = options;
    const batchSize = readBatchSize(rest, where);
    const weights: WeightOptions = {
      ...(sampleWeight !== undefined && { sampleWeight }),
      ...(classWeight !== undefined && { classWeight }),
    };
    const samples = readSamples(this.#network, compiled, { x, y, options: weights }, where);
    await this.#engineReady('evaluate');
    return evaluateSamples(this.#network, compiled, samples, batchSize, where);
  }

  /**
   * Loss for one sample and metrics over the batches of a dataset, without training.
   *
   * @throws {ShapeError | ValueError} naming the batch that does not fit, or when the dataset ends before `steps`.
   */
  async evaluateDataset(dataset: Dataset, options: EvaluateDatasetOptions = {}): Promise<Logs> {
    const where = `${this.name}.evaluateDataset`;
    const compiled = this.#network.requireCompiled('evaluateDataset');
    checkOptions(where, options, ['steps', 'classWeight', 'prefetch', 'signal']);
    const { classWeight, signal } = options;
    const steps = options.steps === undefined ? undefined : positiveInteger(options.steps, `${where}: steps`);
    const prefetch = wholeNumber(options.prefetch ?? 1, `${where}: prefetch`);
    const reader = new DatasetReader(dataset, where, { prefetch, signal });
    await this.#engineReady('evaluateDataset');
    return evaluateReader(this.#network, compiled, reader, { steps, classWeight, where });
  }

  /** The output, `[n, …outputShape]`, or a list of all where there are several. @throws {ShapeError} when inputs do not fit. */
  async predict(x: ModelInputs, options: BatchOptions = {}): Promise<Prediction> {
    const where = `${this.name}.predict`;
    this.#network.assertUsable('predict');
    const batchSize = readBatchSize(options, where);
    const inputs = readInputs(this.#network, x, where);
    await this.#engineReady('predict');
    const outputs = predictInputs(this.#network, inputs, batchSize);
    return (outputs.length === 1 ? outputs[0] : outputs) as Prediction;
  }

  /** Copies of all weights in Keras's order. */
  getWeights(): NamedTensor[] {
    return this.#network.getWeights();
  }

  /**
   * Replaces all weights, in the order of {@link Model.getWeights}; none when one does not fit.
   *
   * @throws {OptionError | ShapeError} naming the weight.
   */
  setWeights(weights: readonly { readonly data: ArrayLike<number>; readonly shape: Shape }[]): void {
    this.#network.setWeights(weights);
  }

  /** Copies of everything beside the weights that training goes on from. @throws {StateError} before `compile`. */
  getTrainingState(): TrainingState {
    return takeState(this.#network, this.#course);
  }

  /**
   * Goes on from a state of {@link Model.getTrainingState}, of a model with the same layers and the same kind of optimizer:
   * with the weights of then, the next step is the same bit for bit.
   *
   * @throws {StateError} before `compile` and during `fit`.
   * @throws {OptionError | ShapeError} when the state does not fit; then nothing changes.
   */
  setTrainingState(state: TrainingState): void {
    this.#network.requireCompiled('setTrainingState');
    this.#assertIdle('setTrainingState');
    putState(this.#network, this.#course, state);
  }

  /**
   * Everything that training goes on from: weights, optimizer, chance, and where `fit` is, also in the middle of an epoch;
   * after a `fit` that was aborted or failed, where it ended. For files see `encodeCheckpoint`.
   *
   * @throws {StateError} before `compile`.
   */
  checkpoint(): Checkpoint {
    return takeCheckpoint(this.#network, this.#course);
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
    this.#network.requireCompiled('restore');
    this.#assertIdle('restore');
    putCheckpoint(this.#network, this.#course, checkpoint);
  }

  /** Copies of the gradients of the last training step, in the order of {@link Model.getWeights}. */
  getGradients(): NamedTensor[] {
    return this.#network.getGradients();
  }

  /**
   * The layers with all their options as plain data, for `JSON.stringify`; `modelFromJSON` makes the model again. Weights,
   * optimizer and loss are not part of it.
   */
  toJSON(): PartConfig {
    this.#network.assertUsable('toJSON');
    return describeTopology(this.#network);
  }

  /**
   * What `compile` was given, as plain data that `compile` takes; undefined before `compile`.
   *
   * @throws {OptionError} when something is the user's own, which data cannot hold.
   */
  getCompileConfig(): CompileConfig | undefined {
    this.#network.assertUsable('getCompileConfig');
    const { compiled } = this.#network;
    return compiled === undefined ? undefined : describeCompiled(compiled, `${this.name}.getCompileConfig`);
  }

  /**
   * Prints a table of the layers; a nested model is one line.
   *
   * @param print - Default `console.log`.
   * @throws {OptionError} when an option is unknown.
   */
  summary(print: (text: string) => void = console.log, options: SummaryOptions = {}): void {
    this.#network.assertUsable('summary');
    print(summarize(this.#network, options, `${this.name}.summary`));
  }

  /**
   * A step as data: every kernel call with what it reads, writes and costs; `String(plan)` is a table. A plan of inference
   * says which batch normalizations are folded into the layers before them.
   *
   * @param options.batchSize - Default 32.
   * @param options.mode - `'train'` (default), `'evaluate'` or `'predict'`, which needs no `compile`.
   */
  plan(options: PlanOptions = {}): PlanReport {
    const { mode, ...rest } = readPlanOptions(options, `${this.name}.plan`);
    if (mode === 'predict') this.#network.assertUsable('plan');
    else this.#network.requireCompiled('plan');
    const { plan, folded } = this.#network.step(mode, readBatchSize(rest, `${this.name}.plan`));
    return reportPlan(plan, this.#network.stateBytes, folded);
  }

  /**
   * The bytes that training or prediction will take, also before `compile`; no memory is taken for it. `String(forecast)` is
   * a table. `init({ maxMemoryBytes })` sets the limit that {@link OutOfMemoryError} keeps.
   *
   * @throws {OptionError} when an option does not fit.
   */
  memoryForecast(options: MemoryForecastOptions = {}): MemoryForecast {
    this.#network.assertUsable('memoryForecast');
    return forecastModel(this.#network, options);
  }

  /**
   * The matrix form of a training step on this batch, every factor with its shape and size, and the check that
   * their products are the gradients that the plan computed. The weights do not change. `String(explanation)` is
   * a page of text.
   */
  explain(x: ModelInputs, y: ModelTargets): Explanation {
    const compiled = this.#network.requireCompiled('explain');
    this.#assertIdle('explain');
    const where = `${this.name}.explain`;
    const samples = readSamples(this.#network, compiled, { x, y }, where);
    const step = this.#network.step('explain', samples.count);
    writeBatch(this.#network, step, samples, 0);
    step.executable.run(compiled.checkNumerics);
    return explainStep(this.#network, compiled, step);
  }

  /**
   * The time of each kernel call of a training step on this batch, as medians over some runs. The weights, and what the
   * optimizer keeps, are afterwards what they were before.
   *
   * @param options.runs - Number of steps. Default 20.
   * @throws {StateError} before `compile` and during `fit`.
   */
  profile(x: ModelInputs, y: ModelTargets, options: { readonly runs?: number } = {}): Profile {
    const where = `${this.name}.profile`;
    const compiled = this.#network.requireCompiled('profile');
    this.#assertIdle('profile');
    checkOptions(where, options, ['runs']);
    const runs = positiveInteger(options.runs ?? 20, `${where}: runs`);
    const samples = readSamples(this.#network, compiled, { x, y }, where);
    const step = this.#network.step('train', samples.count);
    return this.#network.withoutTraces(() => {
      writeBatch(this.#network, step, samples, 0);
      return profileStep(this.#network, step, runs);
    });
  }

  /** Gives all memory back, at once. Every later call but this one throws {@link DisposedError}. */
  dispose(): void {
    this.#network.dispose();
  }

  #assertIdle(method: string): void {
    if (this.#fitting) throw new StateError(`${this.name}.${method}: the model is being trained by fit`);
  }

  /** Starts the engine where that takes time, and looks whether the model still lives afterwards. */
  async #engineReady(method: string): Promise<void> {
    if (engineReady()) return;
    await init();
    this.#network.assertUsable(method);
  }
}

function readBatchSize(options: BatchOptions, where: string): number {
  checkOptions(where, options, ['batchSize']);
  return positiveInteger(options.batchSize ?? 32, `${where}: batchSize`);
}
