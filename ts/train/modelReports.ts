/** What a compiled model can tell of its steps: their calls, memory, time and equations. */

import { StateError } from '../errors';
import { type CompileConfig, describeCompiled } from '../model/compileConfig';
import { type Explanation, explainStep } from '../model/explain';
import type { MemoryForecast } from '../model/forecast';
import type { NamedTensor } from '../model/network';
import type { Optimizer } from '../optimizers/optimizer';
import { checkOptions, positiveInteger } from '../options';
import { type PlanReport, reportPlan } from '../plan/report';
import { readBatchSize } from './evaluate';
import { forecastModel, type MemoryForecastOptions, type PlanOptions, readPlanOptions } from './forecast';
import { ModelParts } from './modelParts';
import { type Profile, profileStep } from './profile';
import { type ModelInputs, readSamples, writeBatch } from './samples';
import type { ModelTargets } from './targets';

/** A model that can be asked about its steps. */
export class ModelReports extends ModelParts {
  /** Whether `fit` is under way. */
  protected isFitting = false;

  /** The optimizer that `compile` was given. @throws {StateError} before `compile`. */
  get optimizer(): Optimizer {
    return this.network.requireCompiled('optimizer').optimizer;
  }

  /** Copies of the gradients of the last training step, in the order of {@link Model.getWeights}. */
  getGradients(): NamedTensor[] {
    return this.network.getGradients();
  }

  /**
   * What `compile` was given, as plain data that `compile` takes; undefined before `compile`.
   *
   * @throws {OptionError} when something is the user's own, which data cannot hold.
   */
  getCompileConfig(): CompileConfig | undefined {
    this.network.assertUsable('getCompileConfig');
    const { compiled } = this.network;
    return compiled === undefined ? undefined : describeCompiled(compiled, `${this.name}.getCompileConfig`);
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
    if (mode === 'predict') this.network.assertUsable('plan');
    else this.network.requireCompiled('plan');
    const { plan, folded } = this.network.step(mode, readBatchSize(rest, `${this.name}.plan`));
    return reportPlan(plan, this.network.stateBytes, folded);
  }

  /**
   * The bytes that training or prediction will take, also before `compile`; no memory is taken for it. `String(forecast)` is
   * a table. `init({ maxMemoryBytes })` sets the limit that {@link OutOfMemoryError} keeps.
   *
   * @throws {OptionError} when an option does not fit.
   */
  memoryForecast(options: MemoryForecastOptions = {}): MemoryForecast {
    this.network.assertUsable('memoryForecast');
    return forecastModel(this.network, options);
  }

  /**
   * The matrix form of a training step on this batch, every factor with its shape and size, and the check that
   * their products are the gradients that the plan computed. The weights do not change. `String(explanation)` is
   * a page of text.
   */
  explain(x: ModelInputs, y: ModelTargets): Explanation {
    const compiled = this.network.requireCompiled('explain');
    this.assertIdle('explain');
    const where = `${this.name}.explain`;
    const samples = readSamples(this.network, compiled, { x, y }, where);
    const step = this.network.step('explain', samples.count);
    writeBatch(this.network, step, samples, 0);
    step.executable.run(compiled.checkNumerics);
    return explainStep(this.network, compiled, step);
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
    const compiled = this.network.requireCompiled('profile');
    this.assertIdle('profile');
    checkOptions(where, options, ['runs']);
    const runs = positiveInteger(options.runs ?? 20, `${where}: runs`);
    const samples = readSamples(this.network, compiled, { x, y }, where);
    const step = this.network.step('train', samples.count);
    return this.network.withoutTraces(() => {
      writeBatch(this.network, step, samples, 0);
      return profileStep(this.network, step, runs);
    });
  }

  /** @throws {StateError} during `fit`. */
  protected assertIdle(method: string): void {
    if (this.isFitting) throw new StateError(`${this.name}.${method}: the model is being trained by fit`);
  }
}
