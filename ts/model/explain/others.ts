/** The equations of layers that the matrix form has no names for: their factors, and products where they are known. */

import type { BuiltLayer } from '../../layers/layer';
import type { BackwardScene } from './backward';
import { type Definition, definitions } from './definitions';
import { type Equation, times } from './equation';
import { nameOfWeight } from './names';
import { relativeError } from './products';
import { batchFactor, type Incoming, type Named, type Stored, type Teller, weightFactor } from './teller';

/** The forward equation of any layer and its output. */
export function tellOther(
  teller: Teller,
  layer: BuiltLayer,
  input: Named,
): { equations: readonly Equation[]; output: Named } {
  const value = shaped(teller.get(layer.name, 'y'), input, layer.outputShape);
  const told = define(teller, layer, input, undefined).output;
  const { name } = layer;
  const output = { name, value };
  const expected = told?.expected();
  const equation: Equation = {
    layer: layer.name,
    phase: 'forward',
    text: `${name} = ${told === undefined ? `${layer.className}(${input.name})` : write(told.text, layer, input.name, '')}`,
    shapes: `(${times(batchFactor('', input.value).shape)}) → (${times(batchFactor('', value).shape)})`,
    factors: [batchFactor(input.name, input.value), ...weights(teller, layer)],
    result: batchFactor(name, value),
    relativeError: expected && relativeError(value.data, expected),
  };
  return { equations: [equation], output };
}

/** The backward equations of any layer: a gradient for each weight that is trained, and that of the input. */
export function tellOtherBackward({ teller, layer, input, incoming }: BackwardScene): {
  equations: Equation[];
  outgoing: Incoming | undefined;
} {
  const definition = define(teller, layer, input, incoming);
  const dy = batchFactor(incoming.name, incoming.value);
  const equations: Equation[] = layer.weights.flatMap(({ name: role }): Equation[] => {
    const gradient = teller.find(layer.name, `${role} gradient`);
    if (gradient === undefined) return [];
    const told = definition.weights?.[role];
    const name = `dE/d${nameOfWeight(layer, role, undefined)}`;
    const expected = told?.expected();
    const equation: Equation = {
      layer: layer.name,
      phase: 'backward',
      text: `${name} = ${told === undefined ? `${layer.className}′(${input.name}, ${incoming.name})` : write(told.text, layer, input.name, incoming.name)}`,
      shapes: `(${times(gradient.shape)}), summed over the batch`,
      factors: [batchFactor(input.name, input.value), dy],
      result: weightFactor(name, gradient),
      relativeError: expected && relativeError(gradient.data, expected),
    };
    return [equation];
  });
  const found = teller.find(layer.name, 'dx');
  if (found === undefined) return { equations, outgoing: undefined };
  const dx: Stored = { data: found.data, shape: input.value.shape };
  const name = `dE/d${input.name}`;
  const told = definition.input;
  const expected = told?.expected();
  equations.push({
    layer: layer.name,
    phase: 'backward',
    text: `${name} = ${told === undefined ? `${layer.className}′(${incoming.name})` : write(told.text, layer, input.name, incoming.name)}`,
    shapes: `(${times(dy.shape)}) → (${times(batchFactor('', dx).shape)})`,
    factors: [dy, ...weights(teller, layer)],
    result: batchFactor(name, dx),
    relativeError: expected && relativeError(dx.data, expected),
  });
  return { equations, outgoing: { name, value: dx, expression: name } };
}

function define(teller: Teller, layer: BuiltLayer, input: Named, incoming: Incoming | undefined): Definition {
  return (
    definitions[layer.className]?.({
      layer,
      batch: input.value.shape[0] ?? 1,
      x: input.value.data,
      dy: incoming?.value.data ?? new Float32Array(0),
      find: (role) => teller.find(layer.name, role)?.data,
    }) ?? {}
  );
}

function weights(teller: Teller, layer: BuiltLayer): ReturnType<typeof weightFactor>[] {
  return layer.weights.flatMap(({ name: role }) => {
    const value = teller.find(layer.name, role);
    return value === undefined ? [] : [weightFactor(nameOfWeight(layer, role, undefined), value)];
  });
}

/** The words of a definition with the names of this step. */
function write(text: string, layer: BuiltLayer, x: string, dy: string): string {
  const own = new Map(layer.weights.map(({ name }) => [name, nameOfWeight(layer, name, undefined)]));
  own.set('X', x).set('dY', /[ −]/.test(dy) ? `(${dy})` : dy);
  own.set('Y', layer.name);
  return text.replace(/dY|Y|X(?!̂)|[a-z]+(?:_[a-z]+)*/g, (word) => own.get(word) ?? word);
}

function shaped({ data }: Stored, input: Named, shape: readonly number[]): Stored {
  return { data, shape: [input.value.shape[0] ?? 1, ...shape] };
}
