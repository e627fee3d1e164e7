/** What moves elements without changing them: transposition, slices, padding, concatenation, repetition, gathers. */

import { backend_util, slice_util, type TensorInfo, util } from '@tensorflow/tfjs';
import type { ConvgradBackend } from '../backend';
import { copyBox, stepsOf } from './box';
import { type HotKernel, type HotKernels, type NumericType, product, size, typeOf } from './kernel';

const identity: HotKernel = ({ inputs, backend }) => {
  const { x } = inputs as { x: TensorInfo };
  return typeOf(backend, x) && backend.reshaped(x, x.shape);
};

const reshape: HotKernel = ({ inputs, attrs, backend }) => {
  const { x } = inputs as { x: TensorInfo };
  if (typeOf(backend, x) === undefined) return undefined;
  const shape = util.inferFromImplicitShape(attrs.shape, size(x));
  // The error of sizes that differ is the cpu backend's.
  return product(shape) === size(x) ? backend.reshaped(x, shape) : undefined;
};

/** A tensor with its dimensions in another order. */
export function transposed(backend: ConvgradBackend, x: TensorInfo, order: readonly number[]): TensorInfo {
  const shape = order.map((axis) => x.shape[axis] as number);
  const y = backend.output(shape, x.dtype as NumericType);
  const own = stepsOf(x.shape);
  const steps = order.map((axis) => own[axis] as number);
  copyBox(backend, shape, { tensor: x, steps }, { tensor: y, steps: stepsOf(shape) });
  return y;
}

const transpose: HotKernel = ({ inputs, attrs, backend }) => {
  const { x } = inputs as { x: TensorInfo };
  return typeOf(backend, x) === undefined ? undefined : transposed(backend, x, attrs.perm);
};

/** What lies at `begin` of a tensor. */
function sliced(
  backend: ConvgradBackend,
  x: TensorInfo,
  begin: readonly number[],
  shape: readonly number[],
): TensorInfo {
  const y = backend.output(shape, x.dtype as NumericType);
  const steps = stepsOf(x.shape);
  const start = begin.reduce((sum, index, axis) => sum + index * (steps[axis] as number), 0);
  if (product(shape) > 0) copyBox(backend, shape, { tensor: x, start, steps }, { tensor: y, steps: stepsOf(shape) });
  return y;
}

const slice: HotKernel = ({ inputs, attrs, backend }) => {
  const { x } = inputs as { x: TensorInfo };
  if (typeOf(backend, x) === undefined) return undefined;
  const [begin, shape] = slice_util.parseSliceParams(x as never, attrs.begin, attrs.size) as [number[], number[]];
  slice_util.assertParamsValid(x, begin, shape);
  return sliced(backend, x, begin, shape);
};

const split: HotKernel = ({ inputs, attrs, backend }) => {
  const { x } = inputs as { x: TensorInfo };
  if (typeOf(backend, x) === undefined) return undefined;
  const axis = util.parseAxisParam(attrs.axis, x.shape)[0] as number;
  const begin = Array<number>(x.shape.length).fill(0);
  return backend_util.prepareSplitSize(x as never, attrs.numOrSizeSplits, axis).map((length) => {
    const shape = x.shape.map((whole, at) => (at === axis ? length : whole));
    const y = sliced(backend, x, begin, shape);
    begin[axis] = (begin[axis] as number) + length;
    return y;
  });
};

const pad: HotKernel = ({ inputs, attrs, backend }) => {
  const { x } = inputs as { x: TensorInfo };
  const type = typeOf(backend, x);
  if (type === undefined) return undefined;
  const paddings = attrs.paddings as [number, number][];
  const shape = x.shape.map((length, axis) => length + (paddings[axis]?.[0] ?? 0) + (paddings[axis]?.[1] ?? 0));
  const y = backend.output(shape, type);
  if (attrs.constantValue !== 0) backend.window(y).fill(attrs.constantValue);
  const steps = stepsOf(shape);
  const start = paddings.reduce((sum, [before], axis) => sum + before * (steps[axis] as number), 0);
  copyBox(backend, x.shape, { tensor: x, steps: stepsOf(x.shape) }, { tensor: y, start, steps });
  return y;
};

/** Puts tensors side by side: of each, the dimensions from `axis` on are one piece of a row of the result. */
function joined(backend: ConvgradBackend, parts: readonly TensorInfo[], axis: number, shape: number[]): TensorInfo {
  const y = backend.output(shape, parts[0]?.dtype as NumericType);
  const rows = product(shape.slice(0, axis));
  const total = size(y) / rows;
  let start = 0;
  for (const tensor of parts) {
    const width = size(tensor) / rows;
    copyBox(backend, [rows, width], { tensor, steps: [width, 1] }, { tensor: y, start, steps: [total, 1] });
    start += width;
  }
  return y;
}

