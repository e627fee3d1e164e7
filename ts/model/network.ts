/** Layers, weights and plans of a model: everything but the training loop. */

import { DisposedError, StateError } from '../errors';
import type { BuiltLayer } from '../layers/layer';
import type { Optimizer } from '../optimizers/optimizer';
import { Arena } from '../plan/arena';
import type { Buffer } from '../plan/buffer';
import { Executable } from '../plan/executable';
import { Random } from '../random';
import { getEngine, runningEngine } from '../runtime/init';
import type { Engine } from '../runtime/kernels';
import { type Shape, sizeOf } from '../shape';
import type { Tensor } from '../tensor';
import { fitTensors } from './fitTensors';
import { Folder } from './folder';
import { checkRoom, checkStepRoom, forecastMemory, type MemoryForecast } from './forecast';
import type { Graph } from './graph';
import type { Head } from './heads';
import { leavesOf, ModelLayer, type ModelPart, NestedLayer } from './modelLayer';
import { isNested, type NestedNetwork } from './nested';
import { scopesOf } from './scopes';
import { Sharing } from './sharing';
import { layOutState, ModelState, type ModelWeight, type StateLayout } from './state';
import { buildFolds, buildStep, type StepKind, type StepMode, type StepParts, type StepPlan } from './step';

/** A weight as users see it: a copy. */
export interface NamedTensor extends Tensor {
  /** `layer/kernel`, `layer/bias`. */
  readonly name: string;
}

/** What `compile` was given, checked. */
export interface Compiled {
  /** The optimizer. */
  readonly optimizer: Optimizer;
  /** The outputs that have a loss, at least one. */
  readonly heads: readonly Head[];
  /** Whether every kernel's results are searched for NaN and infinity. */
  readonly checkNumerics: boolean;
}

/** A step that can run. */
export interface Step extends StepPlan {
  /** The plan with addresses. */
  readonly executable: Executable;
}

interface Home {
  readonly engine: Engine;
  readonly state: ModelState;
  readonly arena: Arena;
  readonly steps: Map<string, Step>;
}

/** A model without its training loop. */
export class Network implements NestedNetwork {
  /** For messages. */
  readonly name: string;
  /** The layers. */
  readonly graph: Graph;
  /** The layers and nested models, each once, in the order of their first use. */
  readonly layers: readonly ModelPart[];
  /** What other models have too: those that this one is nested in, and those that are nested in it. */
  readonly sharing = new Sharing();
  /** Whether the name is the user's. */
  readonly isNamed: boolean;
  /** For each node the name of its use of a layer, by which `explain` finds its arrays. */
  readonly scopes: readonly string[];
  /** What `compile` was given. */
  compiled: Compiled | undefined;
  /** Where all chance comes from. */
  seed: number;
  /** Number of steps that the optimizer has made since `compile`. */
  iterations = 0;
  #weights: readonly ModelWeight[] = [];
  /** The layers that were trainable when the model was compiled. */
  #learning: ReadonlySet<BuiltLayer> = new Set();
  readonly #weightsOf: readonly (readonly number[])[];
  /** Of every layer, those of nested models too, what users see of it. */
  readonly #leaves: readonly { readonly built: BuiltLayer; readonly layer: ModelLayer }[];
  /** Batch normalizations that are folded at inference. */
  readonly #folder: Folder;
  /** The weights while they have no home in WebAssembly memory; undefined also before their first use. */
  #values: readonly Float32Array[] | undefined;
  /** What the optimizer keeps while it has no home; undefined for zeros. */
  #slots: readonly Float32Array[] | undefined;
  #layout: StateLayout | undefined;
  /** The plan that was checked last and has no memory yet. */
  #planned: { readonly key: string; readonly plan: StepPlan } | undefined;
  #home: Home | undefined;
  #disposed = false;

