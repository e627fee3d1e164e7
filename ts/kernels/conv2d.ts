/**
 * The convolution and its two gradients on plain arrays, for code that brings its own training loop.
 * Each call copies its arguments into WebAssembly memory and the result out.
 */

import { ShapeError } from '../errors';
import { type Convolution, type ConvolutionOptions, resolveConvolution } from '../runtime/geometry';
import { getEngine } from '../runtime/init';
import { checkShape, formatShape, type Shape, sameShape } from '../shape';
import type { Tensor } from '../tensor';
import { staged } from './staging';

/** Arguments of {@link conv2d}. */
export interface Conv2dArgs extends ConvolutionOptions {
  /** Images. */
  readonly x: ArrayLike<number>;
  /** `[batch, height, width, channels]` */
  readonly xShape: Shape;
  /** Filters. */
  readonly filter: ArrayLike<number>;
  /** `[kernelHeight, kernelWidth, channels / groups, filters]` */
  readonly filterShape: Shape;
  /** One value for each filter, added to its outputs. Default none. */
  readonly bias?: ArrayLike<number>;
  /** Where to put the result; allocated when left out. */
  readonly out?: Float32Array;
}

/** Arguments of {@link conv2dFilterGradient}. */
export interface Conv2dFilterGradientArgs extends ConvolutionOptions {
  /** Images. */
  readonly x: ArrayLike<number>;
  /** `[batch, height, width, channels]` */
  readonly xShape: Shape;
  /** Gradient of the loss by the convolution's output. */
  readonly dy: ArrayLike<number>;
  /** `[batch, outHeight, outWidth, filters]` */
  readonly dyShape: Shape;
  /** `[kernelHeight, kernelWidth, channels / groups, filters]` */
  readonly filterShape: Shape;
  /** Where to put the result; allocated when left out. */
  readonly out?: Float32Array;
}

/** Arguments of {@link conv2dInputGradient}. */
export interface Conv2dInputGradientArgs extends ConvolutionOptions {
  /** Gradient of the loss by the convolution's output. */
  readonly dy: ArrayLike<number>;
  /** `[batch, outHeight, outWidth, filters]` */
  readonly dyShape: Shape;
  /** Filters. */
  readonly filter: ArrayLike<number>;
  /** `[kernelHeight, kernelWidth, channels / groups, filters]` */
  readonly filterShape: Shape;
  /** Shape of the images: `[batch, height, width, channels]` */
  readonly xShape: Shape;
  /** Where to put the result; allocated when left out. */
  readonly out?: Float32Array;
}

/**
 * Two-dimensional cross-correlation of NHWC images with HWIO filters:
 * `y[n,i,j,o] = Σ x[n, i·stride + p·dilation − top, j·stride + q·dilation − left, c] · f[p,q,c,o] + bias[o]`.
 *
 * @returns The output, `[batch, outHeight, outWidth, filters]`.
 * @throws {ShapeError | OptionError} when the arguments do not fit each other.
 */
export function conv2d(args: Conv2dArgs): Tensor {
  const where = 'kernels.conv2d';
  const convolution = resolve(args.xShape, args.filterShape, args, where);
  const engine = getEngine();
  return staged(engine, (staging) => {
    const geometry = staging.words(convolution.block);
    const x = staging.input(args.x, convolution.input, `${where} x`);
    const filter = staging.input(args.filter, convolution.filter, `${where} filter`);
    const bias = args.bias === undefined ? 0 : staging.input(args.bias, [convolution.output[3]], `${where} bias`);
    const y = staging.floats(count(convolution.output));
    const size = engine.query('conv2d_workspace', 0, geometry);
    const workspace = staging.floats(size);
    engine.call('conv2d_forward', geometry, x, filter, bias, y, 0, workspace, size);
    return { data: staging.output(y, convolution.output, args.out, where), shape: convolution.output };
  });
}

/**
 * Gradient of the loss by the filter, summed over the batch: the convolution of the images with `dy`,
 * `df[p,q,c,o] = Σ x[n, i·stride + p·dilation − top, j·stride + q·dilation − left, c] · dy[n,i,j,o]`.
 *
 * @returns The gradient, of the shape `filterShape`.
 * @throws {ShapeError | OptionError} when the arguments do not fit each other.
 */
export function conv2dFilterGradient(args: Conv2dFilterGradientArgs): Tensor {
  const where = 'kernels.conv2dFilterGradient';
  const convolution = resolve(args.xShape, args.filterShape, args, where);
  checkOutput(convolution, args.dyShape, where);
  const engine = getEngine();
  return staged(engine, (staging) => {
    const geometry = staging.words(convolution.block);
    const x = staging.input(args.x, convolution.input, `${where} x`);
    const dy = staging.input(args.dy, convolution.output, `${where} dy`);
    const df = staging.floats(count(convolution.filter));
    const size = engine.query('conv2d_workspace', 1, geometry);
    const workspace = staging.floats(size);
    engine.call('conv2d_filter_gradient', geometry, x, dy, df, workspace, size);
    return { data: staging.output(df, convolution.filter, args.out, where), shape: convolution.filter };
  });
}

/**
 * Gradient of the loss by the images: each `dy[n,i,j,o] · f[p,q,c,o]` goes back to the pixel it came from.
 *
 * @returns The gradient, of the shape `xShape`.
 * @throws {ShapeError | OptionError} when the arguments do not fit each other.
 */
export function conv2dInputGradient(args: Conv2dInputGradientArgs): Tensor {
  const where = 'kernels.conv2dInputGradient';
  const convolution = resolve(args.xShape, args.filterShape, args, where);
  checkOutput(convolution, args.dyShape, where);
  const engine = getEngine();
  return staged(engine, (staging) => {
    const geometry = staging.words(convolution.block);
    const dy = staging.input(args.dy, convolution.output, `${where} dy`);
    const filter = staging.input(args.filter, convolution.filter, `${where} filter`);
    const dx = staging.floats(count(convolution.input));
    const size = engine.query('conv2d_workspace', 2, geometry);
    const workspace = staging.floats(size);
    engine.call('conv2d_input_gradient', geometry, dy, filter, dx, 0, 0, workspace, size);
    return { data: staging.output(dx, convolution.input, args.out, where), shape: convolution.input };
  });
}

function resolve(xShape: Shape, filterShape: Shape, options: ConvolutionOptions, where: string): Convolution {
  checkShape(xShape, `${where} xShape`);
  checkShape(filterShape, `${where} filterShape`);
  return resolveConvolution(xShape, filterShape, options, where);
}

function checkOutput(convolution: Convolution, dyShape: Shape, where: string): void {
  if (!sameShape(convolution.output, dyShape)) {
    throw new ShapeError(`${where}: expected dyShape ${formatShape(convolution.output)}, got ${formatShape(dyShape)}`);
  }
}

function count(shape: readonly [number, number, number, number]): number {
  return shape[0] * shape[1] * shape[2] * shape[3];
}
