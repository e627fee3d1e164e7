/** Collects the kernel calls of a step while layers, loss and optimizer say what they need. */

import type { Convolution } from '../runtime/geometry';
import { type Shape, sizeOf } from '../shape';
import { align, type Buffer, type BufferArgument } from './buffer';
import type { KernelCall, Phase } from './call';
import type { Slope } from './slope';

/**
 * 0 forward, 1 filter gradient, 2 input gradient, 3 forward with max pooling, 4 gradient of filters and bias behind max pooling,
 * 5 that and the input's, which not every convolution has at once, 6 and 7 forward and input gradient with {@link KeptPass kept} filters.
 */
export type ConvolutionPass = 0 | 1 | 2 | 3 | 4 | 5 | KeptPass;

/** Passes that read filters as they were made once for many steps: 6 forward, 7 input gradient. */
export type KeptPass = 6 | 7;

/** Sizes that only the kernels know: how much scratch memory a call wants. */
export interface WorkspaceOracle {
  /** float32 values that a pass of this convolution wants; 0 for pass 5 where there is none. */
  convolution(pass: ConvolutionPass, convolution: Convolution): number;
  /** float32 values that are kept of the filters for a pass; 0 where that does not pay. */
  kept(pass: KeptPass, convolution: Convolution): number;
  /** Numbers that say where the largest values of these windows are, for their gradient; 0 where it cannot be had by them. */
  argmax(windows: Convolution): number;
  /** float32 values that this matrix product wants. */
  matmul(m: number, n: number, k: number, transposeA: boolean, transposeB: boolean): number;
}

/** A penalty `l1·Σ|x| + l2·Σx²` that a layer adds to the loss. */
export interface ActivityPenalty {
  /** Factor of Σ|x|. */
  readonly l1: number;
  /** Factor of Σx². */
  readonly l2: number;
  /** x. */
  readonly buffer: Buffer;
}

/** Who emits and in which part of the step, for reports and error messages. */
interface Scope {
  readonly layer: string;
  readonly phase: Phase;
}

/** Calls that have computed something, and that can be emitted anew to do the next step as well. */
interface Computation<Next> {
  readonly result: Buffer;
  readonly emit: (next: Next) => void;
  readonly start: number;
  readonly end: number;
  readonly scope: Scope;
}

/** Max pooling of what a call computes. */
export interface PooledOutput {
  /** Its geometry block. */
  readonly geometry: Buffer;
  /** Where the largest values go. */
  readonly y: Buffer;
  /** Where is noted which pixels they are; none where no gradient is wanted. */
  readonly argmax: Buffer | undefined;
}

/** How a gradient comes from that of max pooling's outputs. */
export interface PooledGradient {
  /** The windows' geometry block. */
  readonly geometry: Buffer;
  /** The pixels that have the largest values. */
  readonly argmax: Buffer;
  /** The gradient by the largest values. */
  readonly dy: Buffer;
  /** What that is multiplied by before it goes to the pixels. */
  readonly slope: Slope | undefined;
}

/** Builds the list of calls for one batch size. */
export class PlanBuilder {
  /** Number of samples of a step. */
  readonly batch: number;
  /**
   * Keeps every intermediate value apart: nothing is fused or computed in place, so that `explain` can read
   * all factors of the chain rule after the step.
   */
  readonly keepAll: boolean;
  /** Whether the plan is for training: dropout drops, batch normalization takes the batch's statistics. */
  readonly training: boolean;
  /** Whether the layer that is being emitted is trainable: a frozen batch normalization takes its moving averages. */
  layerLearns = true;
  /** Whether the layer that is being emitted gets a gradient. */
  layerIsReached = false;
  /** Code of an activation that the linear layer that is being emitted applies for the layer behind it; 0 for none. */
  followingCode = 0;
  /** Whether nobody but the layer that is being emitted reads its (first) input, not even the caller. */
  inputIsPrivate = false;
  /** What the kernels say about scratch memory. */
  readonly workspaces: WorkspaceOracle;
  /** Four words, written before each training step: its number and the seed. Randomness of a step follows from them. */
  readonly clock: Buffer;
  /** The calls so far. */
  readonly calls: KernelCall[] = [];
  /** Calls that fill what is kept: they run when weights have changed, before the others. */
  readonly preparations: KernelCall[] = [];
  /** Words that are written once, when the plan gets its memory. */
  readonly constants: { readonly buffer: Buffer; readonly words: readonly number[] }[] = [];
  /** For `explain`: the buffers of each layer by the role they play in its equations. */
  readonly roles = new Map<string, Map<string, Buffer>>();
  /** What layers add to the loss. */
  readonly penalties: ActivityPenalty[] = [];
  readonly #keeps: boolean;
  readonly #shared = new Set<Buffer>();
  readonly #spread = new Map<Buffer, Buffer>();
  readonly #sloped = new Set<Buffer>();
  #latest: Computation<Slope> | undefined;
  #poolable: (Computation<PooledOutput> & { readonly code: number }) | undefined;
  #pooled:
    | { readonly result: Buffer; readonly start: number; readonly end: number; readonly how: PooledGradient }
    | undefined;
  #constantBytes = 0;
  #keptBytes = 0;
  #streams = 0;
  #scope: Scope = { layer: '', phase: 'forward' };

