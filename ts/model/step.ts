/** Builds the plans of a model: from layers, loss and optimizer to a list of kernel calls. */

import type { BuiltLayer, Value, WeightBuffers } from '../layers/layer';
import type { Optimizer } from '../optimizers/optimizer';
import { type Buffer, read, update } from '../plan/buffer';
import { PlanBuilder, type WorkspaceOracle } from '../plan/builder';
import { finishPlan, type Plan } from '../plan/plan';
import { type Convolution, GEOMETRY_WORDS } from '../runtime/geometry';
import type { Engine } from '../runtime/kernels';
import { addGradients, type EmittedNode, emitBackward, inputRole } from './backward';
import { emitFolds, type Fold, FoldedNodes } from './folding';
import type { Graph, GraphOutput } from './graph';
import type { Head } from './heads';
import { emitLosses, emitLossGradients, type HeadBuffers } from './lossStep';
import { reachOf } from './reach';
import { scopesOf } from './scopes';
import type { StateLayout } from './state';

/**
 * What a step does: `train` learns, `accumulate` only gathers gradients for a later update, `evaluate` computes the loss,
 * `predict` only the output; `explain` is a training step that keeps every value apart and leaves the weights as they are.
 */
export type StepMode = 'train' | 'accumulate' | 'evaluate' | 'predict' | 'explain';

/** Whether a step of a mode computes gradients. */
function isTraining(mode: StepMode): boolean {
  return mode === 'train' || mode === 'accumulate' || mode === 'explain';
}

/** A plan with the buffers that its user fills and reads. */
export interface StepPlan {
  /** The calls. */
  readonly plan: Plan;
  /** The model's inputs. */
  readonly inputs: readonly Buffer[];
  /** The model's outputs. */
  readonly outputs: readonly Buffer[];
  /** Of each output that has a loss what it is compared with and what comes of it; none for `predict`. */
  readonly heads: readonly HeadBuffers[];
  /** The sum of all losses and penalties, one number, but for `predict`. */
  readonly loss: Buffer | undefined;
  /** For `explain`: buffers of each use of a layer, by its name in `scopesOf`, by the role that they play in its equations. */
  readonly roles: ReadonlyMap<string, ReadonlyMap<string, Buffer>>;
  /** Layers whose work others do. */
  readonly folded: readonly { readonly layer: string; readonly into: string }[];
}

/** What a step is built from. */
export interface StepParts {
  /** The layers. */
  readonly graph: Graph;
  /** The layers whose weights training changes. */
  readonly learning: ReadonlySet<BuiltLayer>;
  /** For each node the numbers of its weights. */
  readonly weightsOf: readonly (readonly number[])[];
  /** The batch normalizations that are folded at inference. */
  readonly folds: readonly Fold[];
  /** The weights' memory. */
  readonly state: StateLayout;
  /** What `compile` was given: the outputs that have a loss; none for a model that only predicts. */
  readonly heads: readonly Head[];
  /** What `compile` was given; undefined for a model that is not compiled. */
  readonly optimizer: Optimizer | undefined;
}

/** Which step. */
export interface StepKind {
  /** What it does. */
  readonly mode: StepMode;
  /** Number of samples. */
  readonly batch: number;
  /** Whether each sample has a weight. */
  readonly weighted: boolean;
}

/**
 * Builds the plan of a step for one batch size.
 *
 * @param keeps - Whether there is room for what inference makes of weights once for many steps.
 */
