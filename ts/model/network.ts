/** Layers, weights and plans of a model: everything but the training loop. */

import { DisposedError, StateError } from '../errors';
import type { BuiltLayer } from '../layers/layer';
import { Random } from '../random';
import type { Engine } from '../runtime/kernels';
import { type Shape, sizeOf } from '../shape';
import type { Tensor } from '../tensor';
import type { Compiled } from './compiled';
import { fitTensors } from './fitTensors';
import { Folder } from './folder';
import type { MemoryForecast } from './forecast';
import type { Graph } from './graph';
import { ModelLayer, type ModelPart, NestedLayer } from './modelLayer';
import { isNested, type NestedNetwork } from './nested';
import { Planner } from './planner';
import { Sharing } from './sharing';
import type { ModelWeight } from './state';
import type { StepKind, StepMode } from './step';
import { type Home, type Step, Store } from './store';
import { WeightSet } from './weightSet';

/** A weight as users see it: a copy. */
export interface NamedTensor extends Tensor {
  /** `layer/kernel`, `layer/bias`. */
  readonly name: string;
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
  /** What `compile` was given. */
  compiled: Compiled | undefined;
  /** Where all chance comes from. */
  seed: number;
  /** Number of steps that the optimizer has made since `compile`. */
  iterations = 0;
  readonly #weights: WeightSet;
  /** Batch normalizations that are folded at inference. */
  readonly #folder: Folder;
  readonly #store: Store;
  readonly #planner: Planner;
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
    this.seed = seed;
    this.#folder = new Folder(graph);
    const parts = [...new Set(graph.outline.nodes.map(({ part }) => part))];
    this.layers = parts.map((part) =>
      isNested(part) ? new NestedLayer(part.name, part.network, name) : new ModelLayer(part, name),
    );
    const weights = new WeightSet(graph, this.layers);
    const store = new Store(values, () => this.#initialize());
    this.#weights = weights;
    this.#store = store;
    this.#planner = new Planner({ graph, weights, folder: this.#folder, store, name });
    for (const part of parts) {
      if (!isNested(part)) continue;
      for (const [inner, outer] of part.layers) {
        Sharing.connect(part.network as Network, inner, this, outer, values !== undefined);
      }
    }
  }

  /** Number of the first weight of a layer of this model. */
  firstWeightOf(layer: BuiltLayer): number {
    return this.#weights.firstOf(layer);
  }

  /** All weights in Keras's order: layer by layer. Those of frozen layers are not trainable. */
  get weights(): readonly ModelWeight[] {
    return this.#weights.all;
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
    const layout = this.#planner.checkCompile(compiled);
    if (this.#store.home !== undefined) this.#leaveFolds();
    this.#store.reset();
    this.#weights.freeze();
    this.compiled = compiled;
    this.iterations = 0;
    this.#planner.compile(compiled, layout);
  }

  /** Copies of all weights. */
  getWeights(): NamedTensor[] {
    this.assertUsable('getWeights');
    this.sharing.acquire();
    const values = this.#store.readWeights();
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
    if (this.#store.home !== undefined) this.#folder.touch();
    this.#store.writeWeights(values);
  }

  /** Copies of what the optimizer keeps, slot by slot for each trained weight: `conv2d_1/kernel/m`, …. */
  getSlots(): NamedTensor[] {
    const specs = this.#slotSpecs('getSlots');
    const values = this.#store.readSlots(specs.map(({ shape }) => sizeOf(shape)));
    return specs.map((spec, index) => ({ ...spec, data: values[index] as Float32Array }));
  }

  /** Replaces what the optimizer keeps, or nothing when an array does not fit. @throws {OptionError | ShapeError} */
  setSlots(slots: readonly Tensor[]): void {
    this.#store.writeSlots(fitTensors(slots, this.#slotSpecs('setSlots'), `${this.name}.setSlots`));
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
    if (this.#store.home === undefined) this.assertUsable('home');
    const step = this.#planner.step({ mode, batch, weighted });
    step.executable.prepare();
    this.sharing.acquire();
    if (mode === 'predict' || mode === 'evaluate') {
      this.#folder.fold(() => this.#planner.folding());
      step.executable.refresh(this.#folder.changes);
    }
    return step;
  }

  /**
   * Checks that a step and what lies beside it have room; nothing is allocated.
   *
   * @param beside - Bytes that the caller will allocate, for samples.
   * @throws {OutOfMemoryError} naming forecast, limit and the largest layers.
   */
  checkStep(kind: StepKind, beside: number): void {
    this.#planner.check(kind, beside);
  }

  /** The bytes that a step will take, from a plan that gets no memory. @param compiled - Default that of `compile`. */
  forecast(kind: StepKind, compiled: Compiled | undefined, samples: number): MemoryForecast {
    return this.#planner.forecast(kind, compiled, samples);
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
    this.sharing.claim(this.#weights.learning);
    this.#folder.touch();
    state.takeSlot(averageSlot);
  }

  /** Tells the optimizer that a training step comes: writes the learning rate and what else changes. */
  beginTrainingStep(): void {
    const { state } = this.home();
    this.sharing.acquire();
    this.sharing.claim(this.#weights.learning);
    this.iterations++;
    this.#folder.touch();
    state.beginStep(this.iterations, this.seed, this.compiled?.optimizer);
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
      this.#folder.touch();
    }
  }

  /** Gives all memory back; every later call but this one throws. */
  dispose(): void {
    if (this.#disposed) return;
    this.sharing.leave();
    this.#disposed = true;
    this.#leaveFolds();
    this.#store.dispose();
  }

  /** Moves the weights into WebAssembly memory, once. */
  home(): Home {
    if (this.#store.home === undefined) this.assertUsable('home');
    return this.#planner.home();
  }

  /** Takes a weight of the same size from another model. */
  copyWeight(index: number, from: Network, fromIndex: number): void {
    this.#folder.touch();
    this.#store.copyWeight(index, from.#store, fromIndex);
  }

  /** What the initializers make. */
  #initialize(): readonly Float32Array[] {
    return this.weights.map(({ spec }, index) => {
      const first = new Float32Array(sizeOf(spec.shape));
      spec.initializer.fill(first, spec.shape, new Random(this.seed, `initializer/${index}`));
      return first;
    });
  }

  /** The memory goes that the folded kernels lie in. */
  #leaveFolds(): void {
    this.#folder.leave(this.#store.home?.engine.crashed === false);
  }
}
