/** Images in another size: by distance, or through repetition, where factors are whole, with the gradient of it. The rest is inherited. */

import { type TensorInfo, util } from '@tensorflow/tfjs';
import { areFloats, type HotKernel, type HotKernels, type KernelCall } from './kernel';

/** Arguments of `upsampling2d` for images of one size that become another. */
function enlargement(from: readonly number[], to: readonly number[], attrs: KernelCall['attrs']): number[] | undefined {
  const [batch = 0, height = 0, width = 0, channels = 0] = from;
  const [toHeight = 0, toWidth = 0] = to;
  const isRepetition = (small: number, large: number) => {
    const factor = large / small;
    // tfjs multiplies by the ratio, which can fall short of the next pixel.
    const rows = Array.from({ length: large }, (_, row) => Math.floor((small / large) * row));
    return Number.isInteger(factor) && rows.every((source, row) => source === Math.floor(row / factor));
  };
  if (attrs.alignCorners || attrs.halfPixelCenters) return undefined;
  if (!isRepetition(height, toHeight) || !isRepetition(width, toWidth)) return undefined;
  return [batch, height, width, channels, toHeight / height, toWidth / width, 0];
}

const enlarge: HotKernel = ({ inputs, attrs, backend }) => {
  const { images } = inputs as { images: TensorInfo };
  const sizes = areFloats(backend, images) ? enlargement(images.shape, attrs.size, attrs) : undefined;
  if (sizes === undefined) return undefined;
  const [batch = 0, , , channels = 0] = images.shape;
  const y = backend.output([batch, ...attrs.size, channels]);
  backend.engine.call('upsampling2d', ...sizes, backend.address(images), backend.address(y));
  return y;
};

const enlargeGradient: HotKernel = ({ inputs, attrs, backend }) => {
  const { images, dy } = inputs as { images: TensorInfo; dy: TensorInfo };
  const sizes = areFloats(backend, images, dy) ? enlargement(images.shape, dy.shape.slice(1, 3), attrs) : undefined;
  if (sizes === undefined) return undefined;
  util.assert(dy.shape[3] === images.shape[3], () => 'ResizeNearestNeighborGrad: expected equal numbers of channels');
  const dx = backend.output(images.shape);
  backend.engine.call('upsampling2d_gradient', ...sizes, backend.address(dy), backend.address(dx));
  return dx;
};

const resizeBilinear: HotKernel = ({ inputs, attrs, backend }) => {
  const { images } = inputs as { images: TensorInfo };
  const [batch = 0, height = 0, width = 0, channels = 0] = images.shape;
  const { size, alignCorners, halfPixelCenters } = attrs;
  if (!areFloats(backend, images) || size[0] < 1 || size[1] < 1) return undefined;
  const y = backend.output([batch, ...size, channels]);
  const alignment = [Number(alignCorners), Number(halfPixelCenters)];
  const addresses = [backend.address(images), backend.address(y)];
  backend.engine.call('resize_bilinear', batch, height, width, channels, ...size, ...alignment, ...addresses);
  return y;
};

/** Kernels of images. */
export const imageKernels: HotKernels = [
  ['ResizeBilinear', resizeBilinear],
  ['ResizeNearestNeighbor', enlarge],
  ['ResizeNearestNeighborGrad', enlargeGradient],
];
