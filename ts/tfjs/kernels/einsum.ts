/** Sums of products by an equation such as `bij,bjk->bik`. */

import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs';
import { areFloats, type HotKernel, type HotKernels, product, size } from './kernel';
import { transposed } from './movement';
import { multiplied } from './product';

/**
 * Of two tensors, as one product of matrices: what both have and the result keeps are batches, what the result has not is summed. Where
 * one tensor alone has what is summed, and with one tensor or more than two, it is inherited.
 */
const einsum: HotKernel = (call) => {
  const { attrs, backend } = call;
  const tensors = call.inputs as unknown as TensorInfo[];
  const [a, b] = tensors;
  if (a === undefined || b === undefined || tensors.length > 2 || !areFloats(backend, a, b)) return undefined;
  const { allDims, summedDims, idDims } = backend_util.decodeEinsumEquation(attrs.equation, 2);
  backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors as never);
  const [ofA = [], ofB = []] = idDims;
  if (!summedDims.every((label) => ofA.includes(label) && ofB.includes(label))) return undefined;
  const kept = [...allDims.keys()].filter((label) => !summedDims.includes(label));
  const batch = kept.filter((label) => ofA.includes(label) && ofB.includes(label));
  const rows = kept.filter((label) => !ofB.includes(label));
  const columns = kept.filter((label) => !ofA.includes(label));
  const sizes = (labels: readonly number[], own: readonly number[], { shape }: TensorInfo) =>
    labels.map((label) => shape[own.indexOf(label)] as number);
  const count = product(sizes(batch, ofA, a));
  const ordered = (x: TensorInfo, own: readonly number[], labels: readonly number[], shape: readonly number[]) => {
    const moved = transposed(
      backend,
      x,
      labels.map((label) => own.indexOf(label)),
    );
    const view = backend.reshaped(moved, shape);
    backend.disposeIntermediateTensorInfo(moved);
    return view;
  };
  const [m, n] = [product(sizes(rows, ofA, a)), product(sizes(columns, ofB, b))];
  const k = product(sizes(summedDims, ofA, a));
  const left = ordered(a, ofA, [...batch, ...rows, ...summedDims], [count, m, k]);
  const right = ordered(b, ofB, [...batch, ...summedDims, ...columns], [count, k, n]);
  const held = [left, right];
  try {
    const matrices = multiplied({ inputs: { a: left, b: right }, attrs: {}, backend }) as TensorInfo;
    held.push(matrices);
    const labels = [...batch, ...rows, ...columns];
    const shape = [...sizes(batch, ofA, a), ...sizes(rows, ofA, a), ...sizes(columns, ofB, b)];
    const whole = backend.reshaped(matrices, shape);
    if (util.arraysEqual(labels, kept) || size(whole) === 0) return whole;
    held.push(whole);
    return transposed(
      backend,
      whole,
      kept.map((label) => labels.indexOf(label)),
    );
  } finally {
    for (const tensor of held) backend.disposeIntermediateTensorInfo(tensor);
  }
};

/** Kernels by equations. */
export const equations: HotKernels = [['Einsum', einsum]];
