/**
 * A model's layers as data and back, with Keras's class names: `Sequential` for chains, `Functional` for everything else,
 * where each layer says what every use of it takes: `inboundNodes: [[['input_1', 0]], …]`, names with the number of
 * their use.
 */

import type { PartConfig } from '../config';
import { FormatError, OptionError } from '../errors';
import { type Layer, layers as registry } from '../layers';
import { checkOptions, describe, lookUp, numberIn } from '../options';
import type { Shape } from '../shape';
import type { Reference } from './describeTopology';
import { between, chain, type Graph } from './graph';
import type { LayerLike } from './nested';
import { Network } from './network';
import { applyAll, input, type SymbolicTensor } from './symbolic';

/** Name, seed and layers of a model. */
export interface Topology {
  /** The model's name. */
  readonly name: string;
  /** Where first weights and orders of samples come from. */
  readonly seed: number;
  /** The layers. */
  readonly graph: Graph;
}

/** The classes of models, and what they tell. */
const kinds: Readonly<Record<string, readonly string[]>> = {
  Sequential: ['name', 'seed', 'inputShape', 'layers'],
  Functional: ['name', 'seed', 'layers', 'inputLayers', 'outputLayers'],
};

/**
 * Builds the layers of a model from data of unknown origin.
 *
 * @param maxLayers - Bound for the number of layers and of their uses.
 * @throws {FormatError} when something is missing or is not what it should be.
 * @throws {OptionError | ShapeError} naming the layer whose options are unknown or do not fit.
 */
export function readTopology(value: unknown, where: string, maxLayers: number): Topology {
  const { className, config } = readPart(value, where);
  const known = lookUp(kinds, className, `${where}: className`);
  checkOptions(`${where}: ${className}`, config, known);
  const { name, seed, layers } = config;
  if (typeof name !== 'string' || name === '') {
    throw new FormatError(`${where}: expected a name that is not empty, got ${describe(name)}`);
  }
  const context = `${where}: ${describe(name)}`;
  numberIn(seed, 0, Number.MAX_SAFE_INTEGER, `${context}: seed`);
  if (!Array.isArray(layers) || layers.length > maxLayers) {
    throw new FormatError(`${context}: expected a list of at most ${maxLayers} layers, got ${countOf(layers)}`);
  }
  const graph =
    className === 'Sequential'
      ? chain(
          config.inputShape as Shape,
          layers.map((layer) => readLayer(readPart(layer, context), context, maxLayers)),
          context,
          maxLayers,
        )
      : readGraph({ layers, ends: config, maxLayers }, context);
  return { name, seed: seed as number, graph };
}

function countOf(list: unknown): string {
  return Array.isArray(list) ? String(list.length) : describe(list);
}

/** @throws {FormatError} when it is no `{ className, config }`. @param more - Other fields that it must have. */
function readPart(value: unknown, where: string, more: readonly string[] = []): PartConfig {
  checkOptions(where, value, ['className', 'config', ...more]);
  const { className, config } = value as PartConfig;
  if (typeof className !== 'string' || config === null || typeof config !== 'object' || Array.isArray(config)) {
    throw new FormatError(
      `${where}: expected className and config, got ${describe(className)} and ${describe(config)}`,
    );
  }
  return { className, config };
}

function readLayer({ className, config }: PartConfig, where: string, maxLayers: number): LayerLike {
  if (Object.hasOwn(kinds, className)) {
    const { name, seed, graph } = readTopology({ className, config }, where, maxLayers);
    return { name, network: new Network(name, graph, seed) };
  }
  const make = lookUp<unknown>(registry, className, `${where}: layer ${describe(config.name)}: className`);
  if (typeof config.name !== 'string') {
    throw new FormatError(`${where}: expected a name for ${className}, got ${describe(config.name)}`);
  }
  return (make as (options: unknown) => Layer)(config);
}

/** A layer of a functional model, read as far as is possible by itself. */
interface Piece {
  readonly layer: LayerLike | undefined;
  /** For each use what it takes. */
  readonly uses: readonly (readonly Reference[])[];
  /** For each use its values, several only for models with several outputs; an input has one and no uses. */
  readonly values: (readonly SymbolicTensor[] | undefined)[];
}

