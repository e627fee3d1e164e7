/** Functions of one tensor and of two beyond arithmetic of float32: angles, powers, remainders, int32, running sums, ranges. */

import { type TensorInfo, util } from '@tensorflow/tfjs';
import { withOperands } from './broadcast';
import { areFloats, type HotKernel, type HotKernels, product, size, typeOf, withScratch } from './kernel';

/** Codes of `Arithmetic` in crate/src/kernels/tensors/integers.rs. */
const arithmetic = {
  add: 0,
  subtract: 1,
  multiply: 2,
  maximum: 3,
  minimum: 4,
  squaredDifference: 5,
  floorQuotient: 6,
  modulus: 7,
  power: 8,
} as const;

/** An operation on two int32 tensors. */
function ofIntegers(operation: keyof typeof arithmetic): HotKernel {
  return ({ inputs, backend }) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    if (typeOf(backend, a) !== 'int32' || typeOf(backend, b) !== 'int32') return undefined;
    return withOperands(backend, a, b, (operands) => {
      const y = backend.output(operands.shape, 'int32');
      backend.engine.call('arithmetic', arithmetic[operation], ...operands.arguments, backend.address(y));
      return y;
    });
  };
}

/** A kernel with one for int32 beside it. */
export function orOfIntegers(kernel: HotKernel, operation: keyof typeof arithmetic): HotKernel {
  const other = ofIntegers(operation);
  return (call) => kernel(call) ?? other(call);
}

/** Codes of `Function` in crate/src/kernels/tensors/functions.rs, in their order. */
const functions = [
  ...['Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan', 'Sinh', 'Cosh'],
  ...['Asinh', 'Acosh', 'Atanh', 'Expm1', 'Log1p', 'Erf'],
];

function functionOfOne(code: number): HotKernel {
  return ({ inputs, backend }) => {
    const { x } = inputs as { x: TensorInfo };
    if (!areFloats(backend, x)) return undefined;
    const y = backend.output(x.shape);
    backend.engine.call('function_of_one', code, size(x), backend.address(x), backend.address(y));
    return y;
  };
}

/** Codes of `Pair` there. */
function functionOfTwo(code: number): HotKernel {
  return ({ inputs, backend }) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    if (!areFloats(backend, a, b)) return undefined;
    return withOperands(backend, a, b, (operands) => {
      const y = backend.output(operands.shape);
      backend.engine.call('function_of_two', code, ...operands.arguments, backend.address(y));
      return y;
    });
  };
}

/** Answers int32, as the cpu backend's kernel does. */
const floorDivide: HotKernel = ({ inputs, backend }) => {
  const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
  if (!areFloats(backend, a, b)) return undefined;
  return withOperands(backend, a, b, (operands) => {
    const y = backend.output(operands.shape, 'int32');
    backend.engine.call('floor_divide', ...operands.arguments, backend.address(y));
    return y;
  });
};

/** Codes of `Kind` in crate/src/kernels/tensors/integers.rs. */
function areOfKind(code: number): HotKernel {
  return ({ inputs, backend }) => {
    const { x } = inputs as { x: TensorInfo };
    if (!areFloats(backend, x)) return undefined;
    const y = backend.output(x.shape, 'bool');
    backend.engine.call('are_of_kind', code, size(x), backend.address(x), backend.address(y));
    return y;
  };
}

const types = { float32: 0, int32: 1, bool: 2 } as const;

/** Between float32, int32 and bool. The cpu backend's cast would share data under another type. */
export const cast: HotKernel = ({ inputs, attrs, backend }) => {
  const { x } = inputs as { x: TensorInfo };
  const type = typeOf(backend, x);
  const dtype = attrs.dtype as keyof typeof types;
  if (type === undefined || !(dtype in types)) return undefined;
  if (type === dtype) return backend.reshaped(x, x.shape);
  const y = backend.output(x.shape, dtype);
  backend.engine.call('convert', types[type], types[dtype], size(x), backend.address(x), backend.address(y));
  return y;
};

