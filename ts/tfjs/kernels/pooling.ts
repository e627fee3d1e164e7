/** Pooling of images and its gradients: NHWC float32, without dilation. What is other than that is inherited. */

import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs';
import type { ConvgradBackend } from '../backend';
import { areFloats, type HotKernel, type HotKernels, type KernelCall, size, withScratch, withWords } from './kernel';

type Sizes = ReturnType<typeof backend_util.computePool2DInfo>;

function sizesOf(x: TensorInfo, attrs: KernelCall['attrs']): Sizes | undefined {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const shape = x.shape as [number, number, number, number];
  const sizes = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  const { padInfo } = sizes;
  // Windows of one pixel are the image itself for the cpu backend, wherever its padding would put them.
  if (sizes.filterHeight === 1 && sizes.filterWidth === 1) return undefined;
  const outputs = (length: number, pads: number, window: number, stride: number) =>
    Math.floor((length + pads - window) / stride) + 1;
  const rows = outputs(sizes.inHeight, padInfo.top + padInfo.bottom, sizes.filterHeight, sizes.strideHeight);
  const columns = outputs(sizes.inWidth, padInfo.left + padInfo.right, sizes.filterWidth, sizes.strideWidth);
  return rows === sizes.outHeight && columns === sizes.outWidth && rows > 0 && columns > 0 ? sizes : undefined;
}

function wordsOf(sizes: Sizes): number[] {
  const { top, bottom, left, right } = sizes.padInfo;
  // biome-ignore format: the order of crate/src/geometry.rs, a line a theme
  return [
    sizes.batchSize, sizes.inHeight, sizes.inWidth, sizes.inChannels,
    sizes.filterHeight, sizes.filterWidth, sizes.inChannels,
    sizes.strideHeight, sizes.strideWidth,
    top, bottom, left, right,
    1, 1, 1,
  ];
}

/** Whether a sum is NaN: the cpu backend's pooling passes NaN over, ours hands it on, so such images are left to it. */
function sumsToNaN(backend: ConvgradBackend, tensor: TensorInfo): boolean {
  return withScratch(backend, 1, (total) => {
    backend.engine.call('row_sums', 1, size(tensor), backend.address(tensor), total);
    return Number.isNaN(backend.engine.memory.floats[total >>> 2]);
  });
}

function pool(kernel: 'max_pool2d' | 'average_pool2d'): HotKernel {
  return ({ inputs, attrs, backend }) => {
    const { x } = inputs as { x: TensorInfo };
    const sizes = areFloats(backend, x) ? sizesOf(x, attrs) : undefined;
    if (sizes === undefined) return undefined;
    return withWords(backend, wordsOf(sizes), (geometry) => {
      const y = backend.output(sizes.outShape);
      const notes = kernel === 'max_pool2d' ? [0] : [];
      backend.engine.call(kernel, geometry, backend.address(x), backend.address(y), ...notes);
      if (kernel === 'max_pool2d' && sumsToNaN(backend, y)) {
        backend.disposeIntermediateTensorInfo(y);
        return undefined;
      }
      return y;
    });
  };
}

const maxGradient: HotKernel = ({ inputs, attrs, backend }) => {
  const { dy, input, output } = inputs as { dy: TensorInfo; input: TensorInfo; output: TensorInfo };
  const sizes = areFloats(backend, dy, input, output) ? sizesOf(input, attrs) : undefined;
  if (sizes === undefined || !util.arraysEqual(sizes.outShape, dy.shape) || sumsToNaN(backend, input)) return undefined;
  return withWords(backend, wordsOf(sizes), (geometry) => {
    const dx = backend.output(input.shape);
    const addresses = [input, output, dy, dx].map((tensor) => backend.address(tensor));
    backend.engine.call('max_pool2d_gradient', geometry, ...addresses);
    return dx;
  });
};

const averageGradient: HotKernel = ({ inputs, attrs, backend }) => {
  const { dy, input } = inputs as { dy: TensorInfo; input: TensorInfo };
  const sizes = areFloats(backend, dy, input) ? sizesOf(input, attrs) : undefined;
  if (sizes === undefined || !util.arraysEqual(sizes.outShape, dy.shape)) return undefined;
  // The cpu backend divides a border window's gradient by the window's whole size, though its value is the mean over the
  // pixels on the image. A drop-in gives its users the same curves: the border is part of a larger image, then cut off.
  const { batchSize, inChannels, inHeight, inWidth, padInfo } = sizes;
  const { top, bottom, left, right } = padInfo;
  const [height, width] = [inHeight + top + bottom, inWidth + left + right];
  const whole = {
    ...sizes,
    inHeight: height,
    inWidth: width,
    padInfo: { ...padInfo, top: 0, bottom: 0, left: 0, right: 0 },
  };
  return withWords(backend, wordsOf(whole), (geometry) => {
    const { engine } = backend;
    const bordered = backend.output([batchSize, height, width, inChannels]);
    engine.call('average_pool2d_gradient', geometry, backend.address(dy), backend.address(bordered));
    if (height === inHeight && width === inWidth) return bordered;
    const dx = backend.output(input.shape);
    const [from, to] = [backend.address(bordered), backend.address(dx)];
    engine.call('crop2d', batchSize, inChannels, height, width, inHeight, inWidth, top, left, from, to);
    backend.disposeIntermediateTensorInfo(bordered);
    return dx;
  });
};

/** Pooling and its gradients. */
export const poolings: HotKernels = [
  ['MaxPool', pool('max_pool2d')],
  ['MaxPoolGrad', maxGradient],
  ['AvgPool', pool('average_pool2d')],
  ['AvgPoolGrad', averageGradient],
];
