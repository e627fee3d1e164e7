/** How much memory a model will take, told before any of it is taken. */

import { OutOfMemoryError } from '../errors';
import type { Buffer } from '../plan/buffer';
import { bufferArguments, type KernelCall } from '../plan/call';
import { layOut } from '../plan/layout';
import { formatBytes, formatTable } from '../plan/report';
import type { Engine } from '../runtime/kernels';
import { ADDRESSABLE } from '../runtime/kernels';
import { sizeOf } from '../shape';
import type { Graph } from './graph';
import type { StateLayout } from './state';
import type { StepPlan } from './step';

/** What `model.memoryForecast()` answers, in bytes; `String(forecast)` is a table. */
export interface MemoryForecast {
  /** Samples of a step. */
  readonly batchSize: number;
  /** All weights. */
  readonly weights: number;
  /** Gradients of the weights that are trained. */
  readonly gradients: number;
  /** What the optimizer keeps for these weights. */
  readonly slots: number;
  /** Inputs, targets, values and gradients between layers: the peak of what lives at the same time. */
  readonly activations: number;
  /** What scratch memory of the kernels adds to that peak. */
  readonly workspace: number;
  /** What inference keeps of the weights as kernels read them; 0 for training. */
  readonly kept: number;
  /** Samples that lie in memory while `fit` runs, and their order. */
  readonly samples: number;
  /** Sizes of convolutions, numbers of the optimizer, and gaps. */
  readonly other: number;
  /** All of these: what the model will have allocated. */
  readonly total: number;
  /** What the values and weights of each layer take by themselves, without sharing; the largest first. */
  readonly layers: readonly { readonly name: string; readonly bytes: number }[];
  /** The table. */
  toString(): string;
}

/** What a forecast is made from. */
interface Parts {
  /** The layers. */
  readonly graph: Graph;
  /** Its weights, gradients and slots. */
  readonly layout: StateLayout;
  /** The plan; undefined for the state alone. */
  readonly step: StepPlan | undefined;
  /** Number of samples that `fit` is given. Default none. */
  readonly samples?: number;
  /** Bytes beside the model. Default those of `samples`. */
  readonly beside?: number;
}

/** The bytes of a model and of one of its steps. */
export function forecastMemory({ graph, layout, step, samples = 0, beside }: Parts): MemoryForecast {
  const arena = step?.plan.layout.bytes ?? 0;
  const activations = step === undefined ? 0 : withoutWorkspace(step);
  const rows = step === undefined ? 0 : bytesOfSample(step);
  const state = layout.weightBytes + layout.gradientBytes + layout.slotBytes;
  const parts = {
    weights: layout.weightBytes,
    gradients: layout.gradientBytes,
    slots: layout.slotBytes,
    activations,
    workspace: arena - activations,
    kept: step?.plan.keptBytes ?? 0,
    samples: beside ?? samples * rows,
    other: layout.bytes - state + (step?.plan.constantBytes ?? 0),
  };
  const forecast = {
    batchSize: step?.plan.batch ?? 0,
    ...parts,
    total: Object.values(parts).reduce((sum, bytes) => sum + bytes, 0),
    layers: layersOf(graph, step),
  };
  return { ...forecast, toString: () => table(forecast) };
}

/** Bytes of one sample while `fit` runs: inputs, target, weight and its place in the order. */
function bytesOfSample({ inputs, heads, plan }: StepPlan): number {
  const own = heads.flatMap(({ target, weights }) => [target, weights]).filter((buffer) => buffer !== undefined);
  return [...inputs, ...own].reduce((sum, { size }) => sum + (size / plan.batch) * 4, 4);
}

/** Bytes of the arena if no kernel wanted scratch memory. */
function withoutWorkspace({ plan }: StepPlan): number {
  const isScratch = ({ name }: Buffer): boolean => name.endsWith('/workspace');
  const calls = plan.calls.map((call) => ({
    ...call,
    args: call.args.filter((argument) => typeof argument === 'number' || !isScratch(argument.buffer)),
  }));
  // Laying out moves the buffers, and the plan may be one that runs.
  const places = [...new Set([...plan.inputs, ...plan.outputs, ...calls.flatMap(ownBuffers)])].map((buffer) => ({
    buffer,
    offset: buffer.offset,
  }));
  const { bytes } = layOut(calls, { first: plan.inputs, last: plan.outputs }, true);
  for (const { buffer, offset } of places) buffer.offset = offset;
  return bytes;
}