  constructor(options: {
    batch: number;
    training: boolean;
    keepAll: boolean;
    /** Whether there is room for what is made of weights once for many steps. Default true. */
    keeps?: boolean;
    workspaces: WorkspaceOracle;
    clock: Buffer;
  }) {
    this.batch = options.batch;
    this.training = options.training;
    this.keepAll = options.keepAll;
    this.#keeps = (options.keeps ?? true) && !options.training && !options.keepAll;
    this.workspaces = options.workspaces;
    this.clock = options.clock;
  }

  /** Bytes of all constants. */
  get constantBytes(): number {
    return this.#constantBytes;
  }

  /** Bytes of all that is kept. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** A number for a layer's randomness, another one at each call, the same in every plan of a model. */
  nextStream(): number {
    return this.#streams++;
  }

  /** Emits the calls of one layer in one phase. */
  scope<T>(layer: string, phase: Phase, work: () => T): T {
    const outer = this.#scope;
    this.#scope = { layer, phase };
    try {
      return work();
    } finally {
      this.#scope = outer;
    }
  }

  /** A buffer that lives as long as calls use it. */
  temporary(name: string, shape: Shape): Buffer {
    const prefix = this.#scope.layer === '' ? '' : `${this.#scope.layer}/`;
    return { name: prefix + name, region: 'arena', shape, size: sizeOf(shape), offset: 0 };
  }

  /** Scratch memory of at least `size` values; never empty, so that it has an address. */
  workspace(size: number): Buffer {
    return this.temporary('workspace', [Math.max(size, 1)]);
  }

  /** Words that kernels read, such as a geometry block. */
  constant(name: string, words: readonly number[]): Buffer {
    const buffer: Buffer = {
      name: `${this.#scope.layer}/${name}`,
      region: 'constant',
      shape: [words.length],
      size: words.length,
      offset: this.#constantBytes,
    };
    this.#constantBytes += align(words.length * 4);
    this.constants.push({ buffer, words });
    return buffer;
  }

  /** Memory of what {@link prepare} makes of weights. */
  kept(name: string, size: number): Buffer {
    const offset = this.#keptBytes;
    this.#keptBytes += align(size * 4);
    return { name: `${this.#scope.layer}/${name}`, region: 'kept', shape: [size], size, offset };
  }

  /**
   * Whether what is made of a weight may be kept from step to step: at inference weights are the same for many of them, and they
   * are no result of the step itself.
   */
  mayKeep(weight: Buffer): boolean {
    return this.#keeps && weight.region === 'state';
  }

  /** Says that more than one reader holds this gradient, so that nobody may change it in place. */
  share(buffer: Buffer): void {
    this.#shared.add(buffer);
  }

  /** Whether slopes of the layer that is being emitted are computed with its outputs. */
  get keepsSlopes(): boolean {
    return this.training && this.layerIsReached && !this.keepAll;
  }

  /** `buffer` itself where a result may overwrite it, else a fresh buffer of its shape. */
  inPlace(buffer: Buffer, name: string): Buffer {
    if (!this.#mayOverwrite(buffer)) return this.temporary(name, buffer.shape);
    this.#spread.delete(buffer);
    return buffer;
  }

  #mayOverwrite(buffer: Buffer): boolean {
    return buffer.region === 'arena' && !this.keepAll && !this.#shared.has(buffer);
  }

  /** Says that a gradient is `source` spread over more places: of each channel, both have the same sum. */
  spreads(gradient: Buffer, source: Buffer): void {
    this.#spread.set(gradient, this.sumsOf(source));
  }

