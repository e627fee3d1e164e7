/** The forward equations of each kind of layer. */

import type { ActivationName } from '../../layers/activations';
import type { BuiltLayer } from '../../layers/layer';
import { type Convolution, type ConvolutionOptions, resolveConvolution } from '../../runtime/geometry';
import { activationOf, toldActivations } from './activations';
import { type Equation, times } from './equation';
import type { StageNames } from './names';
import { convolve, product, relativeError } from './products';
import { batchFactor, type Stored, type Teller, weightFactor } from './teller';

/** A batch of values on its way through the layers, under the name that the equations give it. */
export interface Named {
  /** `X`, `H1`. */
  readonly name: string;
  /** The values. */
  readonly value: Stored;
}

/** The forward equations of a layer and its output. */
export function tellForward(
  teller: Teller,
  layer: BuiltLayer,
  names: StageNames | undefined,
  input: Named,
): { readonly equations: readonly Equation[]; readonly output: Named } {
  const { className, name } = layer;
  if ((className === 'Conv2D' || className === 'Dense') && names !== undefined) {
    const z = { name: names.z, value: teller.get(name, 'z') };
    const first =
      className === 'Dense'
        ? tellDense(teller, layer, names, input, z)
        : tellConvolution(teller, layer, names, input, z);
    const activation = activationOf(layer.config);
    if (activation === 'linear') return { equations: [first], output: z };
    const output = { name: names.h, value: teller.get(name, 'y') };
    return { equations: [first, tellActivation(layer, activation, z, output)], output };
  }
  if (className === 'Activation') {
    const output = { name: names === undefined ? 'H0' : names.h, value: teller.get(name, 'y') };
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
  return tellOther(teller, layer, input);
}

/** A layer that the matrix form has no sign for, by its name. */
function tellOther(teller: Teller, layer: BuiltLayer, input: Named): { equations: readonly Equation[]; output: Named } {
  const value = teller.find(layer.name, 'y');
  if (value === undefined) return { equations: [], output: input };
  const output = { name: `${layer.className}(${input.name})`, value };
  const equation: Equation = {
    layer: layer.name,
    phase: 'forward',
    text: output.name,
    shapes: `(${times(batchFactor('', input.value).shape)}) → (${times(batchFactor('', value).shape)})`,
    factors: [],
    result: batchFactor(output.name, value),
    relativeError: undefined,
  };
  return { equations: [equation], output };
}

/** The sizes of a Conv2D layer for a batch. */
export function convolutionOf(layer: BuiltLayer, x: Stored, kernel: Stored): Convolution {
  const shape = x.shape.length === 3 ? [...x.shape, 1] : x.shape;
  return resolveConvolution(shape, kernel.shape, layer.config as ConvolutionOptions, layer.name);
}

function tellConvolution(teller: Teller, layer: BuiltLayer, names: StageNames, input: Named, z: Named): Equation {
  const kernel = teller.get(layer.name, 'kernel');
  const bias = teller.find(layer.name, 'bias');
  const expected = convolve(convolutionOf(layer, input.value, kernel), input.value.data, kernel.data, bias?.data);
  const factors = [batchFactor(input.name, input.value), weightFactor(names.kernel, kernel)];
  if (bias !== undefined) factors.push(weightFactor(names.bias, bias));
  const result = batchFactor(z.name, z.value);
  return {
    layer: layer.name,
    phase: 'forward',
    text: `${z.name} = conv(${input.name}, ${names.kernel})${bias === undefined ? '' : ` + ${names.bias}`}`,
    shapes: `conv((${times(factors[0]?.shape ?? [])}), (${times(factors[1]?.shape ?? [])})) = (${times(result.shape)})`,
    factors,
    result,
    relativeError: relativeError(z.value.data, expected),
  };
}

function tellDense(teller: Teller, layer: BuiltLayer, names: StageNames, input: Named, z: Named): Equation {
  const kernel = teller.get(layer.name, 'kernel');
  const bias = teller.find(layer.name, 'bias');
  const [samples = 1, units = 1] = z.value.shape;
  const [inputs = 1] = kernel.shape;
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
