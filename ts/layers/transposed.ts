/** Transposed convolutions, over images and over sequences: the gradient of a convolution by its images, as a layer. */

import { OptionError } from '../errors';
import { describe } from '../options';
import { type BufferArgument, read, write } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import { type Convolution, resolveConvolution } from '../runtime/geometry';
import type { Shape } from '../shape';
import { emitWithKept } from './kept';
import { type EmittedLayer, type Layer, only } from './layer';
import { emitWeighted, type Weighted, type WeightedCalls } from './weighted';

type Two = readonly [number, number];

/** Sizes of a transposed convolution, seen as one of images. */
export interface Transposed {
  /** Channels of the output. */
  readonly filters: number;
  /** Height and width of the filters. */
  readonly kernelSize: Two;
  /** Factor by which the image grows. */
  readonly strides: Two;
  /** Distance between the taps of the filter. */
  readonly dilations: Two;
  /** Whether all that a filter touches is kept. */
  readonly padding: 'valid' | 'same';
  /** Rows and columns that are added at the end; undefined for as many as the padding says. */
  readonly outputPadding: Two | undefined;
}

/** The size of the output in one direction, Keras's rule. @throws {OptionError} when the output padding does not fit. */
function grown(sizes: Transposed, size: number, direction: 0 | 1, where: string): number {
  const stride = sizes.strides[direction];
  const span = (sizes.kernelSize[direction] - 1) * sizes.dilations[direction] + 1;
  const extra = sizes.outputPadding?.[direction];
  if (extra === undefined) {
    return sizes.padding === 'same' ? size * stride : (size - 1) * stride + Math.max(span, stride);
  }
  const [base, least] = sizes.padding === 'same' ? [span % 2, 1 - (span % 2)] : [span, 0];
  const most = stride - 1;
  if (extra < least || extra > most) {
    const wanted =
      least > most ? 'no outputPadding for such strides and filters' : `outputPadding from ${least} to ${most}`;
    throw new OptionError(`${where}: expected ${wanted}, got ${describe(extra)}`);
  }
  return (size - 1) * stride + base + extra;
}

/** What the layer of a transposed convolution is made of. */
export interface TransposedParts {
  /** Keras's class name. */
  readonly className: string;
  /** The function's name, for messages. */
  readonly kind: string;
  /** The user's name. */
  readonly name: string | undefined;
  /** Keras's configuration. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The sizes. */
  readonly sizes: Transposed;
  /** The options of the weights. */
  readonly weighted: Weighted;
  /** Height, width and channels of the input. @throws {ShapeError} beginning with `where` when it has none. */
  view(inputShapes: readonly Shape[], where: string): readonly [number, number, number];
  /** A shape of heights, widths, … as the layer has it: sequences have no height. @param batched - Whether a batch comes first. */
  shape(sizes: Shape, batched: boolean): Shape;
}

/** The layer. */
export function transposedLayer(parts: TransposedParts): Layer {
  const { className, kind, name: givenName, config, sizes, weighted, view, shape: shapeOf } = parts;
  return {
    className,
    name: givenName,
    config,
    build(inputShapes, name) {
      const where = `${kind} "${name}"`;
      const [height, width, channels] = view(inputShapes, where);
      const outputShape = [grown(sizes, height, 0, where), grown(sizes, width, 1, where), sizes.filters];
      const kernelShape = [...sizes.kernelSize, sizes.filters, channels];
      const { strides, dilations, padding } = sizes;
      /** The convolution that leads from the output to the input. */
      const resolve = (batch: number): Convolution =>
        resolveConvolution([batch, ...outputShape], kernelShape, { strides, dilations, padding }, where);
      return {
        name,
        className,
        config,
        inputShapes,
        outputShape: shapeOf(outputShape, false),
        ...(weighted.isLinear && { kernelInner: channels }),
        weights: weighted.weights(shapeOf(kernelShape, false), sizes.filters),
        emit(builder, inputs, weights) {
          const x = only(inputs, where).buffer;
          const convolution = resolve(builder.batch);
          const calls = callsOf(builder, convolution, x);
          const { activation } = weighted;
          const emitted = emitWeighted(builder, calls, { x, weights, outputShape: convolution.input, activation });
          const { buffer, shape } = emitted.output;
          return { ...emitted, output: { buffer, shape: shapeOf(shape, true) } } satisfies EmittedLayer;
        },
      };
    },
  };
}

/** The passes of a convolution with their parts exchanged. */
function callsOf(builder: PlanBuilder, sizes: Convolution, x: EmittedLayer['output']['buffer']): WeightedCalls {
  const geometry = builder.constant('geometry', sizes.block);
  const scratch = (pass: 0 | 1 | 2): [BufferArgument, number] => {
    const buffer = builder.workspace(builder.workspaces.convolution(pass, sizes));
    return [write(buffer), buffer.size];
  };
  return {
    forward(kernel, bias, z, code) {
      if (emitWithKept(builder, 7, sizes, { geometry, x, kernel, bias, y: z, code })) return;
      const filters = sizes.input[3];
      const arrays = [read(geometry), read(x), read(kernel), write(z)];
      builder.call('conv2d_input_gradient', [...arrays, 0, 0, ...scratch(2)], sizes.flops);
      if (bias !== 0) builder.call('bias_add', [z.size / filters, filters, bias, write(z)], z.size);
      if (code !== 0) builder.call('activation_forward', [code, 0, z.size, read(z), write(z)], z.size);
    },
    kernelGradient(dz, gradient) {
      const arrays = [read(geometry), read(dz), read(x), write(gradient)];
      builder.call('conv2d_filter_gradient', [...arrays, ...scratch(1)], sizes.flops);
    },
    inputGradient(dz, kernel) {
      const dx = builder.temporary('input gradient', sizes.output);
      const arrays = [read(geometry), read(dz), read(kernel), 0, write(dx)];
      builder.call('conv2d_forward', [...arrays, 0, ...scratch(0)], sizes.flops);
      return dx;
    },
  };
}
