/** The gradient of batch normalization: a pass that sums and one that scales, where TensorFlow.js calls some thirty kernels. */

import { mul, reshape, type Tensor, type TensorInfo, engine as tfEngine } from '@tensorflow/tfjs';
import { type HotKernel, type HotKernels, size, withScratch } from '../kernels/kernel';
import { normalizeElements } from '../kernels/normalization';
import { mayCallOurs, type OwnGradient } from './replace';

const sumsKernel = 'ConvgradBatchNormSums';
const partsKernel = 'ConvgradBatchNormParts';

type Inputs = Record<'x' | 'dy' | 'mean' | 'variance' | 'scale', TensorInfo>;

/**
 * Of `y = (x − μ)·r·γ + β` with `r = 1 / √(σ² + ε)`, for each channel: the factor `r·γ` of `dx = dy·r·γ`, then
 * `dμ = −r·γ·Σ dy`, `dσ² = −½·r³·γ·Σ dy·(x − μ)`, `dγ = r·Σ dy·(x − μ)` and `dβ = Σ dy`.
 */
const sums: HotKernel = ({ inputs, attrs, backend }) => {
  const { x, dy, mean, variance, scale } = inputs as Inputs;
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

/** The same for statistics of each element, as layer normalization has them: `dx`, `dμ`, `dσ²` and `dγ`, all as large as x. */
const parts: HotKernel = ({ inputs, attrs, backend }) => {
  const { x, dy, mean, variance, scale } = inputs as Inputs;
  const length = size(x);
  const { engine } = backend;
  const at = (tensor: TensorInfo) => backend.address(tensor);
  const whole = () => backend.output(x.shape);
  const [ofX, ofMean, ofVariance, ofScale] = [whole(), whole(), whole(), whole()] as const;
  const times = (a: number, b: number, y: number) => engine.call('multiply', length, a, b, y);
  withScratch(backend, length, (deviation) =>
    withScratch(backend, length, (normalized) => {
      const places = { deviation, scratch: at(ofScale), y: normalized };
      normalizeElements(backend, { x, mean, variance }, attrs.varianceEpsilon, places);
      times(at(dy), at(scale), at(ofMean));
      times(at(ofMean), deviation, at(ofX));
      // −dx.
      engine.call('unary', 3, 0, length, at(ofX), at(ofMean));
      times(at(ofX), normalized, at(ofVariance));
      times(at(ofVariance), deviation, at(ofScale));
      engine.call('affine', length, -0.5, 0, at(ofScale), at(ofVariance));
      times(at(dy), normalized, at(ofScale));
    }),
  );
  return [ofX, ofMean, ofVariance, ofScale];
};

/** The kernels that the gradient calls. */
export const batchNormKernels: HotKernels = [
  [sumsKernel, sums],
  [partsKernel, parts],
];

/** Gradients of batch normalization by statistics of channels, or of each element. */
export const batchNormGradient: OwnGradient = (dy, saved, attributes) => {
  // Without scale or offset TensorFlow.js fails before it comes here.
  const [x, mean, variance, scale] = saved as [Tensor, Tensor, Tensor, Tensor];
  if (!mayCallOurs(x, dy, mean, variance, scale)) return undefined;
  const run = (kernelName: string) =>
    tfEngine().runKernel(kernelName, { x, dy, mean, variance, scale }, attributes) as unknown as Tensor[];
  if ([mean, variance, scale].every(({ rank, size }) => rank === 1 && size === x.shape.at(-1))) {
    const [factor, ofMean, ofVariance, ofScale, ofOffset] = run(sumsKernel) as [Tensor, Tensor, Tensor, Tensor, Tensor];
    return {
      x: () => mul(dy, factor),
      mean: () => ofMean,
      variance: () => ofVariance,
      scale: () => ofScale,
      offset: () => ofOffset,
    };
  }
  if ([mean, variance, scale].some(({ shape }) => String(shape) !== String(x.shape))) return undefined;
  const [ofX, ofMean, ofVariance, ofScale] = run(partsKernel) as [Tensor, Tensor, Tensor, Tensor];
  return {
    x: () => ofX,
    mean: () => ofMean,
    variance: () => ofVariance,
    scale: () => ofScale,
    offset: () => reshape(dy, x.shape),
  };
};
