/** What brings elements into another order or side by side: transposition, reversal, concatenation, repetition. */

import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs';
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

/** A tensor with its elements along some dimensions in reverse. */
function reversed(backend: ConvgradBackend, x: TensorInfo, type: NumericType, axes: readonly number[]): TensorInfo {
  const y = backend.output(x.shape, type);
  const own = stepsOf(x.shape);
  const start = axes.reduce((sum, axis) => sum + (own[axis] as number) * ((x.shape[axis] as number) - 1), 0);
  const steps = own.map((step, axis) => (axes.includes(axis) ? -step : step));
  copyBox(backend, x.shape, { tensor: x, start, steps }, { tensor: y, steps: own });
  return y;
}

const reverse: HotKernel = ({ inputs, attrs, backend }) => {
  const { x } = inputs as { x: TensorInfo };
  const type = typeOf(backend, x);
  return type && reversed(backend, x, type, util.parseAxisParam(attrs.dims, x.shape));
};

const flipLeftRight: HotKernel = ({ inputs, backend }) => {
  const { image } = inputs as { image: TensorInfo };
  const type = typeOf(backend, image);
  return type && reversed(backend, image, type, [2]);
};

/** Kernels that move elements. */
export const movements: HotKernels = [
  ['Identity', identity],
  ['Reshape', reshape],
  ['Transpose', transpose],
  ['Concat', concat],
  ['Pack', pack],
  ['Tile', tile],
  ['Reverse', reverse],
  ['FlipLeftRight', flipLeftRight],
];