export function buildStep(
  engine: Engine,
  parts: StepParts,
  { mode, batch, weighted }: StepKind,
  keeps = true,
): StepPlan {
  const builder = new PlanBuilder({
    batch,
    training: isTraining(mode),
    keepAll: mode === 'explain',
    keeps,
    workspaces: oracle(engine),
    clock: parts.state.clock,
  });
  const { graph } = parts;
  const inputs = graph.inputShapes.map((shape, index) =>
    builder.temporary(graph.inputShapes.length === 1 ? 'X' : `X${index}`, [batch, ...shape]),
  );
  const values: Value[] = inputs.map((buffer) => ({ buffer, shape: buffer.shape }));
  const weightsOf = (node: number): readonly WeightBuffers[] =>
    (parts.weightsOf[node] ?? []).map((index) => weightFor(parts.state, index, mode));
  const reach = reachOf(
    graph,
    parts.heads.map(({ output }) => (graph.outputs[output] as GraphOutput).value),
    (node) => weightsOf(node).some(({ gradient }) => gradient !== undefined),
  );
  const scopes = builder.keepAll ? scopesOf(graph) : [];
  const folded = new FoldedNodes(graph, isTraining(mode) ? [] : parts.folds, parts.state.folded);
  const emitted = graph.nodes.map(({ layer, inputs: sources }, node): EmittedNode => {
    const scope = scopes[node] ?? layer.name;
    if (folded.isDone(node)) {
      const output = values[sources[0] as number] as Value;
      values.push(output);
      return { layer, scope, sources, weights: [], own: [], result: { output, backward: () => [] } };
    }
    const own = weightsOf(node);
    const shares = (reach.usesOf.get(layer) ?? 0) > 1;
    const weights = folded.weightsOf(node) ?? (shares ? own.map((weight) => partOf(builder, layer.name, weight)) : own);
    builder.layerLearns = parts.learning.has(layer);
    builder.layerIsReached = reach.isTold[node] === true;
    builder.followingCode = folded.codeOf(node);
    builder.inputIsPrivate = isPrivate(graph, values, sources[0] as number);
    const taken = sources.map((source) => values[source] as Value);
    const result = builder.scope(scope, 'forward', () => layer.emit(builder, taken, weights));
    const emitted = { layer, scope, sources, weights, own: shares ? own : [], result };
    if (builder.keepAll) recordForward(builder, emitted, taken);
    values.push(result.output);
    return emitted;
  });
  const outputs = graph.outputs.map(({ value }) => values[value] as Value);
  if (mode === 'predict' || parts.heads.length === 0) {
    return { ...finish(builder, inputs, outputs, { heads: [], loss: undefined }), folded: folded.tell() };
  }
  const losses = emitLosses(builder, parts.heads, outputs, { weighted, withMetrics: mode !== 'explain' });
  const scope = parts.heads.length === 1 ? (parts.heads[0] as Head).loss.name : 'loss';
  builder.scope(scope, 'loss', () => emitPenalties(builder, parts.state, losses.loss));
  if (isTraining(mode)) {
    const first: (Buffer | undefined)[] = [];
    for (const [index, gradient] of emitLossGradients(builder, parts.heads, losses.compared).entries()) {
      const { value } = graph.outputs[(parts.heads[index] as Head).output] as GraphOutput;
      const known = first[value];
      first[value] = known === undefined ? gradient : addGradients(builder, 'loss', known, gradient);
    }
    emitBackward(builder, emitted, reach, first);
    if (mode !== 'explain') emitUpdate(builder, parts, mode);
  }
  return { ...finish(builder, inputs, outputs, losses), folded: folded.tell() };
}

/** Builds the plan that folds batch normalizations into the kernels before them. */
export function buildFolds(engine: Engine, { graph, folds, weightsOf, state }: StepParts): Plan {
  const builder = new PlanBuilder({
    ...{ batch: 1, training: false, keepAll: false },
    ...{ workspaces: oracle(engine), clock: state.clock },
  });
  emitFolds(builder, graph, folds, {
    folded: state.folded,
    weightsOf: (node) => (weightsOf[node] ?? []).map((index) => state.weights[index] as WeightBuffers),
  });
  return finishPlan(builder, [], []);
}

function finish(
  builder: PlanBuilder,
  inputs: readonly Buffer[],
  values: readonly Value[],
  { heads, loss }: Pick<StepPlan, 'heads' | 'loss'>,
): Omit<StepPlan, 'folded'> {
  const outputs = values.map(({ buffer }) => buffer);
  const before = [...inputs];
  const after = [...outputs];
  if (loss !== undefined) after.push(loss);
  for (const { target, weights, loss: own, lossMetrics } of heads) {
    before.push(target);
    if (weights !== undefined) before.push(weights);
    // Metrics compare the output with the target after the step.
    after.push(own, ...lossMetrics, target);
  }
  const plan = finishPlan(builder, before, after);
  return { plan, inputs, outputs, heads, loss, roles: builder.roles };
}

