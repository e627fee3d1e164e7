/** Reductions over any axes, sums of segments, softmax. */

import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs';
import type { ConvgradBackend } from '../backend';
import { areFloats, type HotKernel, type HotKernels, product, size, typeOf } from './kernel';
import { cast } from './mathematics';
import { transposed } from './movement';

/** A tensor as `[outer, reduced, inner]`, of which the middle goes away. */
interface Cut {
  readonly outer: number;
  readonly reduced: number;
  readonly inner: number;
  /** Shape of the result. */
  readonly shape: number[];
  /** Address of the numbers. */
  readonly address: number;
}

/** Runs `work` with a tensor as a kernel of reductions takes it; axes that do not lie together are brought to the end. */
function withCut<T>(
  backend: ConvgradBackend,
  x: TensorInfo,
  axis: number | number[] | null | undefined,
  keepDims: boolean,
  work: (cut: Cut) => T,
): T {
  const axes = util.parseAxisParam(axis as number[], x.shape).sort((left, right) => left - right);
  const [first = 0] = axes;
  const [kept] = backend_util.computeOutAndReduceShapes(x.shape, axes);
  const shape = keepDims ? backend_util.expandShapeToKeepDim(kept, axes) : kept;
  if (axes.every((at, index) => at === first + index)) {
    const [outer, reduced, inner] = [
      x.shape.slice(0, first),
      x.shape.slice(first, first + axes.length),
      x.shape.slice(first + axes.length),
    ].map(product) as [number, number, number];
    return work({ outer, reduced, inner, shape, address: backend.address(x) });
  }
  const order = [...x.shape.keys()].filter((at) => !axes.includes(at)).concat(axes);
  const moved = transposed(backend, x, order);
  try {
    const outer = product(kept);
    return work({ outer, reduced: size(x) / outer, inner: 1, shape, address: backend.address(moved) });
  } finally {
    backend.disposeIntermediateTensorInfo(moved);
  }
}

function sum(isMean: boolean): HotKernel {
  return ({ inputs, attrs, backend }) => {
    const { x } = inputs as { x: TensorInfo };
    if (!areFloats(backend, x)) return undefined;
    return withCut(backend, x, attrs.axis, attrs.keepDims, ({ outer, reduced, inner, shape, address }) => {
      const y = backend.output(shape);
      const [from, to, { engine }] = [address, backend.address(y), backend];
      engine.call('sum_repeated', outer, reduced, inner, from, to);
      if (!isMean) return y;
      const mean = backend.output(shape);
      engine.call('affine', size(y), 1 / reduced, 0, backend.address(y), backend.address(mean));
      backend.disposeIntermediateTensorInfo(y);
      return mean;
    });
  };
}

/** The mean, also of integers and truth values. */
const mean: HotKernel = (call) => {
  const { inputs, backend } = call;
  const { x } = inputs as { x: TensorInfo };
  const type = typeOf(backend, x);
  if (type !== 'int32' && type !== 'bool') return sum(true)(call);
  const floats = cast({ inputs: { x }, attrs: { dtype: 'float32' }, backend }) as TensorInfo;
  try {
    return sum(true)({ ...call, inputs: { x: floats } });
  } finally {
    backend.disposeIntermediateTensorInfo(floats);
  }
};

/** Which axes a kernel goes over: `Max` has a name of its own for them. */
type Axes = 'axis' | 'reductionIndices';

function extreme(code: number, axes: Axes = 'axis'): HotKernel {
  return ({ inputs, attrs, backend }) => {
    const { x } = inputs as { x: TensorInfo };
    if (!areFloats(backend, x)) return undefined;
    return withCut(backend, x, attrs[axes], attrs.keepDims, ({ outer, reduced, inner, shape, address }) => {
      const y = backend.output(shape);
      backend.engine.call('reduce', code, outer, reduced, inner, address, backend.address(y));
      return y;
    });
  };
}

function truth(all: 0 | 1): HotKernel {
  return ({ inputs, attrs, backend }) => {
    const { x } = inputs as { x: TensorInfo };
    if (typeOf(backend, x) !== 'bool') return undefined;
    return withCut(backend, x, attrs.axis, attrs.keepDims, ({ outer, reduced, inner, shape, address }) => {
      const y = backend.output(shape, 'bool');
      backend.engine.call('reduce_truth', all, outer, reduced, inner, address, backend.address(y));
      return y;
    });
  };
}

function argument(largest: 0 | 1): HotKernel {
  return ({ inputs, attrs, backend }) => {
    const { x } = inputs as { x: TensorInfo };
    const type = typeOf(backend, x);
    const axis = util.parseAxisParam(attrs.axis, x.shape)[0];
    if ((type !== 'float32' && type !== 'int32') || axis === undefined) return undefined;
    return withCut(backend, x, axis, false, ({ outer, reduced, inner, shape, address }) => {
      const y = backend.output(shape, 'int32');
      const integers = Number(type === 'int32');
      backend.engine.call('argument', largest, integers, outer, reduced, inner, address, backend.address(y));
      return y;
    });
  };
}

const segmentSum: HotKernel = ({ inputs, attrs, backend }) => {
  const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
  const isPlain = areFloats(backend, x) && typeOf(backend, segmentIds) === 'int32' && segmentIds.shape.length === 1;
  const { numSegments } = attrs;
  if (!isPlain || numSegments < 1 || x.shape[0] !== segmentIds.shape[0]) return undefined;
  const shape = [numSegments, ...x.shape.slice(1)];
  const y = backend.output(shape);
  const addresses = [segmentIds, x, y].map((tensor) => backend.address(tensor));
  backend.engine.call('segment_sums', size(segmentIds), product(shape.slice(1)), numSegments, ...addresses);
  return y;
};

const softmax: HotKernel = ({ inputs, attrs, backend }) => {
  const { logits } = inputs as { logits: TensorInfo };
  const rank = logits.shape.length;
  const width = logits.shape[rank - 1];
  if (!areFloats(backend, logits) || width === undefined || ![-1, rank - 1].includes(attrs.dim)) return undefined;
  const y = backend.output(logits.shape);
  backend.engine.call('softmax', size(logits) / width, width, backend.address(logits), backend.address(y));
  return y;
};

/** Reductions and what is made of them. */
export const reductions: HotKernels = [
  ['Sum', sum(false)],
  ['Mean', mean],
  ['Max', extreme(0, 'reductionIndices')],
  ['Min', extreme(1)],
  ['Prod', extreme(2)],
  ['Any', truth(0)],
  ['All', truth(1)],
  ['ArgMax', argument(1)],
  ['ArgMin', argument(0)],
  ['UnsortedSegmentSum', segmentSum],
  ['Softmax', softmax],
];
