/** The backward equations of each kind of layer: the chain rule, from the loss to the filters. */

import type { BuiltLayer } from '../../layers/layer';
import { activationOf, toldActivations } from './activations';
import { type Equation, times } from './equation';
import { convolutionName, type Scene } from './forward';
import type { StageNames } from './names';
import { tellOtherBackward } from './others';
import { columnSums, productTransposed, relativeError, transposedProduct } from './products';
import { batchFactor, type Incoming, type Stored, type Teller, weightFactor } from './teller';
import { isWeighted, passesOf } from './weighted';

/** What the backward equations of a layer are made from. */
export interface BackwardScene extends Scene {
  /** Gradient by its output. */
  readonly incoming: Incoming;
  /** Names for the gradients by its inputs. */
  readonly by: readonly string[];
  /** Behind the names of weights' gradients, where these are only a part. */
  readonly part: string;
}

/** Equations, and for each input the gradient that goes on; undefined when none does. */
interface ToldBackward {
  readonly equations: readonly Equation[];
  readonly outgoing: readonly (Incoming | undefined)[];
}

/** The backward equations of a layer and the gradients that go on. */
export function tellBackward(scene: BackwardScene): ToldBackward {
  const { teller, layer, names } = scene;
  if (names !== undefined && isWeighted(layer)) {
    const activated = throughActivation(scene, names, 'dz');
    const inner = { ...scene, incoming: activated.outgoing };
    const told = layer.className === 'Dense' ? throughDense(inner, names) : throughConvolution(inner, names);
    return { equations: [...activated.equations, ...told.equations], outgoing: [told.outgoing] };
  }
  if (names !== undefined && layer.className === 'Activation' && teller.find('dx') !== undefined) {
    const { equations, outgoing } = throughActivation(scene, names, 'dx');
    return { equations, outgoing: [outgoing] };
  }
  if (layer.className === 'Flatten') return throughFlatten(scene);
  return tellOtherBackward(scene);
}

/** `δ = (O−Y) * O(1−O)`: nothing happens for the identity. */
function throughActivation(
  { teller, layer, incoming }: BackwardScene,
  names: StageNames,
  role: 'dz' | 'dx',
): { equations: Equation[]; outgoing: Incoming } {
  const activation = activationOf(layer.config);
  if (activation === 'linear') return { equations: [], outgoing: incoming };
  const h = teller.get('y');
  const dz = teller.get(role);
  const told = toldActivations[activation];
  const expected =
    told && Float64Array.from(h.data, (value, index) => told.slope(value) * (incoming.value.data[index] as number));
  const left = incoming.name.includes('−') ? `(${incoming.name})` : incoming.name;
  const expression = `${left} * ${told?.slopeText(names.h) ?? `${activation}′(${names.z})`}`;
  const result = batchFactor(names.delta, dz);
  const equation: Equation = {
    layer: layer.name,
    phase: 'backward',
    text: `${names.delta} = ${expression}`,
    shapes: `(${times(result.shape)})`,
    factors: [batchFactor(incoming.name, incoming.value), batchFactor(names.h, h)],
    result,
    relativeError: expected && relativeError(dz.data, expected),
  };
  return { equations: [equation], outgoing: { name: names.delta, value: dz, expression } };
}

function throughDense(
  { teller, layer, inputs: [input], incoming, by, part }: BackwardScene,
  names: StageNames,
): { equations: Equation[]; outgoing: Incoming | undefined } {
  if (input === undefined) return { equations: [], outgoing: undefined };
  const kernel = teller.get('kernel');
  const [inputs = 1, units = 1] = kernel.shape;
  const samples = incoming.value.data.length / units;
  const delta = batchFactor(incoming.name, incoming.value);
  const equations: Equation[] = [];
  const gradient = teller.find('kernel gradient');
  if (gradient !== undefined) {
    equations.push({
      layer: layer.name,
      phase: 'backward',
      text: `dE/d${names.kernel}${part} = ${input.name} × ${grouped(incoming.name)}ᵀ`,
      shapes: `(${inputs}×${samples})·(${samples}×${units}) = (${inputs}×${units})`,
      factors: [batchFactor(input.name, input.value), delta],
      result: weightFactor(`dE/d${names.kernel}${part}`, gradient),
      relativeError: relativeError(
        gradient.data,
        transposedProduct(input.value.data, incoming.value.data, samples, inputs, units),
      ),
    });
  }
  const over = input.value.shape.length > 2 ? 'Σ over batch and pixels' : 'Σ over the batch';
  equations.push(...biasEquation(teller, layer, { ...names, bias: names.bias + part }, incoming, over));
  const dx = teller.find('dx');
  if (dx === undefined) return { equations, outgoing: undefined };
  const name = `${names.kernel} × ${grouped(incoming.name)}`;
  equations.push({
    layer: layer.name,
    phase: 'backward',
    text: `${by[0]} = ${name}`,
    shapes: `(${inputs}×${units})·(${units}×${samples}) = (${inputs}×${samples})`,
    factors: [weightFactor(names.kernel, kernel), delta],
    result: batchFactor(by[0] as string, dx),
    relativeError: relativeError(
      dx.data,
      productTransposed(incoming.value.data, kernel.data, [samples, inputs, units]),
    ),
  });
  return { equations, outgoing: { name, value: dx, expression: name } };
}

