/** Blocks of images that become batches or channels, and back. */

import type { TensorInfo } from '@tensorflow/tfjs';
import { copyBox, stepsOf } from './box';
import { areFloats, type HotKernel, type HotKernels, product, typeOf } from './kernel';
import { padded, sliced } from './slices';

/** How the elements of a tensor with space lie in one whose batch has a copy for each place within a block. */
interface Blocks {
  /** Shape of the tensor with batches. */
  readonly batches: readonly number[];
  /** Sizes of the box that is both, the steps in the tensor with space and in the other. */
  readonly sizes: readonly number[];
  readonly space: readonly number[];
  readonly batch: readonly number[];
}

function blocksOf(shape: readonly number[], block: readonly number[]): Blocks {
  const [images = 0, ...rest] = shape;
  const cells = rest.map((length, axis) => length / (block[axis] ?? 1));
  const batches = [images * product(block), ...cells];
  const [space, batch] = [stepsOf(shape), stepsOf(batches)];
  const within = block.map((_, axis) => product(block.slice(axis + 1)) * images * (batch[0] as number));
  return {
    batches,
    sizes: [...block, images, ...cells],
    space: [
      ...block.map((_, axis) => space[axis + 1] as number),
      ...space.map((step, at) => step * (block[at - 1] ?? 1)),
    ],
    batch: [...within, ...batch],
  };
}

const spaceToBatch: HotKernel = ({ inputs, attrs, backend }) => {
  const { x } = inputs as { x: TensorInfo };
  const type = typeOf(backend, x);
  const block = attrs.blockShape as number[];
  if (type === undefined || block.length > 5) return undefined;
  const around = x.shape.map((_, axis) => (attrs.paddings as [number, number][])[axis - 1] ?? ([0, 0] as const));
  const whole = around.every(([before, after]) => before + after === 0) ? x : padded(backend, x, type, around, 0);
  const { batches, sizes, space, batch } = blocksOf(whole.shape, block);
  const y = backend.output(batches, type);
  copyBox(backend, sizes, { tensor: whole, steps: space }, { tensor: y, steps: batch });
  if (whole !== x) backend.disposeIntermediateTensorInfo(whole);
  return y;
};

const batchToSpace: HotKernel = ({ inputs, attrs, backend }) => {
  const { x } = inputs as { x: TensorInfo };
  const type = typeOf(backend, x);
  const block = attrs.blockShape as number[];
  if (type === undefined || block.length > 5) return undefined;
  const crops = attrs.crops as [number, number][];
  const [copies = 0, ...cells] = x.shape;
  const shape = [copies / product(block), ...cells.map((length, axis) => length * (block[axis] ?? 1))];
  const { sizes, space, batch } = blocksOf(shape, block);
  const whole = backend.output(shape, type);
  copyBox(backend, sizes, { tensor: x, steps: batch }, { tensor: whole, steps: space });
  if (crops.every(([before, after]) => before + after === 0)) return whole;
  const begin = shape.map((_, axis) => crops[axis - 1]?.[0] ?? 0);
  const left = shape.map((length, axis) => length - (crops[axis - 1]?.[0] ?? 0) - (crops[axis - 1]?.[1] ?? 0));
  const y = sliced(backend, whole, begin, left);
  backend.disposeIntermediateTensorInfo(whole);
  return y;
};

const depthToSpace: HotKernel = ({ inputs, attrs, backend }) => {
  const { x } = inputs as { x: TensorInfo };
  const { blockSize, dataFormat } = attrs;
  if (!areFloats(backend, x) || dataFormat !== 'NHWC') return undefined;
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const depth = channels / blockSize ** 2;
  const y = backend.output([batch, height * blockSize, width * blockSize, depth]);
  const sizes = [batch, height, blockSize, width, blockSize, depth];
  const row = width * channels;
  const steps = [height * row, row, blockSize * depth, channels, depth, 1];
  copyBox(backend, sizes, { tensor: x, steps }, { tensor: y, steps: stepsOf(sizes) });
  return y;
};

/** Kernels of blocks. */
export const blocks: HotKernels = [
  ['SpaceToBatchND', spaceToBatch],
  ['BatchToSpaceND', batchToSpace],
  ['DepthToSpace', depthToSpace],
];
