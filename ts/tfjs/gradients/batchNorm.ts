/** The gradient of batch normalization: a pass that sums and one that scales, where TensorFlow.js calls some thirty kernels. */

import { mul, type Tensor, type TensorInfo, engine as tfEngine } from '@tensorflow/tfjs';
import type { ConvgradBackend } from '../backend';
import { areFloats, type HotKernel, type HotKernels, size, withScratch } from '../kernels/kernel';
import { isRecorded, type OwnGradient } from './replace';

const kernelName = 'ConvgradBatchNormSums';

/**
 * Of `y = (x − μ)·r·γ + β` with `r = 1 / √(σ² + ε)`, for each channel: the factor `r·γ` of `dx = dy·r·γ`, then
 * `dμ = −r·γ·Σ dy`, `dσ² = −½·r³·γ·Σ dy·(x − μ)`, `dγ = r·Σ dy·(x − μ)` and `dβ = Σ dy`.
 */
const sums: HotKernel = ({ inputs, attrs, backend }) => {
  const { x, dy, mean, variance, scale } = inputs as Record<'x' | 'dy' | 'mean' | 'variance' | 'scale', TensorInfo>;
  const channels = size(mean);
  const row = () => backend.output(mean.shape);
  const [factor, ofMean, ofVariance, ofScale, ofOffset] = [row(), row(), row(), row(), row()] as const;
  withScratch(backend, 6 * channels, (statistics) => {
    const { engine } = backend;
    const at = (tensor: TensorInfo) => backend.address(tensor);
    const floats = (tensor: TensorInfo) => backend.window(tensor) as Float32Array;
    const deviations = floats(variance).map((value) => 1 / Math.sqrt(value + attrs.varianceEpsilon));
    engine.memory.write(statistics, floats(mean));
    engine.memory.write(statistics + 4 * channels, deviations);
    const [scratch, rows] = [statistics + 8 * channels, size(x) / channels];
    const wanted = [0, at(ofScale), at(ofOffset), scratch] as const;
    engine.call('batch_norm_gradient', rows, channels, at(x), 0, statistics, at(dy), ...wanted);
    const [factors, means, variances] = [floats(factor), floats(ofMean), floats(ofVariance)] as const;
    const [products, totals, scales] = [floats(ofScale), floats(ofOffset), floats(scale)] as const;
    deviations.forEach((deviation, channel) => {
      const product = deviation * (scales[channel] as number);
      factors[channel] = product;
      means[channel] = -product * (totals[channel] as number);
      variances[channel] = -0.5 * deviation * product * (products[channel] as number);
    });
  });
  return [factor, ofMean, ofVariance, ofScale, ofOffset];
};

/** The kernel that the gradient calls. */
export const batchNormKernels: HotKernels = [[kernelName, sums]];

/** Gradients of batch normalization by statistics of channels. */
export const batchNormGradient: OwnGradient = (dy, saved, attributes) => {
  // Without scale or offset TensorFlow.js fails before it comes here.
  const [x, mean, variance, scale] = saved as [Tensor, Tensor, Tensor, Tensor];
  const isOfChannels = mean.rank === 1 && mean.size === x.shape.at(-1);
  const isOurs = areFloats(tfEngine().backend as ConvgradBackend, x, dy, mean, variance, scale);
  if (isRecorded() || !isOfChannels || !isOurs) return undefined;
  const results = tfEngine().runKernel(kernelName, { x, dy, mean, variance, scale }, attributes);
  const [factor, dMean, dVariance, dScale, dOffset] = results as unknown as [Tensor, Tensor, Tensor, Tensor, Tensor];
  return {
    x: () => mul(dy, factor),
    mean: () => dMean,
    variance: () => dVariance,
    scale: () => dScale,
    offset: () => dOffset,
  };
};