  /** The smallest buffer whose channels have the sums of this gradient's. */
  sumsOf(gradient: Buffer): Buffer {
    return (this.keepAll ? undefined : this.#spread.get(gradient)) ?? gradient;
  }

  /**
   * Emits the calls that compute a gradient, in such a way that {@link fuseSlope} can emit them anew.
   *
   * @param emit - Emits the calls; with a slope, what they write is multiplied by it.
   * @returns the gradient.
   */
  computed(gradient: Buffer, emit: (slope?: Slope) => void): Buffer {
    this.#latest = this.#compute(gradient, emit);
    return gradient;
  }

  /**
   * Lets the calls that have just computed a gradient multiply it by a slope while it is in a cache.
   *
   * @returns whether they do. They do not when others read the gradient, or when other calls came after them.
   */
  fuseSlope(gradient: Buffer, slope: Slope): boolean {
    const latest = this.#latest;
    if (latest?.result !== gradient || slope.alpha !== 0 || !this.#mayOverwrite(gradient)) return false;
    return this.#emitAnew(latest, slope);
  }

  /** Says that a gradient by the outputs of an activation is one by its inputs already. */
  includeSlope(gradient: Buffer): void {
    this.#sloped.add(gradient);
  }

  /** Whether a gradient by the outputs of an activation is one by its inputs already. */
  includesSlope(gradient: Buffer): boolean {
    return this.#sloped.has(gradient);
  }

  /**
   * Emits the call that computes outputs of a convolution, in such a way that {@link fusePooling} can emit it anew.
   *
   * @param outputs - Its shape is that of the convolution's outputs, with the batch.
   * @param code - Of the activation that the call applies.
   * @param emit - Emits the call; with pooling, one that computes the pooled outputs alone.
   */
  poolable(outputs: Buffer, code: number, emit: (pooling?: PooledOutput) => void): void {
    this.#poolable = { code, ...this.#compute(outputs, emit) };
  }

  /**
   * Lets the call that has just computed the input of max pooling pool it, image by image, where nobody else wants that
   * input; in training where the gradient follows from notes of the largest values.
   *
   * @param images - The shape that pooling sees in the input.
   * @returns the code of the activation between them, when it does.
   */
  fusePooling(x: Buffer, images: Shape, pooling: PooledOutput): number | undefined {
    const latest = this.#poolable;
    if (latest?.result !== x || this.keepAll || !this.inputIsPrivate) return undefined;
    if (this.training && pooling.argmax === undefined) return undefined;
    if (this.penalties.some(({ buffer }) => buffer === x)) return undefined;
    const fits = images.every((size, axis) => size === x.shape[axis]);
    return fits && this.#emitAnew(latest, pooling) ? latest.code : undefined;
  }

  /** Room for notes on the largest values of windows, where a gradient can be had by them and is wanted. */
  argmax(windows: Convolution): Buffer | undefined {
    const size = this.training && !this.keepAll ? this.workspaces.argmax(windows) : 0;
    return size === 0 ? undefined : this.temporary('argmax', [size]);
  }

  /**
   * Says that the calls since `start` have computed a gradient from that of max pooling's outputs, so that
   * {@link takePooled} can take them back.
   */
  pooled(result: Buffer, start: number, how: PooledGradient): void {
    this.#pooled = { result, start, end: this.calls.length, how };
  }

  /**
   * Takes back the calls that have just computed a gradient from that of max pooling's outputs, for a call that does it as well.
   *
   * @returns how it comes from that, or undefined where it was computed otherwise, or where others read it.
   */
  takePooled(gradient: Buffer): PooledGradient | undefined {
    const pooled = this.#pooled;
    const isLatest = pooled?.result === gradient && pooled.end === this.calls.length;
    if (!isLatest || !this.#mayOverwrite(gradient)) return undefined;
    this.calls.length = pooled.start;
    return pooled.how;
  }

  #compute<Next>(result: Buffer, emit: (next?: Next) => void): Computation<Next> {
    const start = this.calls.length;
    emit();
    return { result, emit, start, end: this.calls.length, scope: this.#scope };
  }

  /** Emits calls anew, unless others came after them. */
  #emitAnew<Next>({ start, end, scope, emit }: Computation<Next>, next: Next): boolean {
    if (end !== this.calls.length) return false;
    // They can do one next step, not two.
    this.#latest = undefined;
    this.#poolable = undefined;
    this.calls.length = start;
    this.scope(scope.layer, scope.phase, () => emit(next));
    return true;
  }

  /** Notes the role of a buffer in the equations of the layer that is being emitted. */
  record(role: string, buffer: Buffer): void {
    const { layer } = this.#scope;
    let roles = this.roles.get(layer);
    if (roles === undefined) {
      roles = new Map();
      this.roles.set(layer, roles);
    }
    roles.set(role, buffer);
  }

  /** The buffer whose role was noted for the layer that is being emitted. */
  recorded(role: string): Buffer {
    const buffer = this.roles.get(this.#scope.layer)?.get(role);
    if (buffer === undefined) throw new RangeError(`${this.#scope.layer}: no ${role} was recorded`);
    return buffer;
  }

  /** Adds a penalty to the loss, in plans that have one. */
  penalize(penalty: ActivityPenalty): void {
    this.penalties.push(penalty);
  }

  /** Adds a kernel call that runs when weights have changed. */
  prepare(kernel: KernelCall['kernel'], args: readonly (number | BufferArgument)[], flops = 0): void {
    this.preparations.push({ kernel, args, flops, ...this.#scope });
  }

  /** Adds a kernel call. */
  call(kernel: KernelCall['kernel'], args: readonly (number | BufferArgument)[], flops = 0): void {
    this.calls.push({ kernel, args, flops, ...this.#scope });
  }
}
