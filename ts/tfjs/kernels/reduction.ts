/** Sums and means over axes that lie together, softmax, and batch normalization by given statistics. */

import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs';
import { areFloats, type HotKernel, type HotKernels, size, withScratch } from './kernel';

function product(dimensions: readonly number[]): number {
  return dimensions.reduce((total, dimension) => total * dimension, 1);
}

function sum(isMean: boolean): HotKernel {
  return ({ inputs, attrs, backend }) => {
    const { x } = inputs as { x: TensorInfo };
    if (!areFloats(backend, x)) return undefined;
    const axes = util.parseAxisParam(attrs.axis, x.shape).sort((left, right) => left - right);
    const [first = 0] = axes;
    // Over axes that do not lie together the cpu backend transposes.
    if (axes.length === 0 || axes.some((axis, index) => axis !== first + index)) return undefined;
    const last = first + axes.length;
    const [outer, reduced, inner] = [x.shape.slice(0, first), x.shape.slice(first, last), x.shape.slice(last)].map(
      product,
    ) as [number, number, number];
    const [kept] = backend_util.computeOutAndReduceShapes(x.shape, axes);
    const shape = attrs.keepDims ? backend_util.expandShapeToKeepDim(kept, axes) : kept;
    const y = backend.output(shape);
    const [from, to, { engine }] = [backend.address(x), backend.address(y), backend];
    if (inner === 1) engine.call('row_sums', outer, reduced, from, to);
    else {
      for (let index = 0; index < outer; index++) {
        const at = from + index * reduced * inner * 4;
        engine.call('bias_gradient', reduced, inner, at, to + index * inner * 4);
      }
    }
    if (!isMean) return y;
    const mean = backend.output(shape);
    engine.call('affine', size(y), 1 / reduced, 0, to, backend.address(mean));
    backend.disposeIntermediateTensorInfo(y);
    return mean;
  };
}

const softmax: HotKernel = ({ inputs, attrs, backend }) => {
  const { logits } = inputs as { logits: TensorInfo };
  const rank = logits.shape.length;
  const width = logits.shape[rank - 1];
  if (!areFloats(backend, logits) || width === undefined || ![-1, rank - 1].includes(attrs.dim)) return undefined;
  const y = backend.output(logits.shape);
  backend.engine.call('softmax', size(logits) / width, width, backend.address(logits), backend.address(y));
  return y;
};

const batchNorm: HotKernel = ({ inputs, attrs, backend }) => {
  const { x, scale, offset, mean, variance } = inputs as {
    x: TensorInfo;
    scale?: TensorInfo;
    offset?: TensorInfo;
    mean: TensorInfo;
    variance: TensorInfo;
  };
  const channels = x.shape.at(-1);
  const perChannel = [scale, offset, mean, variance].every((part) => part === undefined || size(part) === channels);
  if (channels === undefined || !perChannel || !areFloats(backend, x, scale, offset, mean, variance)) return undefined;
  const at = (part: TensorInfo | undefined) => (part === undefined ? 0 : backend.address(part));
  return withScratch(backend, 2 * channels, (scratch) => {
    const y = backend.output(x.shape);
    const parts = [x, scale, offset, mean, variance, y].map(at);
    const epsilon = attrs.varianceEpsilon ?? 0.001;
    backend.engine.call('batch_norm_inference', size(x) / channels, channels, epsilon, ...parts, scratch);
    return y;
  });
};

/** Reductions and what is made of them. */
export const reductions: HotKernels = [
  ['Sum', sum(false)],
  ['Mean', sum(true)],
  ['Softmax', softmax],
  ['FusedBatchNorm', batchNorm],
];