/** The sum of tensors, one after the other, as the cpu backend has it. */
const addAll: HotKernel = ({ inputs, backend }) => {
  const [first, ...others] = inputs as unknown as TensorInfo[];
  const type = first && typeOf(backend, first);
  if (first === undefined || (type !== 'float32' && type !== 'int32')) return undefined;
  if (others.some((other) => typeOf(backend, other) !== type || size(other) !== size(first))) return undefined;
  if (others.length === 0) return backend.reshaped(first, first.shape);
  const length = size(first);
  const add = (a: number, b: number, sum: number) =>
    type === 'float32'
      ? backend.engine.call('add', length, a, b, sum)
      : backend.engine.call('arithmetic', arithmetic.add, 1, length, a, 0, b, 0, sum);
  const y = backend.output(first.shape, type);
  const sumsInto = (scratch: number) => {
    // By turns, so that the last sum is the result: a kernel writes to none of what it reads.
    const places = [backend.address(y), scratch] as const;
    let sum = backend.address(first);
    for (const [index, other] of others.entries()) {
      const place = places[(others.length - 1 - index) % 2] as number;
      add(sum, backend.address(other), place);
      sum = place;
    }
    return y;
  };
  return others.length === 1 ? sumsInto(0) : withScratch(backend, length, sumsInto);
};

/** Running sums (code 0) and products (1); those of truth values are counts, which are left to the cpu backend. */
function running(code: number): HotKernel {
  return ({ inputs, attrs, backend }) => {
    const { x } = inputs as { x: TensorInfo };
    const type = typeOf(backend, x);
    const axis = util.parseAxisParam(attrs.axis, x.shape)[0];
    if ((type !== 'float32' && type !== 'int32') || axis === undefined || x.shape.length === 0) return undefined;
    const y = backend.output(x.shape, type);
    const { reverse, exclusive } = attrs;
    const flags = [type === 'int32', reverse, exclusive].map(Number);
    const sizes = [product(x.shape.slice(0, axis)), x.shape[axis] as number, product(x.shape.slice(axis + 1))];
    backend.engine.call('running', code, ...flags, ...sizes, backend.address(x), backend.address(y));
    return y;
  };
}

/** Ranges of whole numbers, of which none has to wait for the one before to be rounded. Others are the cpu backend's, digit by digit. */
const range: HotKernel = ({ attrs, backend }) => {
  const { start, stop, dtype } = attrs;
  const isBackwards = (start < stop && attrs.step < 0) || (stop < start && attrs.step > 1);
  if (start === stop || isBackwards || (dtype !== 'float32' && dtype !== 'int32')) return undefined;
  const count = Math.abs(Math.ceil((stop - start) / attrs.step));
  // A step of one, which is also what is given when none is, goes either way.
  const step = stop < start && attrs.step === 1 ? -1 : attrs.step;
  const isExact = Math.max(Math.abs(start), Math.abs(start + step * count)) < 2 ** 24;
  if (![start, step, count].every(Number.isInteger) || count === 0 || !isExact) return undefined;
  const y = backend.output([count], dtype as 'float32' | 'int32');
  const values = backend.window(y);
  for (let index = 0; index < count; index++) values[index] = start + index * step;
  return y;
};

/** Functions and arithmetic. */
export const mathematics: HotKernels = [
  ...functions.map((name, code) => [name, functionOfOne(code)] as const),
  ['Atan2', functionOfTwo(0)],
  ['Mod', orOfIntegers(functionOfTwo(1), 'modulus')],
  ['Pow', orOfIntegers(functionOfTwo(2), 'power')],
  ['FloorDiv', orOfIntegers(floorDivide, 'floorQuotient')],
  ['IsNan', areOfKind(0)],
  ['IsInf', areOfKind(1)],
  ['IsFinite', areOfKind(2)],
  ['Cast', cast],
  ['AddN', addAll],
  ['Cumsum', running(0)],
  ['Cumprod', running(1)],
  ['Range', range],
];
