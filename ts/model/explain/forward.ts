/** The forward equations of each kind of layer. */

import type { ActivationName } from '../../layers/activations';
import type { BuiltLayer } from '../../layers/layer';
import { activationOf, toldActivations } from './activations';
import { type Equation, times } from './equation';
import type { StageNames } from './names';
import { tellOther } from './others';
import { product, relativeError } from './products';
import { batchFactor, type Named, type Teller, weightFactor } from './teller';
import { isWeighted, passesOf } from './weighted';

/** What the equations of a use of a layer are made from. */
export interface Scene {
  /** Reads the arrays. */
  readonly teller: Teller;
  /** The layer. */
  readonly layer: BuiltLayer;
  /** Name of this use of it, and of its value where that has no other. */
  readonly scope: string;
  /** Names of its arrays. */
  readonly names: StageNames | undefined;
  /** What it takes. */
  readonly inputs: readonly Named[];
}

/** The forward equations of a layer and its output. */
export function tellForward(scene: Scene): { readonly equations: readonly Equation[]; readonly output: Named } {
  const { teller, layer, names, inputs } = scene;
  const input = inputs[0] as Named;
  const { className, name } = layer;
  if (isWeighted(layer) && names !== undefined) {
    const z = { name: names.z, value: teller.get('z') };
    const first =
      className === 'Dense'
        ? tellDense(teller, layer, names, input, z)
        : tellConvolution(teller, layer, names, input, z);
    const activation = activationOf(layer.config);
    if (activation === 'linear') return { equations: [first], output: z };
    const output = { name: names.h, value: teller.get('y') };
    return { equations: [first, tellActivation(layer, activation, z, output)], output };
  }
  if (className === 'Activation') {
    const output = { name: names?.h ?? scene.scope, value: teller.get('y') };
    return { equations: [tellActivation(layer, activationOf(layer.config), input, output)], output };
  }
  if (className === 'Flatten') {
    const [samples = 1] = input.value.shape;
    const value = { data: input.value.data, shape: [samples, layer.outputShape[0] ?? 1] };
    const equation: Equation = {
      layer: name,
      phase: 'forward',
      text: `${input.name} = reshape(${input.name})`,
      shapes: `(${times(input.value.shape)}) → (${times([layer.outputShape[0] ?? 1, samples])})`,
      factors: [],
      result: batchFactor(input.name, value),
      relativeError: undefined,
    };
    return { equations: [equation], output: { name: input.name, value } };
  }
  return tellOther(scene);
}

/** How equations call a convolution. */
export function convolutionName({ className }: BuiltLayer): string {
  if (className.endsWith('Transpose')) return 'convᵀ';
  return className.startsWith('Depthwise') ? 'depthwise' : 'conv';
}

function tellConvolution(teller: Teller, layer: BuiltLayer, names: StageNames, input: Named, z: Named): Equation {
  const kernel = teller.get('kernel');
  const bias = teller.find('bias');
  const expected = passesOf(layer, input.value, kernel).forward(input.value.data, kernel.data, bias?.data);
  const factors = [batchFactor(input.name, input.value), weightFactor(names.kernel, kernel)];
  if (bias !== undefined) factors.push(weightFactor(names.bias, bias));
  const result = batchFactor(z.name, z.value);
  return {
    layer: layer.name,
    phase: 'forward',
    text: `${z.name} = ${convolutionName(layer)}(${input.name}, ${names.kernel})${bias === undefined ? '' : ` + ${names.bias}`}`,
    shapes: `${convolutionName(layer)}((${times(factors[0]?.shape ?? [])}), (${times(factors[1]?.shape ?? [])})) = (${times(result.shape)})`,
    factors,
    result,
    relativeError: relativeError(z.value.data, expected),
  };
}

function tellDense(teller: Teller, layer: BuiltLayer, names: StageNames, input: Named, z: Named): Equation {
  const kernel = teller.get('kernel');
  const bias = teller.find('bias');
  const [inputs = 1, units = 1] = kernel.shape;
  const samples = z.value.data.length / units;
  const expected = product(input.value.data, kernel.data, bias?.data, [samples, inputs, units]);
  const factors = [weightFactor(names.kernel, kernel), batchFactor(input.name, input.value)];
  if (bias !== undefined) factors.push(weightFactor(names.bias, bias));
  return {
    layer: layer.name,
    phase: 'forward',
    text: `${z.name} = ${names.kernel}ᵀ·${input.name}${bias === undefined ? '' : ` + ${names.bias}`}`,
    shapes: `(${units}×${inputs})·(${inputs}×${samples}) = (${units}×${samples})`,
    factors,
    result: batchFactor(z.name, z.value),
    relativeError: relativeError(z.value.data, expected),
  };
}

function tellActivation(layer: BuiltLayer, activation: ActivationName, z: Named, h: Named): Equation {
  const told = toldActivations[activation];
  return {
    layer: layer.name,
    phase: 'forward',
    text: `${h.name} = ${activation}(${z.name})`,
    shapes: '',
    factors: [],
    result: batchFactor(h.name, h.value),
    relativeError: told && relativeError(h.value.data, Float64Array.from(z.value.data, told.apply)),
  };
}
