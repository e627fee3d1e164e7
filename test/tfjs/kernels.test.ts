/** Our kernels give what those of the cpu backend give, in shape, type and numbers, and none of these calls is inherited. */

import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { backendName, ConvgradBackend, registerBackend } from '../../ts/tfjs';
import { numbers } from './curves';
import { all, type Case, expectSameAsCpu, integers, special, truths, values } from './sameAsCpu';

beforeAll(() => registerBackend());
afterEach(() => vi.restoreAllMocks());

const cases: Case[] = [];
const add = (...given: Case) => cases.push(given);

for (const [type, x] of all(2, 3, 4, 5)) {
  for (const order of [
    [0, 1, 2, 3],
    [3, 2, 1, 0],
    [0, 3, 1, 2],
    [0, 2, 3, 1],
    [1, 0, 2, 3],
  ]) {
    add(`transpose ${order}, ${type}`, () => tf.transpose(x(), order));
  }
  add(`slice, ${type}`, () => tf.slice(x(), [1, 0, 1, 2], [1, 2, -1, 3]));
  add(`a contiguous slice, ${type}`, () => tf.slice(x(), [1], [1]));
  add(`an empty slice, ${type}`, () => tf.slice(x(), [0, 1, 0, 0], [2, 0, 4, 5]));
  add(`pad, ${type}`, () =>
    tf.pad(
      x(),
      [
        [0, 1],
        [2, 0],
        [1, 1],
        [0, 3],
      ],
      1,
    ),
  );
  add(`pad with zeros, ${type}`, () =>
    tf.pad(x(), [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ]),
  );
  add(`concat, ${type}`, () => tf.concat([x(), tf.slice(x(), 0, [2, 3, 2, 5]), x()], 2));
  add(`concat of all axes, ${type}`, () => [0, 1, 2, 3].map((axis) => tf.concat([x(), x()], axis)));
  add(`stack, ${type}`, () => [0, 2, 4].map((axis) => tf.stack([x(), x(), x()], axis)));
  add(`split, ${type}`, () => tf.split(x(), [1, 3, 1], -1));
  add(`tile, ${type}`, () => tf.tile(x(), [2, 1, 3, 2]));
  add(`reverse, ${type}`, () => tf.reverse(x(), [1, 3]));
  add(`reshape, ${type}`, () => tf.reshape(x(), [6, -1]).clone());
  add(`zeros and ones, ${type}`, () => [tf.zerosLike(x()), tf.onesLike(x())]);
  for (const to of ['float32', 'int32', 'bool'] as const) add(`cast, ${type} to ${to}`, () => tf.cast(x(), to));
}
add('tile of one value', () => tf.tile(values(1, 1, 1, 7)(), [2, 3, 4, 1]));
add('tile of six dimensions', () => tf.tile(values(2, 1, 2, 1, 2, 3)(), [2, 2, 2, 2, 2, 2]));
add('transpose of six dimensions', () => tf.transpose(values(2, 1, 2, 3, 2, 3)(), [5, 3, 1, 0, 2, 4]));
add('transpose of a large matrix', () => tf.transpose(values(67, 130)()));
add('fill', () => [tf.fill([2, 3], 1.5), tf.fill([3], 7, 'int32'), tf.fill([0, 2], 1), tf.fill([2], 1, 'bool')]);
add('one hot', () => tf.oneHot(integers(3, 4)(), 3, 0.9, 0.1));
add('one hot of integers', () => tf.oneHot(integers(7)(), 4, 5, -1, 'int32'));

