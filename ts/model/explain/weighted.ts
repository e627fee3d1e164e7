/** The products of layers with a kernel: convolutions of all kinds as one, and matrices apart. */

import type { BuiltLayer } from '../../layers/layer';
import { type Convolution, type ConvolutionOptions, resolveConvolution } from '../../runtime/geometry';
import { convolve, convolveForFilter, convolveForInput } from './products';
import type { Stored } from './teller';

/** Layers that are a convolution and, perhaps, an activation. */
export const convolutions = [
  ...['Conv2D', 'DepthwiseConv2D', 'Conv2DTranspose'],
  ...['Conv1D', 'DepthwiseConv1D', 'Conv1DTranspose'],
];

/** Layers that the matrix form has names for: `f` and `W`. */
export const isWeighted = ({ className }: BuiltLayer): boolean =>
  className === 'Dense' || convolutions.includes(className);

/** A convolution's three passes in double precision; each array is as long as the one that the plan computed. */
export interface PlainPasses {
  /** `conv(x, kernel) + bias`. */
  forward(x: Float32Array, kernel: Float32Array, bias: Float32Array | undefined): Float64Array;
  /** The gradient of the kernel. */
  kernel(x: Float32Array, dz: Float32Array): Float64Array;
  /** The gradient of the input. */
  input(dz: Float32Array, kernel: Float32Array): Float64Array;
}

/** The passes of a convolution layer for a batch. @param x - Its input, which says the number of samples. */
export function passesOf(layer: BuiltLayer, x: Stored, kernel: Stored): PlainPasses {
  const sizes = sizesOf(layer, x.shape[0] ?? 1, kernel.shape);
  if (!layer.className.endsWith('Transpose')) {
    return {
      forward: (x, kernel, bias) => convolve(sizes, x, kernel, bias),
      kernel: (x, dz) => convolveForFilter(sizes, x, dz),
      input: (dz, kernel) => convolveForInput(sizes, dz, kernel),
    };
  }
  // It leads from the output of a convolution to its input: both gradients are passes of that convolution.
  return {
    forward(x, kernel, bias) {
      const z = convolveForInput(sizes, x, kernel);
      return bias === undefined ? z : z.map((value, index) => value + (bias[index % bias.length] as number));
    },
    kernel: (x, dz) => convolveForFilter(sizes, dz, x),
    input: (dz, kernel) => convolve(sizes, dz, kernel, undefined),
  };
}

/** Sequences are images of one row. */
function sizesOf(layer: BuiltLayer, batch: number, kernel: readonly number[]): Convolution {
  const { className, config, inputShapes, outputShape, name } = layer;
  const isSequence = className.includes('1D');
  const image = (shape: readonly number[]): number[] => [batch, ...(isSequence ? [1] : []), ...shape];
  const filter = isSequence ? [1, ...kernel] : kernel;
  if (className.startsWith('Depthwise')) return depthwiseSizes(layer, batch, kernel);
  if (className.endsWith('Transpose')) {
    // Its own groups are none, and what was added at the end is in the shape of its output.
    const { strides, dilations, padding } = optionsOf(config, isSequence, filter);
    const given = {
      ...(strides !== undefined && { strides }),
      ...(dilations !== undefined && { dilations }),
      ...(padding !== undefined && { padding }),
    };
    return resolveConvolution(image(outputShape), filter, given, name);
  }
  const [height = 1, width = 1, channels = 1] = inputShapes[0] ?? [];
  const input = isSequence ? [height, width] : [height, width, channels];
  return resolveConvolution(image(input), filter, optionsOf(config, isSequence, filter), name);
}

/** Options of a convolution of images. @param filter - `[height, width, …]`. */
function optionsOf(
  config: Readonly<Record<string, unknown>>,
  isSequence: boolean,
  filter: readonly number[],
): ConvolutionOptions {
  if (!isSequence) {
    const { dilationRate, ...others } = config as ConvolutionOptions & {
      dilationRate?: ConvolutionOptions['dilations'];
    };
    return { ...others, dilations: dilationRate ?? 1 };
  }
  const {
    strides = 1,
    dilationRate = 1,
    groups = 1,
    padding,
  } = config as {
    strides?: number;
    dilationRate?: number;
    groups?: number;
    padding?: 'valid' | 'same' | 'causal';
  };
  const before = ((filter[1] ?? 1) - 1) * dilationRate;
  const causal: NonNullable<ConvolutionOptions['padding']> = [
    [0, 0],
    [before, 0],
  ];
  const sides = padding === 'causal' ? causal : (padding ?? 'valid');
  return { strides: [1, strides], dilations: [1, dilationRate], groups, padding: sides };
}

/** The convolution in as many groups as there are channels. @param kernel - `[height, width, channels, multiplier]`. */
export function depthwiseSizes(
  { className, config, inputShapes, name }: BuiltLayer,
  batch: number,
  kernel: readonly number[],
) {
  const isSequence = className.includes('1D');
  const [rows = 1, columns = 1, channels = 1, multiplier = 1] = isSequence ? [1, ...kernel] : kernel;
  const filter = [rows, columns, 1, channels * multiplier];
  const options = { ...optionsOf(config, isSequence, filter), groups: channels };
  return resolveConvolution([batch, ...(isSequence ? [1] : []), ...(inputShapes[0] ?? [])], filter, options, name);
}
