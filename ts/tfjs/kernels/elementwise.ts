/** Functions of one array and of two, of which one may be repeated, on float32; arithmetic also on int32. */

import type { TensorInfo } from '@tensorflow/tfjs';
import { activationCodes } from './activations';
import { withOperands } from './broadcast';
import { areFloats, type HotKernel, type HotKernels, type KernelCall, size, withScratch } from './kernel';
import { orOfIntegers } from './mathematics';

function binary(code: number, names: readonly [string, string] = ['a', 'b']): HotKernel {
  return ({ inputs, backend }) => {
    const [a, b] = names.map((name) => inputs[name]) as [TensorInfo, TensorInfo];
    if (!areFloats(backend, a, b)) return undefined;
    return withOperands(backend, a, b, (operands) => {
      const y = backend.output(operands.shape);
      backend.engine.call('binary', code, ...operands.arguments, backend.address(y));
      return y;
    });
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

/** `dy` where elu's output y ≥ 0, else `dy · (y + 1)`: the slope is the part of y below zero, plus one. */
const eluGradient: HotKernel = ({ inputs, backend }) => {
  const { dy, y } = inputs as { dy: TensorInfo; y: TensorInfo };
  if (!areFloats(backend, dy, y) || size(dy) !== size(y)) return undefined;
  const length = size(y);
  const dx = backend.output(y.shape);
  return withScratch(backend, length, (slope) =>
    withScratch(backend, length, (below) => {
      const { engine } = backend;
      engine.call('clip', Number.NEGATIVE_INFINITY, 0, length, backend.address(y), below);
      engine.call('affine', length, 1, 1, below, slope);
      engine.call('multiply', length, backend.address(dy), slope, backend.address(dx));
      return dx;
    }),
  );
};

/** Elementwise kernels. */
export const elementwise: HotKernels = [
  ['Add', orOfIntegers(binary(0), 'add')],
  ['Sub', orOfIntegers(binary(1), 'subtract')],
  ['Multiply', orOfIntegers(binary(2), 'multiply')],
  ['RealDiv', binary(3)],
  ['SquaredDifference', orOfIntegers(binary(4), 'squaredDifference')],
  ['Maximum', orOfIntegers(binary(5), 'maximum')],
  ['Minimum', orOfIntegers(binary(6), 'minimum')],
  ['Prelu', binary(7, ['x', 'alpha'])],
  ['Sigmoid', activation(activationCodes.sigmoid)],
  ['Relu', activation(activationCodes.relu)],
  ['Tanh', activation(activationCodes.tanh)],
  ['Relu6', activation(activationCodes.relu6)],
  ['LeakyRelu', activation(activationCodes.leakyRelu, ({ alpha }) => alpha)],
  ['Elu', activation(activationCodes.elu, () => 1)],
  ['Selu', activation(activationCodes.selu)],
  ['Softplus', activation(activationCodes.softplus)],
  ['Exp', oneArray(({ backend }, length, x, y) => backend.engine.call('exp', length, x, y))],
  ['Step', unary(0, ({ alpha }) => alpha)],
  ['Sqrt', unary(1)],
  ['Square', unary(2)],
  ['Neg', unary(3)],
  ['Abs', unary(4)],
  ['Reciprocal', unary(5)],
  ['Rsqrt', unary(6)],
  ['Floor', unary(7)],
  ['Ceil', unary(8)],
  ['Log', unary(9)],
  ['Round', unary(10)],
  ['Sign', unary(11)],
  [
    'ClipByValue',
    oneArray(({ attrs, backend }, length, x, y) =>
      backend.engine.call('clip', attrs.clipValueMin, attrs.clipValueMax, length, x, y),
    ),
  ],
  ['EluGrad', eluGradient],
];