for (const [type, x] of [
  ['float32', values(4, 3, 5)],
  ['int32', integers(4, 3, 5)],
] as const) {
  const at = () => tf.tensor2d([2, 0, 0, 2, 1, 1], [2, 3], 'int32');
  for (const axis of [0, 1, 2]) add(`gather along ${axis}, ${type}`, () => tf.gather(x(), at(), axis));
  add(`gather in batches, ${type}`, () => tf.gather(tf.slice(x(), 0, 2), at(), 1, 1));
  for (const [name, compare] of Object.entries({
    equal: tf.equal,
    notEqual: tf.notEqual,
    greater: tf.greater,
    greaterEqual: tf.greaterEqual,
    less: tf.less,
    lessEqual: tf.lessEqual,
  })) {
    add(`${name}, ${type}`, () => [
      compare(x(), tf.reverse(x())),
      compare(x(), tf.slice(x(), 0, [1, 1, 5])),
      compare(tf.slice(x(), 0, [4, 1, 1]), x()),
      compare(x(), tf.slice(x(), 0, [1, 1, 1])),
      compare(tf.slice(x(), 0, [4, 1, 5]), tf.slice(x(), 0, [1, 3, 1])),
      compare(x(), tf.slice(x(), 0, [4, 1, 5])),
    ]);
  }
  add(`where, ${type}`, () => tf.where(truths(4, 3, 5)(), x(), tf.reverse(x())));
  for (const axis of [0, 1, 2])
    add(`arguments along ${axis}, ${type}`, () => [tf.argMax(x(), axis), tf.argMin(x(), axis)]);
}
add('comparisons of NaN and infinities', () =>
  [tf.equal, tf.notEqual, tf.greater, tf.lessEqual].map((compare) => compare(special(), tf.reverse(special()))),
);
add('logic', () => [
  tf.logicalAnd(truths(4, 3)(), tf.reverse(truths(4, 3)())),
  tf.logicalOr(truths(4, 3)(), tf.slice(truths(4, 3)(), 0, [1, 3])),
  tf.logicalAnd(tf.slice(truths(4, 3)(), 0, [4, 1]), tf.slice(truths(4, 3)(), 0, [1, 3])),
  tf.logicalNot(truths(4, 3)()),
]);
add('sums of segments', () => [
  tf.unsortedSegmentSum(values(5, 2, 3)(), tf.tensor1d([1, 0, 1, -1, 3], 'int32'), 3),
  tf.unsortedSegmentSum(values(5)(), tf.tensor1d([1, 0, 1, 2, 0], 'int32'), 3),
]);

for (const axis of [0, 1, 3, [0, 1], [2, 3], [1, 3], [0, 2], [3, 0], [0, 1, 2], [], undefined]) {
  for (const keep of [false, true]) {
    const x = values(2, 3, 4, 5);
    add(`reductions over ${axis}${keep ? ', kept' : ''}`, () => [
      ...[tf.sum, tf.mean, tf.max, tf.min, tf.prod].map((reduce) => reduce(x(), axis, keep)),
      tf.any(truths(2, 3, 4, 5)(), axis, keep),
      tf.all(tf.logicalNot(truths(2, 3, 4, 5)()), axis, keep),
    ]);
  }
}
add('reductions of NaN', () => [tf.max(special()), tf.min(special()), tf.argMax(special()), tf.sum(special())]);
add('reductions of one value', () => [tf.max(tf.scalar(3)), tf.sum(tf.scalar(3)), tf.mean(tf.scalar(3))]);

for (const [name, unary] of Object.entries({
  abs: tf.abs,
  neg: tf.neg,
  square: tf.square,
  reciprocal: tf.reciprocal,
  floor: tf.floor,
  ceil: tf.ceil,
  relu: tf.relu,
  relu6: tf.relu6,
  elu: tf.elu,
  selu: tf.selu,
  sigmoid: tf.sigmoid,
  tanh: tf.tanh,
  exp: tf.exp,
  softplus: tf.softplus,
  step: tf.step,
  log: (x: tf.Tensor) => tf.log(tf.abs(x)),
  sqrt: (x: tf.Tensor) => tf.sqrt(tf.abs(x)),
  rsqrt: (x: tf.Tensor) => tf.rsqrt(tf.abs(x)),
  clip: (x: tf.Tensor) => tf.clipByValue(x, -0.5, 0.7),
  leakyRelu: (x: tf.Tensor) => tf.leakyRelu(x, 0.3),
})) {
  add(name, () => [unary(values(3, 7)()), unary(tf.mul(values(3, 7)(), 5))]);
}
for (const [name, unary] of Object.entries({
  neg: tf.neg,
  abs: tf.abs,
  square: tf.square,
  reciprocal: tf.reciprocal,
  floor: tf.floor,
  ceil: tf.ceil,
  relu: tf.relu,
  log: tf.log,
  rsqrt: tf.rsqrt,
  sqrt: tf.sqrt,
  step: tf.step,
})) {
  add(`${name} of NaN, infinities and zeros`, () => unary(special()));
}
for (const [name, binary] of Object.entries({
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  div: tf.div,
  maximum: tf.maximum,
  minimum: tf.minimum,
  squaredDifference: tf.squaredDifference,
  prelu: tf.prelu,
})) {
  add(`${name}, repeated in every way`, () => {
    const x = values(4, 3, 5)();
    return [
      binary(x, tf.reverse(x)),
      binary(x, tf.slice(x, 1, [1, 1, 5])),
      binary(x, tf.slice(x, 1, [1, 3, 5])),
      binary(x, tf.slice(x, 1, [1, 3, 1])),
      binary(x, tf.slice(x, [0, 1], [4, 1, 5])),
      binary(x, tf.slice(x, [0, 1], [4, 1, 1])),
      binary(tf.slice(x, [0, 1], [4, 1, 5]), tf.slice(x, 1, [1, 3, 1])),
      binary(x, values(5)()),
    ];
  });
}
add('maximum and minimum of NaN', () => [tf.maximum(special(), tf.reverse(special())), tf.minimum(special(), 0)]);