function readGraph(
  { layers, ends, maxLayers }: { layers: readonly unknown[]; ends: PartConfig['config']; maxLayers: number },
  where: string,
): Graph {
  const pieces = new Map<string, Piece>();
  let count = 0;
  for (const value of layers) {
    const part = readPart(value, where, ['inboundNodes']);
    const name = part.config.name;
    if (typeof name !== 'string' || pieces.has(name)) {
      throw new FormatError(`${where}: expected unique names of layers, got ${describe(name)}`);
    }
    const what = `${where}: ${describe(name)}`;
    const uses = readUses((value as { inboundNodes?: unknown }).inboundNodes, what);
    count += uses.length;
    if (count > maxLayers)
      throw new FormatError(`${where}: expected at most ${maxLayers} uses of layers, got ${count}`);
    pieces.set(
      name,
      part.className === 'InputLayer' ? readInput(part, uses, what) : readPiece(part, uses, where, maxLayers),
    );
  }
  const find = ([name, use]: Reference): Piece => {
    const piece = pieces.get(name);
    if (piece === undefined || use >= piece.values.length) {
      throw new FormatError(`${where}: expected values of its layers, got ${describe([name, use])}`);
    }
    return piece;
  };
  const resolved = (reference: Reference): SymbolicTensor => resolve(reference, find, where);
  const inputs = readReferences(ends.inputLayers, `${where}: inputLayers`);
  const outputs = readReferences(ends.outputLayers, `${where}: outputLayers`);
  if (outputs.length === 0) {
    throw new FormatError(`${where}: expected at least one entry in outputLayers, got none`);
  }
  const graph = between(inputs.map(resolved), outputs.map(resolved), where, maxLayers);
  const { length } = graph.outline.nodes;
  if (length !== count) {
    throw new OptionError(`${where}: expected layers that its outputs need, got ${count - length} more`);
  }
  return graph;
}

function readInput({ config }: PartConfig, uses: Piece['uses'], where: string): Piece {
  checkOptions(where, config, ['name', 'shape']);
  if (uses.length > 0) throw new FormatError(`${where}: expected no inboundNodes of an input, got ${uses.length}`);
  return { layer: undefined, uses, values: [[input({ shape: config.shape as Shape })]] };
}

function readPiece(part: PartConfig, uses: Piece['uses'], where: string, maxLayers: number): Piece {
  return { layer: readLayer(part, where, maxLayers), uses, values: new Array<undefined>(uses.length).fill(undefined) };
}

function readUses(value: unknown, where: string): Piece['uses'] {
  if (!Array.isArray(value)) {
    throw new FormatError(`${where}: expected a list of inboundNodes, got ${describe(value)}`);
  }
  return value.map((use) => readReferences(use, `${where}: inboundNodes`));
}

function readReferences(value: unknown, where: string): readonly Reference[] {
  const isReference = (entry: unknown): boolean =>
    Array.isArray(entry) &&
    (entry.length === 2 || entry.length === 3) &&
    typeof entry[0] === 'string' &&
    entry.slice(1).every((number) => Number.isSafeInteger(number) && number >= 0);
  if (!Array.isArray(value) || !value.every(isReference)) {
    throw new FormatError(`${where}: expected a list of [name, use] or [name, use, output], got ${describe(value)}`);
  }
  return value as unknown as readonly Reference[];
}

/** Applies layers until a value is known; a stack of its own, because a file may be deeper than the engine's. */
function resolve(wanted: Reference, find: (reference: Reference) => Piece, where: string): SymbolicTensor {
  const stack = [{ reference: wanted, next: 0 }];
  const keyOf = ([name, use]: Reference): string => JSON.stringify([name, use]);
  const tensorOf = (reference: Reference): SymbolicTensor => {
    const value = find(reference).values[reference[1]]?.[reference[2] ?? 0];
    if (value === undefined) {
      throw new FormatError(`${where}: expected values of its layers, got ${describe(reference)}`);
    }
    return value;
  };
  const waiting = new Set([keyOf(wanted)]);
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const { reference } = frame;
    const { layer, uses, values } = find(reference);
    const inputs = uses[reference[1]] ?? [];
    const input = values[reference[1]] === undefined ? inputs[frame.next++] : undefined;
    if (input === undefined) {
      values[reference[1]] ??= applyAll(layer as LayerLike, inputs.map(tensorOf));
      waiting.delete(keyOf(reference));
      stack.pop();
    } else if (find(input).values[input[1]] === undefined) {
      const key = keyOf(input);
      if (waiting.has(key)) throw new FormatError(`${where}: expected no circle of layers, got one through ${key}`);
      waiting.add(key);
      stack.push({ reference: input, next: 0 });
    }
  }
  return tensorOf(wanted);
}
