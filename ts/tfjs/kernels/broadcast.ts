/** How two tensors fill the shape of their result: repeated on the fly where the kernels can, else written out. */

import { broadcast_util, type TensorInfo } from '@tensorflow/tfjs';
import { withRank } from '../../shape';
import type { ConvgradBackend } from '../backend';
import { copyBox, stepsOf } from './box';
import { product, size } from './kernel';

/** How an operand fills `[rows, columns]`: codes of crate/src/kernels/broadcast.rs. */
const repeats = { none: 0, row: 1, column: 2, value: 3 } as const;

/** Two operands as the kernels take them. */
export interface Operands {
  /** Shape of the result. */
  readonly shape: number[];
  /** Rows and columns of the result, address of the left operand and how it fills it, the same of the right one. */
  readonly arguments: readonly [rows: number, columns: number, a: number, ofA: number, b: number, ofB: number];
}

/** A cut of a result, and how the operands fill it. */
type Layout = Readonly<Record<'rows' | 'columns' | 'a' | 'b', number>>;

/** Finds the cut into rows and columns with which both operands are a row, a column, a value or all. */
function layoutOf(a: TensorInfo, b: TensorInfo, shape: readonly number[]): Layout | undefined {
  const total = product(shape);
  if (size(a) === total && size(b) === total) return { rows: 1, columns: total, a: repeats.none, b: repeats.none };
  const [aShape, bShape] = [withRank(a.shape, shape.length), withRank(b.shape, shape.length)];
  for (let cut = 0; cut <= shape.length; cut++) {
    const rows = product(shape.slice(0, cut));
    const fill = (own: readonly number[]): number | undefined => {
      const head = product(own.slice(0, cut));
      const tail = product(own.slice(cut));
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

/** A tensor repeated to a shape. */
function expanded(backend: ConvgradBackend, x: TensorInfo, shape: readonly number[]): TensorInfo {
  const y = backend.output(shape, x.dtype as 'float32');
  const own = withRank(x.shape, shape.length);
  const steps = stepsOf(own).map((step, axis) => (own[axis] === 1 ? 0 : step));
  copyBox(backend, shape, { tensor: x, steps }, { tensor: y, steps: stepsOf(shape) });
  return y;
}

/**
 * Runs `work` with two tensors as operands of a kernel. All must have elements.
 *
 * @throws {Error} of TensorFlow.js when the shapes do not fit each other.
 */
export function withOperands<T>(
  backend: ConvgradBackend,
  a: TensorInfo,
  b: TensorInfo,
  work: (operands: Operands) => T,
): T {
  const shape = broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const run = (left: TensorInfo, right: TensorInfo, { rows, columns, a, b }: Layout) =>
    work({ shape, arguments: [rows, columns, backend.address(left), a, backend.address(right), b] });
  const layout = layoutOf(a, b, shape);
  if (layout !== undefined) return run(a, b, layout);
  const held: TensorInfo[] = [];
  try {
    const [left, right] = [a, b].map((operand) => {
      if (size(operand) === product(shape)) return operand;
      const whole = expanded(backend, operand, shape);
      held.push(whole);
      return whole;
    }) as [TensorInfo, TensorInfo];
    return run(left, right, { rows: 1, columns: product(shape), a: repeats.none, b: repeats.none });
  } finally {
    for (const tensor of held) backend.disposeIntermediateTensorInfo(tensor);
  }
}
