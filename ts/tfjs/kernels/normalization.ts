/** Batch normalization by given statistics, of which there is one for each channel or one for each element. */

import type { TensorInfo } from '@tensorflow/tfjs';
import type { ConvgradBackend } from '../backend';
import { areFloats, type HotKernel, type HotKernels, size, withScratch } from './kernel';

type Parts = Record<'x' | 'mean' | 'variance', TensorInfo> & { scale?: TensorInfo; offset?: TensorInfo };

const perChannel: HotKernel = ({ inputs, attrs, backend }) => {
  const { x, scale, offset, mean, variance } = inputs as Parts;
  const channels = x.shape.at(-1);
  const areOfChannels = [scale, offset, mean, variance].every((part) => part === undefined || size(part) === channels);
  if (channels === undefined || !areOfChannels || !areFloats(backend, x, scale, offset, mean, variance))
    return undefined;
  const at = (part: TensorInfo | undefined) => (part === undefined ? 0 : backend.address(part));
  return withScratch(backend, 2 * channels, (scratch) => {
    const y = backend.output(x.shape);
    const parts = [x, scale, offset, mean, variance, y].map(at);
    const epsilon = attrs.varianceEpsilon ?? 0.001;
    backend.engine.call('batch_norm_inference', size(x) / channels, channels, epsilon, ...parts, scratch);
    return y;
  });
};

/**
 * `y = (x − mean) / √(variance + ε)`, element by element.
 *
 * @param deviation - Where the reciprocal roots go.
 * @param scratch - Room for as many values.
 */
export function normalizeElements(
  backend: ConvgradBackend,
  { x, mean, variance }: Parts,
  epsilon: number,
  { deviation, scratch, y }: Readonly<Record<'deviation' | 'scratch' | 'y', number>>,
): void {
  const { engine } = backend;
  const length = size(x);
  engine.call('affine', length, 1, epsilon, backend.address(variance), scratch);
  // Reciprocal roots, then differences.
  engine.call('unary', 6, 0, length, scratch, deviation);
  engine.call('binary', 1, 1, length, backend.address(x), 0, backend.address(mean), 0, scratch);
  engine.call('multiply', length, scratch, deviation, y);
}

/** As layer normalization calls it: `(x − mean) / √(variance + ε) · scale + offset`, element by element. */
const perElement: HotKernel = ({ inputs, attrs, backend }) => {
  const { x, scale, offset, mean, variance } = inputs as Parts;
  const length = size(x);
  const areWhole = [scale, offset, mean, variance].every((part) => part === undefined || size(part) === length);
  if (!areWhole || !areFloats(backend, x, scale, offset, mean, variance)) return undefined;
  return withScratch(backend, length, (first) =>
    withScratch(backend, length, (second) => {
      const { engine } = backend;
      const y = backend.output(x.shape);
      const places = { deviation: first, scratch: second, y: backend.address(y) };
      normalizeElements(backend, { x, mean, variance }, attrs.varianceEpsilon ?? 0.001, places);
      if (scale !== undefined) {
        engine.call('multiply', length, backend.address(y), backend.address(scale), first);
        engine.call('affine', length, 1, 0, first, backend.address(y));
      }
      if (offset !== undefined) {
        engine.call('affine', length, 1, 0, backend.address(y), first);
        engine.call('add', length, first, backend.address(offset), backend.address(y));
      }
      return y;
    }),
  );
};

/** Batch normalization. */
export const normalizations: HotKernels = [['FusedBatchNorm', (call) => perChannel(call) ?? perElement(call)]];
