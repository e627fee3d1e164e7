/** Rows of a tensor by their numbers: read there, or added there. */

import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs';
import type { ConvgradBackend } from '../backend';
import { areFloats, type HotKernel, type HotKernels, size, typeOf, withWords } from './kernel';

const gather: HotKernel = ({ inputs, attrs, backend }) => {
  const { x, indices } = inputs as { x: TensorInfo; indices: TensorInfo };
  const type = typeOf(backend, x);
  if (type === undefined || type === 'bool' || typeOf(backend, indices) !== 'int32') return undefined;
  const axis = util.parseAxisParam(attrs.axis, x.shape)[0] as number;
  const length = x.shape[axis] as number;
  for (const index of backend.window(indices)) {
    util.assert(index >= 0 && index < length, () => `GatherV2: the index value ${index} is not in [0, ${length - 1}]`);
  }
  const { collectGatherOpShapeInfo } = backend_util.segment_util;
  const sizes = collectGatherOpShapeInfo(x as never, indices as never, axis, attrs.batchDims ?? 0);
  const y = backend.output(sizes.outputShape, type);
  const { batchSize, outerSize, dimSize, sliceSize } = sizes;
  const addresses = [indices, x, y].map((tensor) => backend.address(tensor));
  const count = size(indices) / batchSize;
  backend.engine.call('gather_words', batchSize, outerSize, dimSize, sliceSize, count, ...addresses);
  return y;
};

/**
 * The number of the row that each place names.
 *
 * @param rank - Numbers of a place.
 * @param steps - Rows from one index to the next, for each number of a place.
 * @throws {Error} in the words of the cpu backend, where one lies outside.
 */
function rowsAt(
  backend: ConvgradBackend,
  places: TensorInfo,
  rank: number,
  steps: readonly number[],
  rows: number,
  shape: readonly number[],
): number[] {
  const numbers = backend.window(places);
  const found = Array<number>(size(places) / rank);
  for (let place = 0; place < found.length; place++) {
    let row = 0;
    for (let axis = 0; axis < rank; axis++) row += (numbers[place * rank + axis] as number) * (steps[axis] as number);
    if (row < 0 || row >= rows) {
      const index = numbers.slice(place * rank, (place + 1) * rank);
      throw new Error(`Invalid indices: ${index} does not index into ${shape}`);
    }
    found[place] = row;
  }
  return found;
}

const gatherNd: HotKernel = ({ inputs, backend }) => {
  const { params, indices } = inputs as { params: TensorInfo; indices: TensorInfo };
  const type = typeOf(backend, params);
  if (type === undefined || type === 'bool' || typeOf(backend, indices) !== 'int32') return undefined;
  const [shape, count, width, steps] = backend_util.prepareAndValidate(params, indices);
  const rows = size(params) / width;
  return withWords(
    backend,
    rowsAt(backend, indices, indices.shape.at(-1) as number, steps, rows, params.shape),
    (numbers) => {
      const y = backend.output(shape, type);
      const addresses = [numbers, backend.address(params), backend.address(y)];
      backend.engine.call('gather_words', 1, 1, rows, width, count, ...addresses);
      return y;
    },
  );
};

const scatterNd: HotKernel = ({ inputs, attrs, backend }) => {
  const { indices, updates } = inputs as { indices: TensorInfo; updates: TensorInfo };
  const { shape } = attrs;
  if (!areFloats(backend, updates) || typeOf(backend, indices) !== 'int32') return undefined;
  const plan = backend_util.calculateShapes(updates, indices, shape);
  if (plan.outputSize === 0 || size(updates) !== plan.numUpdates * plan.sliceSize) return undefined;
  const rows = plan.outputSize / plan.sliceSize;
  return withWords(backend, rowsAt(backend, indices, plan.sliceRank, plan.strides, rows, shape), (numbers) => {
    const y = backend.output(shape);
    const addresses = [numbers, backend.address(updates), backend.address(y)];
    backend.engine.call('segment_sums', plan.numUpdates, plan.sliceSize, rows, ...addresses);
    return y;
  });
};

/** Kernels of rows by number. */
export const gathers: HotKernels = [
  ['GatherV2', gather],
  ['GatherNd', gatherNd],
  ['ScatterNd', scatterNd],
];
