/** The equations of layers that the matrix form has no names for: their factors, and products where they are known. */

import { inputRole } from '../backward';
import type { BackwardScene } from './backward';
import type { Definition } from './definition';
import { definitions } from './definitions';
import { type Equation, times } from './equation';
import type { Scene } from './forward';
import { nameOfWeight } from './names';
import { relativeError } from './products';
import { batchFactor, type Incoming, type Named, type Stored, weightFactor } from './teller';

/** The forward equation of any layer and its output. */
export function tellOther(scene: Scene): { equations: readonly Equation[]; output: Named } {
  const { teller, layer, scope, inputs } = scene;
  const value = shaped(teller.get('y'), inputs, layer.outputShape);
  const told = define(scene, undefined).output;
  const output = { name: scope, value };
  const expected = told?.expected();
  const taken = inputs.map(({ name }) => name).join(', ');
  const equation: Equation = {
    layer: layer.name,
    phase: 'forward',
    text: `${scope} = ${told === undefined ? `${layer.className}(${taken})` : write(told.text, scene, '')}`,
    shapes: `(${inputs.map(shapeOf).join('), (')}) → (${shapeOf({ value })})`,
    factors: [...inputs.map((input) => batchFactor(input.name, input.value)), ...weights(scene)],
    result: batchFactor(scope, value),
    relativeError: expected && relativeError(value.data, expected),
  };
  return { equations: [equation], output };
}

/** The backward equations of any layer: a gradient for each weight that is trained, and those of the inputs. */
export function tellOtherBackward(scene: BackwardScene): {
  equations: Equation[];
  outgoing: (Incoming | undefined)[];
} {
  const { teller, layer, inputs, incoming, by, part } = scene;
  const definition = define(scene, incoming);
  const dy = batchFactor(incoming.name, incoming.value);
  const xs = inputs.map(({ name, value }) => batchFactor(name, value));
  const taken = inputs.map(({ name }) => name).join(', ');
  const equations: Equation[] = layer.weights.flatMap(({ name: role }): Equation[] => {
    const gradient = teller.find(`${role} gradient`);
    if (gradient === undefined) return [];
    const told = definition.weights?.[role];
    const name = `dE/d${nameOfWeight(layer, role, undefined)}${part}`;
    const expected = told?.expected();
    const equation: Equation = {
      layer: layer.name,
      phase: 'backward',
      text: `${name} = ${told === undefined ? `${layer.className}′(${taken}, ${incoming.name})` : write(told.text, scene, incoming.name)}`,
      shapes: `(${times(gradient.shape)}), summed over the batch`,
      factors: [...xs, dy],
      result: weightFactor(name, gradient),
      relativeError: expected && relativeError(gradient.data, expected),
    };
    return [equation];
  });
  const outgoing = inputs.map((input, index): Incoming | undefined => {
    const found = teller.find(inputRole('dx', index));
    if (found === undefined) return undefined;
    const value: Stored = { data: found.data, shape: input.value.shape };
    const name = by[index] as string;
    const told = definition.inputs?.[index];
    const expected = told?.expected();
    equations.push({
      layer: layer.name,
      phase: 'backward',
      text: `${name} = ${told === undefined ? `${layer.className}′(${incoming.name})` : write(told.text, scene, incoming.name)}`,
      shapes: `(${times(dy.shape)}) → (${shapeOf({ value })})`,
      factors: [dy, ...(inputs.length > 1 ? xs.filter((_, other) => other !== index) : []), ...weights(scene)],
      result: batchFactor(name, value),
      relativeError: expected && relativeError(value.data, expected),
    });
    return { name, value, expression: name };
  });
  return { equations, outgoing };
}

function define({ teller, layer, inputs }: Scene, incoming: Incoming | undefined): Definition {
  const [input] = inputs as readonly [Named];
  return (
    definitions[layer.className]?.({
      layer,
      batch: input.value.shape[0] ?? 1,
      x: input.value.data,
      xs: inputs.map(({ value }) => value.data),
      dy: incoming?.value.data ?? new Float32Array(0),
      find: (role) => teller.find(role)?.data,
    }) ?? {}
  );
}

function weights({ teller, layer }: Scene): ReturnType<typeof weightFactor>[] {
  return layer.weights.flatMap(({ name: role }) => {
    const value = teller.find(role);
    return value === undefined ? [] : [weightFactor(nameOfWeight(layer, role, undefined), value)];
  });
}

/** The words of a definition with the names of this step. */
function write(text: string, { layer, scope, inputs }: Scene, dy: string): string {
  const own = new Map(layer.weights.map(({ name }) => [name, nameOfWeight(layer, name, undefined)]));
  inputs.forEach(({ name }, index) => {
    own.set(`X${index + 1}`, name);
  });
  own.set('X', inputs[0]?.name ?? '').set('dY', /[ −]/.test(dy) ? `(${dy})` : dy);
  own.set('Y', scope);
  return text.replace(/dY|Y|X\d*(?!̂)|[a-z]+(?:_[a-z]+)*/g, (word) => own.get(word) ?? word);
}

function shapeOf({ value }: { readonly value: Stored }): string {
  return times(batchFactor('', value).shape);
}

function shaped({ data }: Stored, inputs: readonly Named[], shape: readonly number[]): Stored {
  return { data, shape: [inputs[0]?.value.shape[0] ?? 1, ...shape] };
}