  /**
   * @param name - The user's, or a default.
   * @param options.values - The first values of all weights, in their order; not copied. Default what initializers make, and
   *   what nested models have.
   * @param options.isNamed - Whether the name is the user's. Default true.
   */
  constructor(
    name: string,
    graph: Graph,
    seed: number,
    { values, isNamed = true }: { readonly values?: readonly Float32Array[]; readonly isNamed?: boolean } = {},
  ) {
    this.name = name;
    this.isNamed = isNamed;
    this.graph = graph;
    this.scopes = scopesOf(graph);
    this.seed = seed;
    this.#folder = new Folder(graph);
    const parts = [...new Set(graph.outline.nodes.map(({ part }) => part))];
    this.layers = parts.map((part) =>
      isNested(part) ? new NestedLayer(part.name, part.network, name) : new ModelLayer(part, name),
    );
    const seen = new Map(leavesOf(this.layers).map((layer) => [layer.built, layer]));
    this.#leaves = [...new Set(graph.nodes.map(({ layer }) => layer))].map((built) => ({
      built,
      layer: seen.get(built.origin ?? built) as ModelLayer,
    }));
    this.#freeze();
    let count = 0;
    const known = new Map<BuiltLayer, readonly number[]>();
    this.#weightsOf = graph.nodes.map(({ layer }) => {
      const own = known.get(layer) ?? layer.weights.map(() => count++);
      known.set(layer, own);
      return own;
    });
    this.#values = values;
    for (const part of parts) {
      if (!isNested(part)) continue;
      for (const [inner, outer] of part.layers) {
        Sharing.connect(part.network as Network, inner, this, outer, values !== undefined);
      }
    }
  }

  /** Number of the first weight of a layer of this model. */
  firstWeightOf(layer: BuiltLayer): number {
    const node = this.graph.nodes.findIndex((each) => each.layer === layer);
    return this.#weightsOf[node]?.[0] ?? 0;
  }

  /** All weights in Keras's order: layer by layer. Those of frozen layers are not trainable. */
  get weights(): readonly ModelWeight[] {
    return this.#weights;
  }

  /** @throws {DisposedError} after {@link dispose}. */
  assertUsable(method: string): void {
    if (this.#disposed) throw new DisposedError(`${this.name}.${method}: the model was disposed`);
  }

  /** What `compile` was given. @throws {StateError} before `compile`. */
  requireCompiled(method: string): Compiled {
    this.assertUsable(method);
    if (this.compiled === undefined) {
      throw new StateError(
        `${this.name}.${method}: expected a compiled model, call compile({ optimizer, loss }) first`,
      );
    }
    return this.compiled;
  }

  /**
   * Takes a new optimizer, loss and metrics; weights stay, the optimizer starts anew.
   *
   * @throws {OutOfMemoryError} when weights, gradients and optimizer alone would pass the limit; then nothing changes.
   */
  compile(compiled: Compiled): void {
    const layout = this.#layOut(this.#specs(this.#learners()), compiled);
    const engine = runningEngine();
    if (engine?.crashed !== true) {
      const own = this.#home?.engine === engine ? this.#home : undefined;
      const released = (own?.state.bytes ?? 0) + (own?.arena.bytes ?? 0);
      const known = { engine, released, where: `${this.name}.compile` };
      checkRoom(forecastMemory({ graph: this.graph, layout, step: undefined }), layout.bytes, known);
    }
    if (this.#home !== undefined) {
      this.#values = this.#readWeights(this.#home);
      this.#leave();
    }
    this.#freeze();
    this.compiled = compiled;
    this.iterations = 0;
    this.#slots = undefined;
    this.#layout = layout;
    this.#planned = undefined;
  }

  /** Copies of all weights. */
  getWeights(): NamedTensor[] {
    this.assertUsable('getWeights');
    this.sharing.acquire();
    const values = this.#home === undefined ? this.#first().map((v) => v.slice()) : this.#readWeights(this.#home);
    return this.weights.map(({ name, spec }, index) => ({
      name,
      shape: spec.shape,
      data: values[index] as Float32Array,
    }));
  }

  /**
   * Replaces all weights, or none when one does not fit.
   *
   * @throws {OptionError} when the number of weights differs.
   * @throws {ShapeError} naming the weight whose shape differs.
   */
  setWeights(weights: readonly { readonly data: ArrayLike<number>; readonly shape: readonly number[] }[]): void {
    this.assertUsable('setWeights');
    const specs = this.weights.map(({ name, spec }) => ({ name, shape: spec.shape }));
    const values = fitTensors(weights, specs, `${this.name}.setWeights`);
    this.sharing.claim();
    if (this.#home === undefined) {
      this.#values = values;
    } else {
      const { state } = this.#home;
      this.#folder.touch();
      values.forEach((value, index) => {
        state.write((state.weights[index] as { value: Buffer }).value, value);
      });
    }
  }

  /** Copies of what the optimizer keeps, slot by slot for each trained weight: `conv2d_1/kernel/m`, …. */
  getSlots(): NamedTensor[] {
    const parts = this.#home?.state.slotParts();
    return this.#slotSpecs('getSlots').map((spec, index) => ({
      ...spec,
      data:
        parts === undefined
          ? (this.#slots?.[index]?.slice() ?? new Float32Array(sizeOf(spec.shape)))
          : (this.#home as Home).state.read(parts[index] as Buffer),
    }));
  }

  /** Replaces what the optimizer keeps, or nothing when an array does not fit. @throws {OptionError | ShapeError} */
  setSlots(slots: readonly Tensor[]): void {
    const values = fitTensors(slots, this.#slotSpecs('setSlots'), `${this.name}.setSlots`);
    const state = this.#home?.state;
    if (state === undefined) this.#slots = values;
    else for (const [index, part] of state.slotParts().entries()) state.write(part, values[index] as Float32Array);
  }

  #slotSpecs(method: string): { readonly name: string; readonly shape: Shape }[] {
    const { optimizer } = this.requireCompiled(method);
    const trained = this.weights.filter(({ spec }) => spec.trainable);
    return optimizer.slots.flatMap((slot) =>
      trained.map(({ name, spec }) => ({ name: `${name}/${slot}`, shape: spec.shape })),
    );
  }

  /** Copies of the gradients of the last training step, in the order of {@link weights}; zero for frozen ones. */
  getGradients(): NamedTensor[] {
    this.requireCompiled('getGradients');
    const home = this.home();
    return this.weights.map(({ name, spec }, index) => {
      const gradient = home.state.weights[index]?.gradient;
      const data = gradient === undefined ? new Float32Array(sizeOf(spec.shape)) : home.state.read(gradient);
      return { name, shape: spec.shape, data };
    });
  }

  /** The engine that runs this model. */
  get engine(): Engine {
    return this.home().engine;
  }

  /** Bytes of weights, gradients and optimizer state. */
  get stateBytes(): number {
    return this.home().state.bytes;
  }

  /**
   * The step of a mode for a batch size, made once, ready to be filled and run.
   *
   * @throws {OutOfMemoryError} naming forecast, limit and the largest layers, before anything is allocated.
   */
  step(mode: StepMode, batch: number, weighted = false): Step {
    const key = `${mode} ${batch} ${weighted}`;
    let step = this.#home?.steps.get(key);
    if (step === undefined) {
      const plan = this.#roomFor(key, { mode, batch, weighted }, 0);
      const home = this.home();
      step = { ...plan, executable: new Executable(plan.plan, home.engine, home.state.address, home.arena) };
      home.steps.set(key, step);
      this.#planned = undefined;
    }
    step.executable.prepare();
    this.sharing.acquire();
    if (mode === 'predict' || mode === 'evaluate') this.#folder.fold(() => this.#foldingPlan());
    return step;
  }

  /**
   * Checks that a step and what lies beside it have room; nothing is allocated.
   *
   * @param beside - Bytes that the caller will allocate, for samples.
   * @throws {OutOfMemoryError} naming forecast, limit and the largest layers.
   */
  checkStep(kind: StepKind, beside: number): void {
    this.#roomFor(`${kind.mode} ${kind.batch} ${kind.weighted}`, kind, beside);
  }

  /** The plan of a step, kept until the step is made. */
  #roomFor(key: string, kind: StepKind, beside: number): StepPlan {
    const made = this.#home?.steps.get(key);
    const known = made ?? (this.#planned?.key === key ? this.#planned.plan : undefined);
    const plan = known ?? this.#planOf(this.#stateLayout(), this.compiled, kind);
    const parts = { graph: this.graph, layout: this.#stateLayout(), step: plan, beside };
    const { engine = getEngine(), arena } = this.#home ?? {};
    checkStepRoom(parts, {
      engine,
      arena: arena?.bytes,
      exists: made !== undefined,
      where: `${this.name}: ${kind.mode}`,
    });
    if (made === undefined) this.#planned = { key, plan };
    return plan;
  }

  #foldingPlan(): Executable {
    const { engine, state, arena } = this.home();
    return new Executable(buildFolds(engine, this.#partsOf(state.layout, this.compiled)), engine, state.address, arena);
  }

  /** The bytes that a step will take, from a plan that gets no memory. @param compiled - Default that of `compile`. */
  forecast(kind: StepKind, compiled: Compiled | undefined, samples: number): MemoryForecast {
    const learning = compiled === this.compiled ? this.#learning : this.#learners();
    const layout = this.#layOut(this.#specs(learning), compiled);
    return forecastMemory({ graph: this.graph, layout, step: this.#planOf(layout, compiled, kind, learning), samples });
  }

  #planOf(state: StateLayout, compiled: Compiled | undefined, kind: StepKind, learning = this.#learning): StepPlan {
    return buildStep(this.#home?.engine ?? getEngine(), this.#partsOf(state, compiled, learning), kind);
  }

  #partsOf(state: StateLayout, compiled: Compiled | undefined, learning = this.#learning): StepParts {
    return {
      graph: this.graph,
      learning,
      weightsOf: this.#weightsOf,
      folds: this.#folder.folds,
      state,
      heads: compiled?.heads ?? [],
      optimizer: compiled?.optimizer,
    };
  }

  #stateLayout(): StateLayout {
    this.#layout ??= this.#layOut(this.weights, this.compiled);
    return this.#layout;
  }

  #layOut(weights: readonly ModelWeight[], compiled: Compiled | undefined): StateLayout {
    return layOutState(weights, compiled?.optimizer.slots.length, this.#folder.specs);
  }

  /** What training does next: an update of the weights, or a step that only gathers gradients for one. */
  get nextMode(): 'train' | 'accumulate' {
    const steps = this.compiled?.optimizer.accumulationSteps ?? 1;
    return (this.iterations + 1) % steps === 0 ? 'train' : 'accumulate';
  }

  /** Writes the averages of the weights that the optimizer keeps into the model; nothing without, or before the first step. */
  takeAverages(): void {
    const { averageSlot } = this.requireCompiled('takeAverages').optimizer;
    if (averageSlot === undefined || this.iterations === 0) return;
    const { state } = this.home();
    this.sharing.claim(this.#learning);
    this.#folder.touch();
    const average = state.update?.slots[averageSlot];
    if (state.update !== undefined && average !== undefined) state.write(state.update.parameters, state.read(average));
  }

  /** Tells the optimizer that a training step comes: writes the learning rate and what else changes. */
  beginTrainingStep(): void {
    const { engine, state } = this.home();
    this.sharing.acquire();
    this.sharing.claim(this.#learning);
    this.iterations++;
    this.#folder.touch();
    const clock = (state.address + state.clock.offset) >>> 2;
    const { words } = engine.memory;
    words[clock] = this.iterations >>> 0;
    words[clock + 1] = Math.floor(this.iterations / 2 ** 32);
    words[clock + 2] = this.seed >>> 0;
    words[clock + 3] = Math.floor(this.seed / 2 ** 32);
    if (this.compiled === undefined || state.update === undefined) return;
    const start = (state.address + state.update.scalars.offset) >>> 2;
    this.compiled.optimizer.writeScalars(engine.memory.floats, start, this.iterations);
  }

  /** Runs `work` and restores weights, gradients, optimizer and count of steps afterwards. */
  withoutTraces<T>(work: () => T): T {
    const { engine, state } = this.home();
    this.sharing.acquire();
    const iterations = this.iterations;
    const before = engine.memory.read(state.address, state.bytes >>> 2);
    try {
      return work();
    } finally {
      this.iterations = iterations;
      if (!engine.crashed) engine.memory.write(state.address, before);
    }
  }

  /** Gives all memory back; every later call but this one throws. */
  dispose(): void {
    if (this.#disposed) return;
    this.sharing.leave();
    this.#disposed = true;
    this.#values = undefined;
    this.#leave();
  }

  /** Moves the weights into WebAssembly memory, once. */
  home(): Home {
    if (this.#home !== undefined) return this.#home;
    this.assertUsable('home');
    const engine = getEngine();
    const state = new ModelState(engine, this.#stateLayout());
    this.#first().forEach((value, index) => {
      state.write((state.weights[index] as { value: Buffer }).value, value);
    });
    state.slotParts().forEach((part, index) => {
      const value = this.#slots?.[index];
      if (value !== undefined) state.write(part, value);
    });
    this.#values = undefined;
    this.#slots = undefined;
    this.#home = { engine, state, arena: new Arena(engine), steps: new Map() };
    return this.#home;
  }

  /** Takes a weight of the same size from another model. */
  copyWeight(index: number, from: Network, fromIndex: number): void {
    this.#folder.touch();
    const [to, source] = [this.#home, from.#home];
    if (to !== undefined && source !== undefined && to.engine === source.engine) {
      const target = to.state.weights[index] as { value: Buffer };
      const start = (source.state.address + (source.state.weights[fromIndex] as { value: Buffer }).value.offset) >>> 2;
      const at = (to.state.address + target.value.offset) >>> 2;
      to.engine.memory.floats.copyWithin(at, start, start + target.value.size);
      return;
    }
    const value =
      source === undefined
        ? (from.#first()[fromIndex] as Float32Array)
        : source.state.read((source.state.weights[fromIndex] as { value: Buffer }).value);
    if (to === undefined) (this.#first()[index] as Float32Array).set(value);
    else to.state.write((to.state.weights[index] as { value: Buffer }).value, value);
  }

  /** The weights while they have no home: before their first use what the initializers make. */
  #first(): readonly Float32Array[] {
    this.#values ??= this.#weights.map(({ spec }, index) => {
      const first = new Float32Array(sizeOf(spec.shape));
      spec.initializer.fill(first, spec.shape, new Random(this.seed, `initializer/${index}`));
      return first;
    });
    return this.#values;
  }

  /** Lets the layers' `trainable` take effect. */
  #freeze(): void {
    this.#learning = this.#learners();
    this.#weights = this.#specs(this.#learning);
    this.#layout = undefined;
  }

  #learners(): ReadonlySet<BuiltLayer> {
    return new Set(this.#leaves.filter(({ layer }) => layer.trainable).map(({ built }) => built));
  }

  #specs(learning: ReadonlySet<BuiltLayer>): readonly ModelWeight[] {
    return this.#leaves.flatMap(({ built }) =>
      built.weights.map((spec) => {
        const trainable = spec.trainable && learning.has(built);
        return { name: `${built.name}/${spec.name}`, spec: { ...spec, trainable } };
      }),
    );
  }

  #readWeights({ state }: Home): Float32Array[] {
    return state.weights.map(({ value }) => state.read(value));
  }

  #leave(): void {
    const home = this.#home;
    this.#home = undefined;
    this.#folder.leave(home?.engine.crashed === false);
    if (home === undefined || home.engine.crashed) return;
    for (const { executable } of home.steps.values()) executable.release();
    home.arena.release();
    home.state.release();
  }
}