function throughConvolution(
  { teller, layer, inputs: [input], incoming, by, part }: BackwardScene,
  names: StageNames,
): { equations: Equation[]; outgoing: Incoming | undefined } {
  if (input === undefined) return { equations: [], outgoing: undefined };
  const kernel = teller.get('kernel');
  const passes = passesOf(layer, input.value, kernel);
  const sign = convolutionName(layer);
  const gradient = teller.find('kernel gradient');
  const delta = batchFactor(incoming.name, incoming.value);
  const equations: Equation[] = [];
  if (gradient !== undefined) {
    const x = batchFactor(input.name, input.value);
    const result = weightFactor(`dE/d${names.kernel}${part}`, gradient);
    equations.push({
      layer: layer.name,
      phase: 'backward',
      text: `dE/d${names.kernel}${part} = ${sign}(${input.name}, ${incoming.expression})`,
      shapes: `${sign}((${times(x.shape)}), (${times(delta.shape)})) = (${times(result.shape)}), summed over the batch`,
      factors: [x, delta],
      result,
      relativeError: relativeError(gradient.data, passes.kernel(input.value.data, incoming.value.data)),
    });
  }
  equations.push(
    ...biasEquation(teller, layer, { ...names, bias: names.bias + part }, incoming, 'Σ over batch and pixels'),
  );
  const dx = teller.find('dx');
  if (dx === undefined) return { equations, outgoing: undefined };
  const name = `${sign}′(${incoming.name}, ${names.kernel})`;
  equations.push({
    layer: layer.name,
    phase: 'backward',
    text: `${by[0]} = ${name}: every gradient goes back through every tap`,
    shapes: `(${times(batchFactor('', dx).shape)})`,
    factors: [delta, weightFactor(names.kernel, kernel)],
    result: batchFactor(by[0] as string, dx),
    relativeError: relativeError(dx.data, passes.input(incoming.value.data, kernel.data)),
  });
  return { equations, outgoing: { name: by[0] as string, value: dx, expression: name } };
}

function biasEquation(
  teller: Teller,
  layer: BuiltLayer,
  names: StageNames,
  incoming: Incoming,
  over: string,
): Equation[] {
  const gradient = teller.find('bias gradient');
  if (gradient === undefined) return [];
  return [
    {
      layer: layer.name,
      phase: 'backward',
      text: `dE/d${names.bias} = Σ ${grouped(incoming.name)}`,
      shapes: over,
      factors: [batchFactor(incoming.name, incoming.value)],
      result: weightFactor(`dE/d${names.bias}`, gradient),
      relativeError: relativeError(
        gradient.data,
        columnSums(incoming.value.data, gradient.data.length),
        columnSums(incoming.value.data.map(Math.abs), gradient.data.length),
      ),
    },
  ];
}

function throughFlatten({ layer, inputs: [input], incoming, by }: BackwardScene): ToldBackward {
  if (input === undefined) return { equations: [], outgoing: [] };
  const value: Stored = { data: incoming.value.data, shape: input.value.shape };
  const name = `reshape(${incoming.name})`;
  const result = batchFactor(name, value);
  const equation: Equation = {
    layer: layer.name,
    phase: 'backward',
    text: `${by[0]} = ${name}`,
    shapes: `(${times(batchFactor('', incoming.value).shape)}) → (${times(result.shape)})`,
    factors: [],
    result,
    relativeError: undefined,
  };
  return { equations: [equation], outgoing: [{ name, value, expression: name }] };
}

function grouped(name: string): string {
  return /[ −]/.test(name) ? `(${name})` : name;
}
