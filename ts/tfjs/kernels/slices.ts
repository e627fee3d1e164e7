/** Parts of tensors, and tensors with something around them. */

import { backend_util, slice_util, type TensorInfo, util } from '@tensorflow/tfjs';
import type { ConvgradBackend } from '../backend';
import { copyBox, stepsOf } from './box';
import { type HotKernel, type HotKernels, type NumericType, product, typeOf } from './kernel';

/** What lies at `begin` of a tensor. */
export function sliced(
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

const stridedSlice: HotKernel = ({ inputs, attrs, backend }) => {
  const { x } = inputs as { x: TensorInfo };
  const type = typeOf(backend, x);
  if (type === undefined) return undefined;
  const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attrs;
  const masks = [beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask] as const;
  const plan = slice_util.sliceInfo(x.shape, begin, end, strides, ...masks);
  if (plan.isIdentity) return backend.reshaped(x, plan.finalShape);
  const sizes = slice_util.computeOutShape(plan.begin, plan.end, plan.strides);
  if (product(sizes) === 0 || product(sizes) !== product(plan.finalShape)) return undefined;
  const y = backend.output(plan.finalShape, type);
  const own = stepsOf(x.shape);
  const start = own.reduce((sum, step, axis) => sum + step * (plan.begin[axis] as number), 0);
  const steps = own.map((step, axis) => step * (plan.strides[axis] as number));
  copyBox(backend, sizes, { tensor: x, start, steps }, { tensor: y, steps: stepsOf(sizes) });
  return y;
};

const unpack: HotKernel = ({ inputs, attrs, backend }) => {
  const { value } = inputs as { value: TensorInfo };
  const type = typeOf(backend, value);
  if (type === undefined) return undefined;
  const { shape } = value;
  const axis = attrs.axis < 0 ? attrs.axis + shape.length : attrs.axis;
  const rest = shape.filter((_, at) => at !== axis);
  const own = stepsOf(shape);
  const steps = own.filter((_, at) => at !== axis);
  return Array.from({ length: shape[axis] as number }, (_, index) => {
    const y = backend.output(rest, type);
    const start = index * (own[axis] as number);
    copyBox(backend, rest, { tensor: value, start, steps }, { tensor: y, steps: stepsOf(rest) });
    return y;
  });
};

/** A tensor with `value` around it. */
export function padded(
  backend: ConvgradBackend,
  x: TensorInfo,
  type: NumericType,
  paddings: readonly (readonly [before: number, after: number])[],
  value: number,
): TensorInfo {
  const shape = x.shape.map((length, axis) => length + (paddings[axis]?.[0] ?? 0) + (paddings[axis]?.[1] ?? 0));
  const y = backend.filled(shape, type, value);
  const steps = stepsOf(shape);
  const start = paddings.reduce((sum, [before], axis) => sum + before * (steps[axis] as number), 0);
  copyBox(backend, x.shape, { tensor: x, steps: stepsOf(x.shape) }, { tensor: y, start, steps });
  return y;
}

const pad: HotKernel = ({ inputs, attrs, backend }) => {
  const { x } = inputs as { x: TensorInfo };
  const type = typeOf(backend, x);
  return type && padded(backend, x, type, attrs.paddings, attrs.constantValue);
};

/** A tensor with one dimension continued by its reflection. Reflected about its edges, or about the elements there. */
function mirrored(
  backend: ConvgradBackend,
  x: TensorInfo,
  axis: number,
  [before, after]: readonly [number, number],
  aboutEdge: boolean,
): TensorInfo {
  const length = x.shape[axis] as number;
  const shape = x.shape.map((size, at) => (at === axis ? before + size + after : size));
  const y = backend.output(shape, x.dtype as NumericType);
  const [own, steps] = [stepsOf(x.shape), stepsOf(shape)];
  const copy = (count: number, from: number, direction: 1 | -1, to: number): void => {
    if (count === 0) return;
    const sizes = x.shape.map((size, at) => (at === axis ? count : size));
    const [source, target] = [own[axis] as number, steps[axis] as number];
    const moves = own.map((step, at) => (at === axis ? direction * step : step));
    copyBox(
      backend,
      sizes,
      { tensor: x, start: from * source, steps: moves },
      { tensor: y, start: to * target, steps },
    );
  };
  copy(before, aboutEdge ? before - 1 : before, -1, 0);
  copy(length, 0, 1, before);
  copy(after, aboutEdge ? length - 1 : length - 2, -1, before + length);
  return y;
}

const mirrorPad: HotKernel = ({ inputs, attrs, backend }) => {
  const { x } = inputs as { x: TensorInfo };
  if (typeOf(backend, x) === undefined) return undefined;
  let result = x;
  for (const [axis, widths] of (attrs.paddings as [number, number][]).entries()) {
    if (widths[0] + widths[1] === 0) continue;
    const next = mirrored(backend, result, axis, widths, attrs.mode === 'symmetric');
    if (result !== x) backend.disposeIntermediateTensorInfo(result);
    result = next;
  }
  return result === x ? backend.reshaped(x, x.shape) : result;
};

/** Kernels that take parts and put something around. */
export const slices: HotKernels = [
  ['Slice', slice],
  ['StridedSlice', stridedSlice],
  ['SplitV', split],
  ['Unpack', unpack],
  ['PadV2', pad],
  ['MirrorPad', mirrorPad],
];