for (const [name, unary] of Object.entries({
  round: tf.round,
  sign: tf.sign,
  sin: tf.sin,
  cos: tf.cos,
  tan: tf.tan,
  asin: tf.asin,
  acos: tf.acos,
  atan: tf.atan,
  sinh: tf.sinh,
  cosh: tf.cosh,
  asinh: tf.asinh,
  acosh: tf.acosh,
  atanh: tf.atanh,
  expm1: tf.expm1,
  log1p: tf.log1p,
  erf: tf.erf,
  isNaN: tf.isNaN,
  isInf: tf.isInf,
  isFinite: tf.isFinite,
})) {
  add(`${name} of small, large and special numbers`, () => [
    unary(values(3, 7)()),
    unary(tf.mul(values(5, 7)(), 20)),
    unary(tf.mul(values(5)(), 1e7)),
    unary(special()),
    unary(tf.tensor1d([0.5, 1.5, -0.5, -1.5, 2.5])),
  ]);
}
for (const [name, binary] of Object.entries({
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  maximum: tf.maximum,
  minimum: tf.minimum,
  squaredDifference: tf.squaredDifference,
  floorDiv: tf.floorDiv,
  mod: tf.mod,
  pow: tf.pow,
})) {
  const large = () => tf.tensor1d([2147483647, -2147483648, 123456789, 7, -1, 0], 'int32');
  add(`${name} of integers`, () => [
    binary(integers(4, 3)(), tf.reverse(integers(4, 3)())),
    binary(integers(4, 3)(), tf.slice(integers(4, 3)(), 0, [1, 3])),
    binary(large(), tf.reverse(large())),
    binary(large(), tf.scalar(3, 'int32')),
  ]);
}
for (const [name, binary] of Object.entries({ floorDiv: tf.floorDiv, mod: tf.mod, pow: tf.pow, atan2: tf.atan2 })) {
  add(`${name}, repeated, and of special numbers`, () => {
    const x = values(4, 3, 5)();
    return [
      binary(x, tf.reverse(x)),
      binary(x, tf.slice(x, 1, [1, 1, 5])),
      binary(tf.slice(x, 1, [1, 3, 5]), x),
      binary(x, 2),
      binary(-3, x),
      binary(special(), tf.reshape(special(), [8, 1])),
    ];
  });
}
add('powers of one exponent', () =>
  [2, 3, 0.5, -1, 1, 0, -0.5, 4].flatMap((exponent) => [tf.pow(values(3, 7)(), exponent), tf.pow(special(), exponent)]),
);
add('sums of several tensors', () => [
  ...[1, 2, 3, 4].map((count) => tf.addN(Array.from({ length: count }, () => values(3, 4)()))),
  tf.addN([integers(3)(), integers(3)(), integers(3)()]),
]);
for (const axis of [0, 1, 2]) {
  add(`running sums and products along ${axis}`, () =>
    [values(4, 3, 5), integers(4, 3, 5)].flatMap((x) =>
      [false, true].flatMap((exclusive) =>
        [false, true].flatMap((reverse) => [
          tf.cumsum(x(), axis, exclusive, reverse),
          tf.cumprod(x(), axis, exclusive, reverse),
        ]),
      ),
    ),
  );
}
add('casts of large and special numbers', () =>
  (['int32', 'bool'] as const).flatMap((type) => [
    tf.cast(special(), type),
    tf.cast(tf.tensor1d([3e9, -3e9, 1e20, -2147483648, 2147483648]), type),
  ]),
);
add('ranges', () => [tf.range(0, 9), tf.range(5, 1), tf.range(-3, 9, 4, 'int32'), tf.range(9, 2, -3)]);