/** Bytes by layer: a buffer belongs to the layer whose call comes first. */
function layersOf({ nodes }: Graph, step: StepPlan | undefined): MemoryForecast['layers'] {
  const bytes = new Map(
    nodes.map(({ layer }) => [layer.name, layer.weights.reduce((sum, { shape }) => sum + sizeOf(shape) * 4, 0)]),
  );
  const seen = new Set<Buffer>();
  for (const call of step?.plan.calls ?? []) {
    for (const buffer of ownBuffers(call)) {
      if (seen.has(buffer)) continue;
      seen.add(buffer);
      bytes.set(call.layer, (bytes.get(call.layer) ?? 0) + buffer.size * 4);
    }
  }
  return [...bytes].map(([name, count]) => ({ name, bytes: count })).sort((a, b) => b.bytes - a.bytes);
}

function ownBuffers(call: KernelCall): Buffer[] {
  return bufferArguments(call)
    .map(({ buffer }) => buffer)
    .filter(({ region }) => region === 'arena');
}

/**
 * Checks that a forecast fits.
 *
 * @param taken - Bytes that will be allocated now.
 * @param known - The engine, undefined when none runs yet, and bytes of the model that are given back before.
 * @throws {OutOfMemoryError} naming forecast, limit and the largest layers.
 */
export function checkRoom(
  forecast: MemoryForecast,
  taken: number,
  known: { readonly engine: Engine | undefined; readonly released: number; readonly where: string },
): void {
  const limit = known.engine?.memoryLimit ?? ADDRESSABLE;
  const others = (known.engine?.liveBytes ?? 0) - known.released;
  if (others + taken <= limit) return;
  const names = ['weights', 'gradients', 'slots', 'activations', 'workspace', 'kept', 'samples'] as const;
  const parts = names.filter((name) => forecast[name] > 0).map((name) => `${name} ${formatBytes(forecast[name])}`);
  const largest = forecast.layers.slice(0, 3).map(({ name, bytes }) => `${name} ${formatBytes(bytes)}`);
  const batch = forecast.batchSize > 0 ? ` for batches of ${forecast.batchSize}` : '';
  throw new OutOfMemoryError(
    `${known.where}: expected at most ${formatBytes(limit)} of memory, got a forecast of ${formatBytes(forecast.total)}${batch} (${parts.join(', ')}), with ${formatBytes(Math.max(others, 0))} taken already; the largest layers are ${largest.join(', ')}`,
  );
}

/**
 * Checks that a step has room, with the memory of the model where it has none yet.
 *
 * @param known.arena - Bytes of the model's arena; undefined for a model without memory.
 * @param known.exists - Whether the step has its memory already.
 * @throws {OutOfMemoryError} as {@link checkRoom}.
 */
export function checkStepRoom(
  parts: Parts & { readonly step: StepPlan; readonly beside: number },
  known: {
    readonly engine: Engine;
    readonly arena: number | undefined;
    readonly exists: boolean;
    readonly where: string;
  },
): void {
  const { layout, step, beside } = parts;
  const { engine, arena = 0, exists, where } = known;
  const grows = step.plan.layout.bytes > arena;
  const taken =
    (known.arena === undefined ? layout.bytes : 0) +
    (grows ? step.plan.layout.bytes : 0) +
    (exists ? 0 : step.plan.constantBytes + step.plan.keptBytes) +
    beside;
  const released = grows ? arena : 0;
  // The forecast is only made when it is needed: it lays out the plan anew.
  if (taken <= engine.memoryLimit - engine.liveBytes + released) return;
  checkRoom(forecastMemory(parts), taken, { engine, released, where });
}

function table(forecast: Omit<MemoryForecast, 'toString'>): string {
  const parts = ['weights', 'gradients', 'slots', 'activations', 'workspace', 'kept', 'samples', 'other'] as const;
  const names = [...parts, 'total'] as const;
  const layers = forecast.layers.map(({ name, bytes }) => [name, formatBytes(bytes)]);
  return [
    `memory for batches of ${forecast.batchSize}`,
    formatTable(
      ['part', 'bytes'],
      names.map((name) => [name, formatBytes(forecast[name])]),
    ),
    formatTable(['layer', 'by itself'], layers),
  ].join('\n');
}
