/** Convolutions, depthwise ones too, with their gradients: NHWC float32. What is other than that is inherited. */

import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs';
import type { ConvgradBackend } from '../backend';
import { fusedActivation } from './activations';
import { areFloats, type HotKernel, type HotKernels, type KernelCall, size, withScratch, withWords } from './kernel';

type Sizes = ReturnType<typeof backend_util.computeConv2DInfo>;

/** Codes of the passes in `conv2d_workspace`. */
const passes = { forward: 0, filter: 1, input: 2 } as const;

function sizesOf(
  xShape: readonly number[],
  filterShape: readonly number[],
  attrs: KernelCall['attrs'],
  isDepthwise: boolean,
): Sizes | undefined {
  const { strides, pad, dilations, dimRoundingMode, dataFormat } = attrs;
  if (dataFormat !== undefined && dataFormat !== 'NHWC') return undefined;
  const sizes = backend_util.computeConv2DInfo(
    xShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    isDepthwise,
  );
  const { padInfo, filterHeight, filterWidth, dilationHeight, dilationWidth } = sizes;
  const outputs = (length: number, pads: number, kernel: number, dilation: number, stride: number) =>
    Math.floor((length + pads - (kernel - 1) * dilation - 1) / stride) + 1;
  const rows = outputs(sizes.inHeight, padInfo.top + padInfo.bottom, filterHeight, dilationHeight, sizes.strideHeight);
  const columns = outputs(sizes.inWidth, padInfo.left + padInfo.right, filterWidth, dilationWidth, sizes.strideWidth);
  // Rounding modes of tfjs can count other than the geometry of the crate, and its convolutions may be cut into groups.
  if (rows !== sizes.outHeight || columns !== sizes.outWidth || rows < 1 || columns < 1) return undefined;
  return isDepthwise || filterShape[2] === sizes.inChannels ? sizes : undefined;
}

/** The words of crate/src/geometry.rs. A depthwise convolution is one of as many groups as channels. */
function wordsOf(sizes: Sizes, isDepthwise: boolean): number[] {
  const { top, bottom, left, right } = sizes.padInfo;
  // biome-ignore format: the order of crate/src/geometry.rs, a line a theme
  return [
    sizes.batchSize, sizes.inHeight, sizes.inWidth, sizes.inChannels,
    sizes.filterHeight, sizes.filterWidth, sizes.outChannels,
    sizes.strideHeight, sizes.strideWidth,
    top, bottom, left, right,
    sizes.dilationHeight, sizes.dilationWidth, isDepthwise ? sizes.inChannels : 1,
  ];
}

/** Calls a pass with its geometry and workspace, and answers what it wrote. */
function run(
  backend: ConvgradBackend,
  pass: keyof typeof passes,
  words: readonly number[],
  shape: readonly number[],
  call: (geometry: number, output: number, workspace: number, workspaceLength: number) => void,
): TensorInfo {
  return withWords(backend, words, (geometry) => {
    const length = backend.engine.query('conv2d_workspace', passes[pass], geometry);
    return withScratch(backend, length, (workspace) => {
      const output = backend.output(shape);
      call(geometry, backend.address(output), workspace, length);
      return output;
    });
  });
}

function forward(isDepthwise: boolean): HotKernel {
  return ({ inputs, attrs, backend }) => {
    const { x, filter, bias } = inputs as { x: TensorInfo; filter: TensorInfo; bias?: TensorInfo };
    const activation = fusedActivation(attrs);
    const isPlain = areFloats(backend, x, filter, bias) && inputs.preluActivationWeights === undefined;
    if (!isPlain || activation === undefined) return undefined;
    const sizes = sizesOf(x.shape, filter.shape, attrs, isDepthwise);
    if (sizes === undefined || (bias !== undefined && size(bias) !== sizes.outChannels)) return undefined;
    const at = bias === undefined ? 0 : backend.address(bias);
    return run(backend, 'forward', wordsOf(sizes, isDepthwise), sizes.outShape, (geometry, y, ...workspace) => {
      const { engine } = backend;
      // Activations with a parameter are applied in place, the others within the convolution.
      const inside = activation.alpha === 0 ? activation.code : 0;
      engine.call('conv2d_forward', geometry, backend.address(x), backend.address(filter), at, y, inside, ...workspace);
      if (inside !== activation.code) {
        const length = sizes.outShape.reduce((product, dimension) => product * dimension, 1);
        engine.call('activation_forward', activation.code, activation.alpha, length, y, y);
      }
    });
  };
}

function filterGradient(isDepthwise: boolean): HotKernel {
  return ({ inputs, attrs, backend }) => {
    const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
    if (!areFloats(backend, x, dy)) return undefined;
    const sizes = sizesOf(x.shape, attrs.filterShape, attrs, isDepthwise);
    if (sizes === undefined || isOdd(sizes, dy)) return undefined;
    return run(backend, 'filter', wordsOf(sizes, isDepthwise), attrs.filterShape, (geometry, df, ...workspace) => {
      const { engine } = backend;
      engine.call('conv2d_filter_gradient', geometry, backend.address(x), backend.address(dy), df, ...workspace);
    });
  };
}

function inputGradient(isDepthwise: boolean): HotKernel {
  return ({ inputs, attrs, backend }) => {
    const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
    if (!areFloats(backend, dy, filter)) return undefined;
    const sizes = sizesOf(attrs.inputShape, filter.shape, attrs, isDepthwise);
    if (sizes === undefined || isOdd(sizes, dy)) return undefined;
    return run(backend, 'input', wordsOf(sizes, isDepthwise), attrs.inputShape, (geometry, dx, ...workspace) => {
      const { engine } = backend;
      const arrays = [geometry, backend.address(dy), backend.address(filter), dx];
      engine.call('conv2d_input_gradient', ...arrays, 0, 0, ...workspace);
    });
  };
}

/** Gradients with dilation, or of a shape that the sizes do not give: what tfjs's kernels make of them is theirs. */
function isOdd(sizes: Sizes, dy: TensorInfo): boolean {
  return sizes.dilationHeight !== 1 || sizes.dilationWidth !== 1 || !util.arraysEqual(sizes.outShape, dy.shape);
}

/** Convolutions and their gradients. */
export const convolutions: HotKernels = [
  ['Conv2D', forward(false)],
  ['FusedConv2D', forward(false)],
  ['Conv2DBackpropFilter', filterGradient(false)],
  ['Conv2DBackpropInput', inputGradient(false)],
  ['DepthwiseConv2dNative', forward(true)],
  ['FusedDepthwiseConv2D', forward(true)],
  ['DepthwiseConv2dNativeBackpropFilter', filterGradient(true)],
  ['DepthwiseConv2dNativeBackpropInput', inputGradient(true)],
];
