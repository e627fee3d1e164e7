/** The activation functions by their definitions. */

import type { ActivationName } from '../../../ts';
import type { Nodes, Tape } from '../../support/tape';

type Curve = readonly [(x: number) => number, (x: number) => number];

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
export const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
/** Φ(x), the distribution of the normal law, from the series of the error function. */
export function normal(x: number): number {
  const t = x / Math.SQRT2;
  if (Math.abs(t) > 5) return t > 0 ? 1 : 0;
  let term = t;
  let sum = t;
  for (let n = 1; n < 120; n++) {
    term *= (-t * t) / n;
    sum += term / (2 * n + 1);
  }
  return 0.5 + sum / Math.sqrt(Math.PI);
}
/** Its density. */
const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
const inner = (x: number): number => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
const innerSlope = (x: number): number => Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x ** 2);
const [SELU_LIMIT, SELU_SCALE] = [1.6732632423543772, 1.0507009873554805];
const cut = (x: number): number => Math.min(Math.max(x + 3, 0), 6) / 6;
const cutSlope = (x: number): number => (Math.abs(x) < 3 ? 1 / 6 : 0);

/** `x`, and `slope · x` below 0. */
export const leakyCurve = (slope: number): Curve => [(x) => (x > 0 ? x : slope * x), (x) => (x > 0 ? 1 : slope)];
/** `x`, and `limit · (eˣ − 1)` below 0. */
export const eluCurve = (limit: number): Curve => [
  (x) => (x > 0 ? x : limit * Math.expm1(x)),
  (x) => (x > 0 ? 1 : limit * Math.exp(x)),
];

const [selu, seluSlope] = eluCurve(SELU_LIMIT);
/** Each function of single numbers with its derivative. */
export const curves: Readonly<Record<Exclude<ActivationName, 'softmax' | 'logSoftmax'>, Curve>> = {
  linear: [(x) => x, () => 1],
  sigmoid: [sigmoid, (x) => sigmoid(x) * (1 - sigmoid(x))],
  relu: leakyCurve(0),
  tanh: [Math.tanh, (x) => 1 - Math.tanh(x) ** 2],
  relu6: [(x) => Math.min(Math.max(x, 0), 6), (x) => (x > 0 && x < 6 ? 1 : 0)],
  leakyRelu: leakyCurve(0.2),
  elu: eluCurve(1),
  selu: [(x) => SELU_SCALE * selu(x), (x) => SELU_SCALE * seluSlope(x)],
  gelu: [(x) => x * normal(x), (x) => normal(x) + x * density(x)],
  geluTanh: [
    (x) => (x / 2) * (1 + Math.tanh(inner(x))),
    (x) => (1 + Math.tanh(inner(x))) / 2 + (x / 2) * (1 - Math.tanh(inner(x)) ** 2) * innerSlope(x),
  ],
  silu: [(x) => x * sigmoid(x), (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x)))],
  swish: [(x) => x * sigmoid(x), (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x)))],
  softplus: [softplus, sigmoid],
  hardSigmoid: [cut, cutSlope],
  hardSwish: [(x) => x * cut(x), (x) => cut(x) + x * cutSlope(x)],
  mish: [
    (x) => x * Math.tanh(softplus(x)),
    (x) => Math.tanh(softplus(x)) + x * (1 - Math.tanh(softplus(x)) ** 2) * sigmoid(x),
  ],
  softsign: [(x) => x / (1 + Math.abs(x)), (x) => (1 + Math.abs(x)) ** -2],
  hardTanh: [(x) => Math.min(Math.max(x, -1), 1), (x) => Number(Math.abs(x) < 1)],
  exponential: [Math.exp, Math.exp],
  logSigmoid: [(x) => -softplus(-x), (x) => sigmoid(-x)],
  softShrink: [(x) => Math.sign(x) * Math.max(Math.abs(x) - 0.5, 0), (x) => Number(Math.abs(x) > 0.5)],
  hardShrink: [(x) => (Math.abs(x) > 0.5 ? x : 0), (x) => Number(Math.abs(x) > 0.5)],
  tanhShrink: [(x) => x - Math.tanh(x), (x) => Math.tanh(x) ** 2],
  squareplus: [(x) => (x + Math.hypot(x, 2)) / 2, (x) => (1 + x / Math.hypot(x, 2)) / 2],
};

/** `f(x)` number by number. */
export function mapNodes(tape: Tape, { shape, nodes }: Nodes, [f, slope]: Curve): Nodes {
  return { shape, nodes: nodes.map((node) => tape.map(node, f, slope)) };
}

/** `eˣ / Σ eˣ` over the last dimension. */
export function softmaxNodes(tape: Tape, { shape, nodes }: Nodes): Nodes {
  const width = shape.at(-1) ?? 1;
  const result: number[] = [];
  for (let start = 0; start < nodes.length; start += width) {
    const row = nodes.slice(start, start + width);
    const largest = Math.max(...row.map((node) => tape.value(node)));
    const powers = row.map((node) => {
      const shifted = tape.affine(node, 1, -largest);
      return tape.map(shifted, Math.exp, Math.exp);
    });
    const total = tape.map(
      tape.sum(powers),
      (x) => 1 / x,
      (x) => -1 / x ** 2,
    );
    result.push(...powers.map((power) => tape.multiply(power, total)));
  }
  return { shape, nodes: result };
}

/** An activation by its name. */
export function activate(tape: Tape, x: Nodes, name: ActivationName = 'linear'): Nodes {
  if (name === 'softmax') return softmaxNodes(tape, x);
  if (name === 'logSoftmax') return mapNodes(tape, softmaxNodes(tape, x), [Math.log, (share) => 1 / share]);
  return mapNodes(tape, x, curves[name]);
}