const concat: HotKernel = ({ inputs, attrs, backend }) => {
  const given = inputs as unknown as TensorInfo[];
  const parts = given.filter((part) => size(part) > 0);
  const type = parts[0] && typeOf(backend, parts[0]);
  // One tensor, none, several types and the errors of shapes that differ are left to the cpu backend.
  if (parts.length < 2 || parts.some((part) => typeOf(backend, part) !== type) || type === undefined) return undefined;
  const axis = util.parseAxisParam(attrs.axis, (parts[0] as TensorInfo).shape)[0] as number;
  const shapes = given.map(({ shape }) => shape);
  backend_util.assertParamsConsistent(shapes, axis);
  return joined(backend, parts, axis, backend_util.computeOutShape(shapes, axis));
};

const pack: HotKernel = ({ inputs, attrs, backend }) => {
  const parts = inputs as unknown as TensorInfo[];
  const [first] = parts;
  const type = first && typeOf(backend, first);
  const areAlike = parts.every(
    (part) => typeOf(backend, part) === type && util.arraysEqual(part.shape, first?.shape ?? []),
  );
  if (first === undefined || type === undefined || !areAlike) return undefined;
  return joined(backend, parts, attrs.axis, [
    ...first.shape.slice(0, attrs.axis),
    parts.length,
    ...first.shape.slice(attrs.axis),
  ]);
};

const tile: HotKernel = ({ inputs, attrs, backend }) => {
  const { x } = inputs as { x: TensorInfo };
  const type = typeOf(backend, x);
  const reps = attrs.reps as number[];
  const shape = x.shape.map((length, axis) => length * (reps[axis] as number));
  if (type === undefined || product(shape) === 0) return undefined;
  const y = backend.output(shape, type);
  const [own, steps] = [stepsOf(x.shape), stepsOf(shape)];
  const sizes = x.shape.flatMap((length, axis) => [reps[axis] as number, length]);
  const from = own.flatMap((step) => [0, step]);
  const to = steps.flatMap((step, axis) => [step * (x.shape[axis] as number), step]);
  copyBox(backend, sizes, { tensor: x, steps: from }, { tensor: y, steps: to });
  return y;
};

const reverse: HotKernel = ({ inputs, attrs, backend }) => {
  const { x } = inputs as { x: TensorInfo };
  const type = typeOf(backend, x);
  if (type === undefined) return undefined;
  const axes = util.parseAxisParam(attrs.dims, x.shape);
  const y = backend.output(x.shape, type);
  const own = stepsOf(x.shape);
  const start = axes.reduce((sum, axis) => sum + (own[axis] as number) * ((x.shape[axis] as number) - 1), 0);
  const steps = own.map((step, axis) => (axes.includes(axis) ? -step : step));
  copyBox(backend, x.shape, { tensor: x, start, steps }, { tensor: y, steps: own });
  return y;
};

const gather: HotKernel = ({ inputs, attrs, backend }) => {
  const { x, indices } = inputs as { x: TensorInfo; indices: TensorInfo };
  const type = typeOf(backend, x);
  if (type === undefined || type === 'bool' || typeOf(backend, indices) !== 'int32') return undefined;
  const axis = util.parseAxisParam(attrs.axis, x.shape)[0] as number;
  const length = x.shape[axis] as number;
  for (const index of backend.window(indices)) {
    util.assert(index >= 0 && index < length, () => `GatherV2: the index value ${index} is not in [0, ${length - 1}]`);
  }
  const { collectGatherOpShapeInfo } = backend_util.segment_util;
  const sizes = collectGatherOpShapeInfo(x as never, indices as never, axis, attrs.batchDims ?? 0);
  const y = backend.output(sizes.outputShape, type);
  const { batchSize, outerSize, dimSize, sliceSize } = sizes;
  const addresses = [indices, x, y].map((tensor) => backend.address(tensor));
  const count = size(indices) / batchSize;
  backend.engine.call('gather_words', batchSize, outerSize, dimSize, sliceSize, count, ...addresses);
  return y;
};

/** Kernels that move elements. */
export const movements: HotKernels = [
  ['Identity', identity],
  ['Reshape', reshape],
  ['Transpose', transpose],
  ['Slice', slice],
  ['SplitV', split],
  ['PadV2', pad],
  ['Concat', concat],
  ['Pack', pack],
  ['Tile', tile],
  ['Reverse', reverse],
  ['GatherV2', gather],
];
