/** Functions of one array and of two, of which one may be repeated, on float32. */

import { broadcast_util, type TensorInfo } from '@tensorflow/tfjs';
import { areFloats, type HotKernel, type HotKernels, type KernelCall, size } from './kernel';

/** How an operand fills `[rows, columns]`: codes of crate/src/kernels/broadcast.rs. */
const repeats = { none: 0, row: 1, column: 2, value: 3 } as const;

/** A result of `[rows, columns]`, and how each operand fills it. */
interface Layout {
  readonly rows: number;
  readonly columns: number;
  readonly a: number;
  readonly b: number;
}

/** Finds the cut into rows and columns with which both operands are a row, a column, a value or all. */
function layoutOf(a: TensorInfo, b: TensorInfo, shape: readonly number[]): Layout | undefined {
  const total = shape.reduce((product, dimension) => product * dimension, 1);
  const pad = (tensor: TensorInfo) => [...Array(shape.length - tensor.shape.length).fill(1), ...tensor.shape];
  const [aShape, bShape] = [pad(a), pad(b)];
  if (size(a) === total && size(b) === total) return { rows: 1, columns: total, a: repeats.none, b: repeats.none };
  for (let cut = 0; cut <= shape.length; cut++) {
    const rows = shape.slice(0, cut).reduce((product, dimension) => product * dimension, 1);
    const fill = (own: readonly number[]): number | undefined => {
      const head = own.slice(0, cut).reduce((product, dimension) => product * dimension, 1);
      const tail = own.slice(cut).reduce((product, dimension) => product * dimension, 1);
      if (head * tail === total) return repeats.none;
      if (head === 1 && tail === 1) return repeats.value;
      if (head === 1 && tail === total / rows) return repeats.row;
      return tail === 1 && head === rows ? repeats.column : undefined;
    };
    const [ofA, ofB] = [fill(aShape), fill(bShape)];
    if (ofA !== undefined && ofB !== undefined) return { rows, columns: total / rows, a: ofA, b: ofB };
  }
  return undefined;
}

function binary(code: number): HotKernel {
  return ({ inputs, backend }) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    if (!areFloats(backend, a, b)) return undefined;
    const shape = broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
    const layout = layoutOf(a, b, shape);
    if (layout === undefined) return undefined;
    const y = backend.output(shape);
    const [aAt, bAt, yAt] = [backend.address(a), backend.address(b), backend.address(y)];
    backend.engine.call('binary', code, layout.rows, layout.columns, aAt, layout.a, bAt, layout.b, yAt);
    return y;
  };
}

function oneArray(call: (call: KernelCall, length: number, x: number, y: number) => void): HotKernel {
  return (given) => {
    const { x } = given.inputs as { x: TensorInfo };
    if (!areFloats(given.backend, x)) return undefined;
    const y = given.backend.output(x.shape);
    call(given, size(x), given.backend.address(x), given.backend.address(y));
    return y;
  };
}

function activation(code: number, alpha: (attrs: KernelCall['attrs']) => number = () => 0): HotKernel {
  return oneArray(({ attrs, backend }, length, x, y) =>
    backend.engine.call('activation_forward', code, alpha(attrs), length, x, y),
  );
}

function unary(code: number, alpha: (attrs: KernelCall['attrs']) => number = () => 0): HotKernel {
  return oneArray(({ attrs, backend }, length, x, y) => backend.engine.call('unary', code, alpha(attrs), length, x, y));
}

/** To float32 from integers and booleans; the cpu backend's cast would share their data. */
const cast: HotKernel = ({ inputs, attrs, backend }) => {
  const { x } = inputs as { x: TensorInfo };
  const { dtype } = backend.data.get(x.dataId);
  if (attrs.dtype !== 'float32' || (dtype !== 'int32' && dtype !== 'bool')) return undefined;
  const y = backend.output(x.shape);
  // Both windows are taken after the allocation.
  const values = backend.data.get(y.dataId).values as Float32Array;
  values.set(backend.data.get(x.dataId).values as Int32Array);
  return y;
};

/** Elementwise kernels. */
export const elementwise: HotKernels = [
  ['Add', binary(0)],
  ['Sub', binary(1)],
  ['Multiply', binary(2)],
  ['RealDiv', binary(3)],
  ['SquaredDifference', binary(4)],
  ['Sigmoid', activation(1)],
  ['Relu', activation(2)],
  ['Tanh', activation(3)],
  ['Relu6', activation(4)],
  ['LeakyRelu', activation(5, ({ alpha }) => alpha)],
  ['Elu', activation(6, () => 1)],
  ['Selu', activation(7)],
  ['Softplus', activation(11)],
  ['Exp', oneArray(({ backend }, length, x, y) => backend.engine.call('exp', length, x, y))],
  ['Step', unary(0, ({ alpha }) => alpha)],
  ['Sqrt', unary(1)],
  ['Square', unary(2)],
  ['Neg', unary(3)],
  ['Abs', unary(4)],
  ['Cast', cast],
];
