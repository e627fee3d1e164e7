/** Which layers a model has and what each takes as its input. */

import { OptionError, ShapeError } from '../errors';
import type { BuiltLayer } from '../layers/layer';
import { describe } from '../options';
import { checkShape, formatShape, type Shape } from '../shape';
import { Assembly } from './assembly';
import { isNested, type LayerLike, type NestedModel } from './nested';
import type { Application, SymbolicTensor } from './symbolic';

/** A layer in its place. Values are numbered: first the model's inputs, then the outputs of the nodes. */
export interface GraphNode {
  /** The layer. */
  readonly layer: BuiltLayer;
  /** Numbers of the values that it takes. */
  readonly inputs: readonly number[];
}

/** An output of a model. */
export interface GraphOutput {
  /** Unique among the outputs: the name of the layer or the nested model that computes it. */
  readonly name: string;
  /** Number of its value. */
  readonly value: number;
  /** Without batch. */
  readonly shape: Shape;
}

/** A layer or a nested model in its place. */
export interface OutlineNode {
  /** What is applied. */
  readonly part: BuiltLayer | NestedModel;
  /** Numbers of the values that it takes. */
  readonly inputs: readonly number[];
}

/**
 * A model as its user drew it: nested models are one node, which has as many values as they have outputs. Values are numbered
 * by themselves: first the inputs, then those of the nodes.
 */
export interface Outline {
  /** Layers and nested models, each in its places. */
  readonly nodes: readonly OutlineNode[];
  /** Numbers of the values that are the model's outputs. */
  readonly outputs: readonly number[];
}

/** A model's layers in an order in which every input comes before its use; those of nested models stand among them. */
export interface Graph {
  /** Shape of each input without batch. */
  readonly inputShapes: readonly Shape[];
  /** The layers. */
  readonly nodes: readonly GraphNode[];
  /** What the model computes: one output or more. */
  readonly outputs: readonly GraphOutput[];
  /** The same with nested models as one node each. */
  readonly outline: Outline;
}

/** Whether a model is a chain of different layers and nested models: what Keras calls `Sequential`. */
export function isSequential({ inputShapes, outline: { nodes, outputs } }: Graph): boolean {
  return (
    inputShapes.length === 1 &&
    outputs.length === 1 &&
    outputs[0] === nodes.length &&
    nodes.every(followsOn) &&
    nodes.every(({ part }) => !isNested(part) || part.network.graph.outputs.length === 1) &&
    new Set(nodes.map(({ part }) => part)).size === nodes.length
  );
}

function followsOn({ inputs }: { readonly inputs: readonly number[] }, index: number): boolean {
  return inputs.length === 1 && inputs[0] === index;
}

/**
 * The graph of a chain of layers and models.
 *
 * @param maxNodes - Bound for the number of layers with those of nested models. Default none.
 * @throws {OptionError} when there is no layer, something is no layer or two have one name.
 * @throws {ShapeError} when a layer cannot take what the one before it gives.
 */
export function chain(inputShape: Shape, layers: readonly LayerLike[], where: string, maxNodes?: number): Graph {
  checkShape(inputShape, `${where}: inputShape`);
  if (inputShape.length === 0)
    throw new ShapeError(`${where}: expected inputShape with at least one dimension, got []`);
  if (!Array.isArray(layers) || layers.length === 0) {
    throw new OptionError(`${where}: expected layers to be a list with at least one layer, got ${describe(layers)}`);
  }
  const assembly = new Assembly([inputShape], layers, { where, maxNodes });
  for (const [index, layer] of layers.entries()) {
    // An unnamed layer that stands twice is two layers; a model is the same one.
    const value = assembly.add(layer, [index], index);
    const count = assembly.valueCount - value;
    if (count !== 1)
      throw new OptionError(`${where}: expected models with one output in a chain, got one with ${count}`);
  }
  return assembly.finish([layers.length]);
}

/**
 * The graph between symbolic inputs and outputs. A layer or a model that was applied more than once has its weights once.
 *
 * @param maxNodes - Bound for the number of layers with those of nested models. Default none.
 * @throws {OptionError} when an output does not follow from the inputs, or two layers have one name.
 * @throws {ShapeError} when a layer that is shared was applied to different shapes.
 */
export function between(
  inputs: readonly SymbolicTensor[],
  outputs: readonly SymbolicTensor[],
  where: string,
  maxNodes?: number,
): Graph {
  const numbers = new Map<SymbolicTensor, number>(inputs.map((input, index) => [input, index]));
  if (numbers.size !== inputs.length) throw new OptionError(`${where}: expected different inputs, got one twice`);
  if (outputs.length === 0) throw new OptionError(`${where}: expected at least one output, got none`);
  if (outputs.some((output) => numbers.has(output))) {
    throw new OptionError(`${where}: expected an output that is no input`);
  }
  const order = inOrder(numbers, outputs, where);
  const used = new Set([...order].flatMap((source) => source.inputs));
  const unused = inputs.findIndex((input) => !used.has(input));
  if (unused >= 0) throw new OptionError(`${where}: expected inputs that the output needs, got one more at ${unused}`);
  const assembly = new Assembly(
    inputs.map(({ shape }) => shape),
    [...new Set([...order].map(({ layer }) => layer))],
    { where, maxNodes },
  );
  const first = new Map<Application, number>();
  const numberOf = (tensor: SymbolicTensor): number =>
    numbers.get(tensor) ?? (first.get(tensor.source as Application) as number) + tensor.output;
  for (const source of order) first.set(source, assembly.add(source.layer, source.inputs.map(numberOf)));
  return assembly.finish(outputs.map(numberOf));
}

/** All applications that the outputs need, each after those that it needs. */
function inOrder(
  inputs: ReadonlyMap<SymbolicTensor, number>,
  outputs: readonly SymbolicTensor[],
  where: string,
): ReadonlySet<Application> {
  const order = new Set<Application>();
  // Depth first, outputs and inputs in their order; a stack of its own, because a model may be deeper than the engine's.
  const stack = outputs.map((value) => ({ value, next: 0 })).reverse();
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const { value } = frame;
    const { source } = value;
    if (source === undefined && !inputs.has(value)) {
      throw new OptionError(
        `${where}: expected every input that the output needs, got none for ${formatShape([-1, ...value.shape])}`,
      );
    }
    const isKnown = inputs.has(value) || order.has(source as Application);
    const needed = isKnown ? undefined : source?.inputs[frame.next++];
    if (needed !== undefined) {
      stack.push({ value: needed, next: 0 });
      continue;
    }
    stack.pop();
    if (!isKnown) order.add(source as Application);
  }
  return order;
}
