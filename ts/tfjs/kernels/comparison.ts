/** Comparisons, logic, choices by truth values, and what fills a tensor with one value. */

import { type TensorInfo, util } from '@tensorflow/tfjs';
import { withOperands } from './broadcast';
import { type HotKernel, type HotKernels, type NumericType, size, typeOf } from './kernel';

function compare(code: number): HotKernel {
  return ({ inputs, backend }) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    const type = typeOf(backend, a);
    if ((type !== 'float32' && type !== 'int32') || typeOf(backend, b) !== type) return undefined;
    return withOperands(backend, a, b, (operands) => {
      const y = backend.output(operands.shape, 'bool');
      const integers = Number(type === 'int32');
      backend.engine.call('compare', code, integers, ...operands.arguments, backend.address(y));
      return y;
    });
  };
}

function logic(code: number): HotKernel {
  return ({ inputs, backend }) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    if (typeOf(backend, a) !== 'bool' || typeOf(backend, b) !== 'bool') return undefined;
    return withOperands(backend, a, b, (operands) => {
      const y = backend.output(operands.shape, 'bool');
      backend.engine.call('logic', code, ...operands.arguments, backend.address(y));
      return y;
    });
  };
}

const not: HotKernel = ({ inputs, backend }) => {
  const { x } = inputs as { x: TensorInfo };
  if (typeOf(backend, x) !== 'bool') return undefined;
  const y = backend.output(x.shape, 'bool');
  backend.engine.call('logical_not', size(x), backend.address(x), backend.address(y));
  return y;
};

const select: HotKernel = ({ inputs, backend }) => {
  const { condition, t, e } = inputs as { condition: TensorInfo; t: TensorInfo; e: TensorInfo };
  const type = typeOf(backend, t);
  const areAlike = typeOf(backend, condition) === 'bool' && typeOf(backend, e) === type && type !== 'bool';
  if (type === undefined || !areAlike || size(condition) !== size(t) || size(e) !== size(t)) return undefined;
  const y = backend.output(t.shape, type);
  const addresses = [condition, t, e, y].map((tensor) => backend.address(tensor));
  backend.engine.call('select_words', size(t), ...addresses);
  return y;
};

function filledLike(value: 0 | 1): HotKernel {
  return ({ inputs, backend }) => {
    const { x } = inputs as { x: TensorInfo };
    const type = typeOf(backend, x);
    if (type === undefined) return undefined;
    return backend.filled(x.shape, type, value);
  };
}

const fill: HotKernel = ({ attrs, backend }) => {
  const { shape, value } = attrs;
  const dtype = attrs.dtype ?? util.inferDtype(value);
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') return undefined;
  return backend.filled(shape, dtype, Number(value));
};

const oneHot: HotKernel = ({ inputs, attrs, backend }) => {
  const { indices } = inputs as { indices: TensorInfo };
  const { depth, onValue, offValue } = attrs;
  if (typeOf(backend, indices) !== 'int32') return undefined;
  const y = backend.filled([...indices.shape, depth], attrs.dtype as NumericType, offValue);
  const values = backend.window(y);
  const rows = backend.window(indices);
  for (let row = 0; row < rows.length; row++) {
    const index = rows[row] as number;
    if (index >= 0 && index < depth) values[row * depth + index] = onValue;
  }
  return y;
};

/** Comparisons and what is made of truth values. */
export const comparisons: HotKernels = [
  ['Equal', compare(0)],
  ['NotEqual', compare(1)],
  ['Greater', compare(2)],
  ['GreaterEqual', compare(3)],
  ['Less', compare(4)],
  ['LessEqual', compare(5)],
  ['LogicalAnd', logic(0)],
  ['LogicalOr', logic(1)],
  ['LogicalNot', not],
  ['Select', select],
  ['ZerosLike', filledLike(0)],
  ['OnesLike', filledLike(1)],
  ['Fill', fill],
  ['OneHot', oneHot],
];