/** Notes for `explain` what every layer has: its inputs, its output, its weights with their gradients. */
function recordForward(
  builder: PlanBuilder,
  { layer, scope, weights, result }: EmittedNode,
  inputs: readonly Value[],
): void {
  builder.scope(scope, 'forward', () => {
    for (const [index, input] of inputs.entries()) builder.record(inputRole('x', index), input.buffer);
    builder.record('y', result.output.buffer);
    layer.weights.forEach(({ name }, index) => {
      const { value, gradient } = weights[index] as WeightBuffers;
      builder.record(name, value);
      if (gradient !== undefined) builder.record(`${name} gradient`, gradient);
    });
  });
}

/** Adds the penalties on large weights and activations to the loss. */
function emitPenalties(builder: PlanBuilder, state: StateLayout, loss: Buffer): void {
  for (const { l1, l2, buffer } of builder.penalties) {
    builder.call('penalty', [buffer.size, l1, l2, read(buffer), update(loss)], 4 * buffer.size);
  }
  for (const { spec, value } of state.update?.variables ?? []) {
    const { regularizer } = spec;
    if (regularizer === undefined) continue;
    const args = [value.size, regularizer.l1, regularizer.l2, read(value), update(loss)];
    builder.call('penalty', args, 4 * value.size);
  }
}

function emitUpdate(builder: PlanBuilder, { optimizer, state }: StepParts, mode: StepMode): void {
  const { update } = state;
  if (optimizer === undefined || update === undefined) return;
  builder.scope(optimizer.className.toLowerCase(), 'update', () => {
    if (mode === 'accumulate') optimizer.emitAccumulation?.(builder, update);
    else optimizer.emit(builder, update);
  });
}

/** The weight with a gradient of its own for one use of a shared layer. */
function partOf(builder: PlanBuilder, layer: string, { value, gradient }: WeightBuffers): WeightBuffers {
  if (gradient === undefined) return { value, gradient };
  return { value, gradient: builder.scope(layer, 'backward', () => builder.temporary('gradient part', value.shape)) };
}

/**
 * Whether one node reads the buffer of a value, and nobody else, not even the caller. Nodes that have handed it on as their
 * own value, as dropout does at inference, do not read it.
 *
 * @param values - Those of the inputs and of the nodes so far.
 */
function isPrivate(graph: Graph, values: readonly Value[], value: number): boolean {
  const names = (index: number): boolean => values[index]?.buffer === values[value]?.buffer;
  if (graph.outputs.some((output) => names(output.value))) return false;
  const readers = graph.nodes.filter((_, node) => !names(graph.inputShapes.length + node));
  return readers.flatMap(({ inputs }) => inputs).filter(names).length === 1;
}

function weightFor(state: StateLayout, index: number, mode: StepMode): WeightBuffers {
  const weight = state.weights[index] as WeightBuffers;
  return isTraining(mode) ? weight : { value: weight.value, gradient: undefined };
}

/** Asks the kernels how much scratch memory they want; the geometry block passes through a moment's allocation. */
function oracle(engine: Engine): WorkspaceOracle {
  const withBlock = ({ block }: Convolution, ask: (address: number) => number): number => {
    const address = engine.allocate(GEOMETRY_WORDS * 4);
    try {
      engine.memory.writeWords(address, block);
      return ask(address);
    } finally {
      engine.release(address);
    }
  };
  return {
    convolution: (pass, convolution) =>
      withBlock(convolution, (address) => engine.query('conv2d_workspace', pass, address)),
    kept: (pass, convolution) => withBlock(convolution, (address) => engine.query('conv2d_kept_size', pass, address)),
    argmax: (windows) => withBlock(windows, (address) => engine.query('max_pool2d_argmax_size', address)),
    matmul: (m, n, k, transposeA, transposeB) =>
      engine.query('matmul_workspace', m, n, k, Number(transposeA), Number(transposeB)),
  };
}