add('means of integers and truth values', () => [tf.mean(integers(3, 4)(), 0), tf.mean(truths(3, 4)(), 1, true)]);
add('elu by its input', () => tf.grad((x) => tf.elu(x))(values(5, 7)()));
for (const parts of [[5], [2, 3, 4, 5]]) {
  add(`batch normalization with statistics of ${parts}`, () => {
    const of = () => values(...parts)() as tf.Tensor4D;
    const x = values(2, 3, 4, 5)() as tf.Tensor4D;
    return [
      tf.batchNorm(x, of(), tf.abs(of()), of(), tf.mul(of(), 2), 1e-3),
      tf.batchNorm(x, of(), tf.abs(of()), of(), undefined, 1e-3),
      tf.batchNorm(x, of(), tf.abs(of()), undefined, of(), 1e-3),
      tf.batchNorm(x, of(), tf.abs(of()), undefined, undefined, 1e-3),
    ];
  });
}
for (const [height, width] of [
  [2, 3],
  [4, 3],
  [6, 12],
] as const) {
  const enlarged = (x: tf.Tensor) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [height, width]);
  add(`images enlarged to ${height}×${width}`, () => enlarged(values(2, 2, 3, 5)()));
}
for (const channels of [1, 2, 3, 5, 40]) {
  const images = () => values(2, 7, 5, channels)() as tf.Tensor4D;
  for (const size of [
    [7, 5],
    [3, 2],
    [12, 11],
    [1, 1],
    [20, 3],
    [4, 30],
  ] as [number, number][]) {
    add(`images of ${channels} channels resized to ${size[0]}×${size[1]}`, () => [
      tf.image.resizeBilinear(images(), size),
      tf.image.resizeBilinear(images(), size, true),
      tf.image.resizeBilinear(images(), size, false, true),
    ]);
  }
}
add('wide images resized', () => [
  tf.image.resizeBilinear(values(1, 2, 2500, 3)() as tf.Tensor4D, [3, 70]),
  tf.image.resizeBilinear(values(1, 2, 5, 1)() as tf.Tensor4D, [2, 2100]),
]);

expectSameAsCpu(cases);

test.each([
  [1, 1],
  [2, 1],
  [3, 4],
])(
  'the gradient of images enlarged by %i and %i, in a batch, where that of the cpu backend is wrong',
  async (...factors) => {
    await tf.setBackend(backendName);
    const x = values(2, 2, 3, 5)() as tf.Tensor4D;
    const inherit = vi.spyOn(ConvgradBackend.prototype, 'inherit');
    const size: [number, number] = [2 * factors[0], 3 * factors[1]];
    // Each pixel is repeated, and the slope of each square is twice the pixel.
    const gradient = tf.grad((given) => tf.image.resizeNearestNeighbor(given as tf.Tensor4D, size).square())(x);
    const expected = x.mul(2 * factors[0] * factors[1]).dataSync();
    for (const [at, value] of gradient.dataSync().entries()) expect(value).toBeCloseTo(expected[at] as number, 4);
    expect(inherit).not.toHaveBeenCalled();
    tf.dispose([x, gradient]);
  },
);

test('an index out of range is an error', async () => {
  await tf.setBackend(backendName);
  expect(() => tf.gather(values(3)(), tf.tensor1d([0, 3], 'int32'))).toThrow('the index value 3 is not in [0, 2]');
  expect(() => tf.gather(values(3)(), tf.tensor1d([-1], 'int32'))).toThrow('the index value -1');
});

test('a step of training and a prediction inherit nothing', async () => {
  await tf.setBackend(backendName);
  const { layers } = tf;
  const input = tf.input({ shape: [9, 9, 2] });
  const apply = (layer: unknown, x: unknown) => (layer as tf.layers.Layer).apply(x as tf.SymbolicTensor);
  let x = apply(
    layers.zeroPadding2d({
      padding: [
        [0, 1],
        [1, 0],
      ],
    }),
    input,
  );
  x = apply(layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same', useBias: false }), x);
  x = apply(layers.batchNormalization(), x);
  x = apply(layers.reLU({ maxValue: 6 }), x);
  const left = apply(layers.depthwiseConv2d({ kernelSize: 3, padding: 'same' }), x);
  x = apply(layers.concatenate(), [apply(layers.add(), [left, x]), x]);
  x = apply(layers.maxPooling2d({ poolSize: 2 }), x);
  x = apply(layers.averagePooling2d({ poolSize: 2, padding: 'same', strides: 1 }), x);
  x = apply(layers.dropout({ rate: 0.2 }), x);
  x = apply(layers.globalAveragePooling2d({}), x);
  const model = tf.model({
    inputs: input,
    outputs: apply(layers.dense({ units: 3, activation: 'softmax' }), x) as tf.SymbolicTensor,
  });
  model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  const images = tf.tensor(numbers(10 * 162, 1), [10, 9, 9, 2]);
  const labels = tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 1, 2, 0], 'int32'), 3);
  const inherited: string[] = [];
  const { inherit } = ConvgradBackend.prototype;
  vi.spyOn(ConvgradBackend.prototype, 'inherit').mockImplementation(function (this: ConvgradBackend, kernel) {
    inherited.push(String(kernel));
    return inherit.call(this, kernel) as never;
  });
  await model.fit(images, labels, { batchSize: 5, epochs: 2, verbose: 0 });
  (model.predict(images) as tf.Tensor).dispose();
  expect(inherited).toEqual([]);
  tf.dispose([images, labels]);
  model.dispose();
});
