/**
 * A model's layers as data and back, with Keras's class names: `Sequential` for chains, `Functional` for everything else,
 * where each layer says what every use of it takes: `inboundNodes: [[['input_1', 0]], …]`, names with the number of
 * their use.
 */

import { configOf, type PartConfig } from '../config';
import { FormatError, OptionError } from '../errors';
import { type Layer, layers as registry } from '../layers';
import type { BuiltLayer } from '../layers/layer';
import { checkOptions, describe, lookUp, numberIn } from '../options';
import type { Shape } from '../shape';
import { between, chain, type Graph, isChain } from './graph';
import { apply, input, type SymbolicTensor } from './symbolic';

/** A value in a file: the name of a layer and the number of its use. */
type Reference = readonly [string, number];

/** Name, seed and layers of a model. */
export interface Topology {
  /** The model's name. */
  readonly name: string;
  /** Where first weights and orders of samples come from. */
  readonly seed: number;
  /** The layers. */
  readonly graph: Graph;
}

/** A model as data. @param configs - Options of layers that are not those that they were made with. */
export function describeTopology(
  { name, seed, graph }: Topology,
  configs: ReadonlyMap<BuiltLayer, PartConfig['config']>,
): PartConfig {
  const [inputShape] = graph.inputShapes;
  const built = new Set(graph.nodes.map(({ layer }) => layer));
  if (built.size === graph.nodes.length && isChain(graph)) {
    return {
      className: 'Sequential',
      config: { name, seed, inputShape, layers: [...built].map((layer) => describeLayer(layer, configs)) },
    };
  }
  const inputNames = namesOfInputs(graph, built);
  const references: Reference[] = inputNames.map((inputName) => [inputName, 0]);
  const uses = new Map<BuiltLayer, Reference[][]>([...built].map((layer) => [layer, []]));
  for (const { layer, inputs } of graph.nodes) {
    const own = uses.get(layer) as Reference[][];
    references.push([layer.name, own.length]);
    own.push(inputs.map((number) => references[number] as Reference));
  }
  const layers = [
    ...graph.inputShapes.map((shape, index) => ({
      ...{ className: 'InputLayer', config: { name: inputNames[index], shape }, inboundNodes: [] },
    })),
    ...[...uses].map(([layer, inboundNodes]) => ({ ...describeLayer(layer, configs), inboundNodes })),
  ];
  const ends = {
    inputLayers: references.slice(0, inputNames.length),
    outputLayers: graph.outputs.map(({ value }) => references[value] as Reference),
  };
  return { className: 'Functional', config: { name, seed, layers, ...ends } };
}

function describeLayer(layer: BuiltLayer, configs: ReadonlyMap<BuiltLayer, PartConfig['config']>): PartConfig {
  const { className, config } = configOf({ className: layer.className, config: configs.get(layer) ?? layer.config });
  return { className, config: { name: layer.name, ...config } };
}

/** `input_1`, `input_2`, …, except where layers have these names. */
function namesOfInputs(graph: Graph, built: ReadonlySet<BuiltLayer>): string[] {
  const taken = new Set([...built].map(({ name }) => name));
  let number = 0;
  return graph.inputShapes.map(() => {
    do number++;
    while (taken.has(`input_${number}`));
    return `input_${number}`;
  });
}

/**
 * Builds the layers of a model from data of unknown origin.
 *
 * @param maxLayers - Bound for the number of layers and of their uses.
 * @throws {FormatError} when something is missing or is not what it should be.
 * @throws {OptionError | ShapeError} naming the layer whose options are unknown or do not fit.
 */
export function readTopology(value: unknown, where: string, maxLayers: number): Topology {
  const { className, config } = readPart(value, where);
  const kinds: Record<string, readonly string[]> = {
    Sequential: ['name', 'seed', 'inputShape', 'layers'],
    Functional: ['name', 'seed', 'layers', 'inputLayers', 'outputLayers'],
  };
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
          layers.map((layer) => readLayer(readPart(layer, context), context)),
          context,
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

function readLayer({ className, config }: PartConfig, where: string): Layer {
  const make = lookUp<unknown>(registry, className, `${where}: layer ${describe(config.name)}: className`);
  if (typeof config.name !== 'string') {
    throw new FormatError(`${where}: expected a name for ${className}, got ${describe(config.name)}`);
  }
  return (make as (options: unknown) => Layer)(config);
}

/** A layer of a functional model, read as far as is possible by itself. */
interface Piece {
  readonly layer: Layer | undefined;
  /** For each use what it takes. */
  readonly uses: readonly (readonly Reference[])[];
  /** For each use its value; an input has one value and no uses. */
  readonly values: (SymbolicTensor | undefined)[];
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
    pieces.set(name, part.className === 'InputLayer' ? readInput(part, uses, what) : readPiece(part, uses, where));
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
  const graph = between(inputs.map(resolved), outputs.map(resolved), where);
  if (graph.nodes.length !== count) {
    throw new OptionError(`${where}: expected layers that its outputs need, got ${count - graph.nodes.length} more`);
  }
  return graph;
}

function readInput({ config }: PartConfig, uses: Piece['uses'], where: string): Piece {
  checkOptions(where, config, ['name', 'shape']);
  if (uses.length > 0) throw new FormatError(`${where}: expected no inboundNodes of an input, got ${uses.length}`);
  return { layer: undefined, uses, values: [input({ shape: config.shape as Shape })] };
}

function readPiece(part: PartConfig, uses: Piece['uses'], where: string): Piece {
  return { layer: readLayer(part, where), uses, values: new Array<undefined>(uses.length).fill(undefined) };
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
    entry.length === 2 &&
    typeof entry[0] === 'string' &&
    Number.isSafeInteger(entry[1]) &&
    entry[1] >= 0;
  if (!Array.isArray(value) || !value.every(isReference)) {
    throw new FormatError(`${where}: expected a list of [name, use], got ${describe(value)}`);
  }
  return value as unknown as readonly Reference[];
}

/** Applies layers until a value is known; a stack of its own, because a file may be deeper than the engine's. */
function resolve(wanted: Reference, find: (reference: Reference) => Piece, where: string): SymbolicTensor {
  const stack = [{ reference: wanted, next: 0 }];
  const waiting = new Set([JSON.stringify(wanted)]);
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const { reference } = frame;
    const { layer, uses, values } = find(reference);
    const inputs = uses[reference[1]] ?? [];
    const input = values[reference[1]] === undefined ? inputs[frame.next++] : undefined;
    if (input === undefined) {
      values[reference[1]] ??= apply(
        layer as Layer,
        inputs.map((each) => find(each).values[each[1]] as SymbolicTensor),
      );
      waiting.delete(JSON.stringify(reference));
      stack.pop();
    } else if (find(input).values[input[1]] === undefined) {
      const key = JSON.stringify(input);
      if (waiting.has(key)) throw new FormatError(`${where}: expected no circle of layers, got one through ${key}`);
      waiting.add(key);
      stack.push({ reference: input, next: 0 });
    }
  }
  return find(wanted).values[wanted[1]] as SymbolicTensor;
}
