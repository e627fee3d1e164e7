/** The plans of a model's steps: made once for each mode and batch size, and with memory only where there is room for it. */

import { OutOfMemoryError } from '../errors';
import type { BuiltLayer } from '../layers/layer';
import { Executable } from '../plan/executable';
import { getEngine, runningEngine } from '../runtime/init';
import type { Engine } from '../runtime/kernels';
import type { Compiled } from './compiled';
import type { Folder } from './folder';
import { checkRoom, checkStepRoom, forecastMemory, type MemoryForecast } from './forecast';
import type { Graph } from './graph';
import { layOutState, type ModelWeight, type StateLayout } from './state';
import { buildFolds, buildStep, type StepKind, type StepParts, type StepPlan } from './step';
import type { Home, Step, Store } from './store';
import type { WeightSet } from './weightSet';

/** What plans are made from. */
interface Basis {
  readonly graph: Graph;
  readonly weights: WeightSet;
  readonly folder: Folder;
  readonly store: Store;
  /** Begins error messages. */
  readonly name: string;
}

/** Makes plans, and their memory. */
export class Planner {
  readonly #basis: Basis;
  #compiled: Compiled | undefined;
  #layout: StateLayout | undefined;
  /** The plan that was checked last and has no memory yet. */
  #planned: { readonly key: string; readonly plan: StepPlan } | undefined;

  constructor(basis: Basis) {
    this.#basis = basis;
  }

  /**
   * Where everything would lie after `compile`.
   *
   * @throws {OutOfMemoryError} when weights, gradients and optimizer alone would pass the limit.
   */
  checkCompile(compiled: Compiled): StateLayout {
    const { graph, weights, store, name } = this.#basis;
    const layout = this.#layOut(weights.specs(weights.learners()), compiled);
    const engine = runningEngine();
    if (engine?.crashed !== true) {
      const own = store.home?.engine === engine ? store.home : undefined;
      const released = (own?.state.bytes ?? 0) + (own?.arena.bytes ?? 0);
      const known = { engine, released, where: `${name}.compile` };
      checkRoom(forecastMemory({ graph, layout, step: undefined }), layout.bytes, known);
    }
    return layout;
  }

  /** Plans from now on what `compile` was given. @param layout - From {@link checkCompile}. */
  compile(compiled: Compiled, layout: StateLayout): void {
    this.#compiled = compiled;
    this.#layout = layout;
    this.#planned = undefined;
  }

  /** The model's memory, taken at the first call. */
  home(): Home {
    const { store } = this.#basis;
    return store.home ?? store.enter(getEngine(), this.#stateLayout());
  }

  /**
   * A step, made once.
   *
   * @throws {OutOfMemoryError} naming forecast, limit and the largest layers, before anything is allocated.
   */
  step(kind: StepKind): Step {
    const key = keyOf(kind);
    const known = this.#basis.store.home?.steps.get(key);
    if (known !== undefined) return known;
    const plan = this.#roomFor(kind, 0);
    const home = this.home();
    const step = { ...plan, executable: new Executable(plan.plan, home.engine, home.state.address, home.arena) };
    home.steps.set(key, step);
    this.#planned = undefined;
    return step;
  }

  /** Checks that a step has room beside some bytes; nothing is allocated. @throws {OutOfMemoryError} as {@link step}. */
  check(kind: StepKind, beside: number): void {
    this.#roomFor(kind, beside);
  }

  /** The plan that folds batch normalizations, with addresses. */
  folding(): Executable {
    const { engine, state, arena } = this.home();
    return new Executable(
      buildFolds(engine, this.#partsOf(state.layout, this.#compiled)),
      engine,
      state.address,
      arena,
    );
  }

  /** The bytes that a step will take, from a plan that gets no memory. */
  forecast(kind: StepKind, compiled: Compiled | undefined, samples: number): MemoryForecast {
    const { graph, weights } = this.#basis;
    const learning = compiled === this.#compiled ? weights.learning : weights.learners();
    const layout = this.#layOut(weights.specs(learning), compiled);
    const step = buildStep(this.#engine(), this.#partsOf(layout, compiled, learning), kind);
    return forecastMemory({ graph, layout, step, samples });
  }

  /** The plan of a step, kept until the step is made. */
  #roomFor(kind: StepKind, beside: number): StepPlan {
    const { store } = this.#basis;
    const key = keyOf(kind);
    const made = store.home?.steps.get(key);
    const known = made ?? (this.#planned?.key === key ? this.#planned.plan : undefined);
    let plan = known ?? this.#planOf(kind, true);
    try {
      this.#checkRoom(plan, kind, beside, made !== undefined);
    } catch (error) {
      if (!(error instanceof OutOfMemoryError) || made !== undefined || plan.plan.keptBytes === 0) throw error;
      plan = this.#planOf(kind, false);
      this.#checkRoom(plan, kind, beside, false);
    }
    if (made === undefined) this.#planned = { key, plan };
    return plan;
  }

  #checkRoom(step: StepPlan, kind: StepKind, beside: number, exists: boolean): void {
    const { graph, store, name } = this.#basis;
    const { engine = getEngine(), arena } = store.home ?? {};
    const parts = { graph, layout: this.#stateLayout(), step, beside };
    checkStepRoom(parts, { engine, arena: arena?.bytes, exists, where: `${name}: ${kind.mode}` });
  }

  /** @param keeps - Whether there is room for what inference makes of weights once for many steps. */
  #planOf(kind: StepKind, keeps: boolean): StepPlan {
    return buildStep(this.#engine(), this.#partsOf(this.#stateLayout(), this.#compiled), kind, keeps);
  }

  #engine(): Engine {
    return this.#basis.store.home?.engine ?? getEngine();
  }

  #partsOf(state: StateLayout, compiled: Compiled | undefined, learning?: LayerSet): StepParts {
    const { graph, weights, folder } = this.#basis;
    return {
      ...{ graph, state },
      learning: learning ?? weights.learning,
      weightsOf: weights.ofNodes,
      folds: folder.folds,
      heads: compiled?.heads ?? [],
      optimizer: compiled?.optimizer,
    };
  }

  #stateLayout(): StateLayout {
    this.#layout ??= this.#layOut(this.#basis.weights.all, this.#compiled);
    return this.#layout;
  }

  #layOut(weights: readonly ModelWeight[], compiled: Compiled | undefined): StateLayout {
    return layOutState(weights, compiled?.optimizer.slots.length, this.#basis.folder.specs);
  }
}

type LayerSet = ReadonlySet<BuiltLayer>;

function keyOf({ mode, batch, weighted }: StepKind): string {
  return `${mode} ${batch} ${weighted}`;
}
