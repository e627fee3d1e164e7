/** Which layers a model has and what each takes as its input. */

import { OptionError, ShapeError } from '../errors';
import type { BuiltLayer, Layer } from '../layers/layer';
import { describe } from '../options';
import { checkShape, formatShape, type Shape, sameShape } from '../shape';
import { Names } from './names';
import type { SymbolicTensor } from './symbolic';

/** A layer in its place. Values are numbered: first the model's inputs, then the outputs of the nodes. */
export interface GraphNode {
  /** The layer. */
  readonly layer: BuiltLayer;
  /** Numbers of the values that it takes. */
  readonly inputs: readonly number[];
}

/** An output of a model. */
export interface GraphOutput {
  /** Unique among the outputs: the name of the layer that computes it. */
  readonly name: string;
  /** Number of its value. */
  readonly value: number;
  /** Without batch. */
  readonly shape: Shape;
}

/** A model's layers in an order in which every input comes before its use. */
export interface Graph {
  /** Shape of each input without batch. */
  readonly inputShapes: readonly Shape[];
  /** The layers. */
  readonly nodes: readonly GraphNode[];
  /** What the model computes: one output or more. */
  readonly outputs: readonly GraphOutput[];
}

/** Whether the layers follow one another, from one input to one output. */
export function isChain({ inputShapes, nodes, outputs }: Graph): boolean {
  const [output] = outputs;
  return (
    inputShapes.length === 1 &&
    outputs.length === 1 &&
    output?.value === nodes.length &&
    nodes.every(({ inputs: [source], inputs }, node) => inputs.length === 1 && source === node)
  );
}

/**
 * The graph of a chain of layers.
 *
 * @throws {OptionError} when there is no layer, something is no layer or two have one name.
 * @throws {ShapeError} when a layer cannot take what the one before it gives.
 */
export function chain(inputShape: Shape, layers: readonly Layer[], where: string): Graph {
  checkShape(inputShape, `${where}: inputShape`);
  if (inputShape.length === 0)
    throw new ShapeError(`${where}: expected inputShape with at least one dimension, got []`);
  if (!Array.isArray(layers) || layers.length === 0) {
    throw new OptionError(`${where}: expected layers to be a list with at least one layer, got ${describe(layers)}`);
  }
  const names = new Names(where);
  for (const layer of layers) names.reserve(layer);
  let shape = inputShape;
  const nodes = layers.map((layer, index): GraphNode => {
    const built = buildLayer(layer, [shape], names.nameOf(layer));
    shape = built.outputShape;
    return { layer: built, inputs: [index] };
  });
  return { inputShapes: [inputShape], nodes, outputs: nameOutputs(nodes, 1, [nodes.length]) };
}

/** Builds a layer. @throws {ShapeError} naming it when its output is too large for any memory. */
function buildLayer(layer: Layer, inputShapes: readonly Shape[], name: string): BuiltLayer {
  const built = layer.build(inputShapes, name);
  checkShape(built.outputShape, `${name}: output`);
  return built;
}

/** The outputs by the layers that compute them; a name that is taken gets `_1`, `_2`, …, as in Keras. */
function nameOutputs(nodes: readonly GraphNode[], inputCount: number, values: readonly number[]): GraphOutput[] {
  const taken = new Set<string>();
  return values.map((value) => {
    const { layer } = nodes[value - inputCount] as GraphNode;
    let { name } = layer;
    for (let number = 1; taken.has(name); number++) name = `${layer.name}_${number}`;
    taken.add(name);
    return { name, value, shape: layer.outputShape };
  });
}

/**
 * The graph between symbolic inputs and outputs. A layer that was applied more than once has its weights once.
 *
 * @throws {OptionError} when an output does not follow from the inputs, or two layers have one name.
 * @throws {ShapeError} when a layer that is shared was applied to different shapes.
 */
export function between(inputs: readonly SymbolicTensor[], outputs: readonly SymbolicTensor[], where: string): Graph {
  const numbers = new Map<SymbolicTensor, number>(inputs.map((input, index) => [input, index]));
  if (numbers.size !== inputs.length) throw new OptionError(`${where}: expected different inputs, got one twice`);
  const order: SymbolicTensor[] = [];
  if (outputs.length === 0) throw new OptionError(`${where}: expected at least one output, got none`);
  if (outputs.some((output) => numbers.has(output))) {
    throw new OptionError(`${where}: expected an output that is no input`);
  }
  // Depth first, outputs and inputs in their order; a stack of its own, because a model may be deeper than the engine's.
  const stack = outputs.map((value) => ({ value, next: 0 })).reverse();
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const { value } = frame;
    if (value.source === undefined && !numbers.has(value)) {
      throw new OptionError(
        `${where}: expected every input that the output needs, got none for ${formatShape([-1, ...value.shape])}`,
      );
    }
    const needed = numbers.has(value) ? undefined : value.source?.inputs[frame.next++];
    if (needed !== undefined) {
      stack.push({ value: needed, next: 0 });
      continue;
    }
    stack.pop();
    if (numbers.has(value)) continue;
    numbers.set(value, inputs.length + order.length);
    order.push(value);
  }
  const sources = order.map(({ source }) => source as NonNullable<SymbolicTensor['source']>);
  const used = new Set(sources.flatMap((source) => source.inputs));
  const unused = inputs.findIndex((input) => !used.has(input));
  if (unused >= 0) throw new OptionError(`${where}: expected inputs that the output needs, got one more at ${unused}`);
  const names = new Names(where);
  for (const layer of new Set(sources.map((source) => source.layer))) names.reserve(layer);
  const built = new Map<Layer, BuiltLayer>();
  const nodes = sources.map((source): GraphNode => {
    const shapes = source.inputs.map(({ shape }) => shape);
    const known = built.get(source.layer);
    if (known !== undefined && !known.inputShapes.every((shape, index) => sameShape(shape, shapes[index] ?? []))) {
      throw new ShapeError(
        `${where}: expected shared layer "${known.name}" to get ${known.inputShapes.map((shape) => formatShape([-1, ...shape])).join(', ')} again, got ${shapes.map((shape) => formatShape([-1, ...shape])).join(', ')}`,
      );
    }
    const layer = known ?? buildLayer(source.layer, shapes, names.nameOf(source.layer));
    built.set(source.layer, layer);
    return { layer, inputs: source.inputs.map((input) => numbers.get(input) as number) };
  });
  const values = outputs.map((output) => numbers.get(output) as number);
  return { inputShapes: inputs.map(({ shape }) => shape), nodes, outputs: nameOutputs(nodes, inputs.length, values) };
}
