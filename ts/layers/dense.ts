/** Dense: every output sees every input. */

import { ShapeError } from '../errors';
import { checkOptions, positiveInteger } from '../options';
import { type Buffer, type BufferArgument, read, write } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import { slopeArguments } from '../plan/slope';
import type { ActivationFunction } from './activations';
import {
  type EmittedLayer,
  formatBatchShape,
  type Layer,
  labelOf,
  only,
  type Value,
  type WeightBuffers,
} from './layer';
import { emitWeighted, readWeighted, type WeightedCalls, type WeightedOptions, weightedOptions } from './weighted';

/** Options of {@link dense}. */
export interface DenseOptions extends WeightedOptions {
  /** Number of outputs. */
  readonly units: number;
}

const known = ['units', ...weightedOptions];

/**
 * `y = activation(x · kernel + bias)`: input `[batch, inputs]`, output `[batch, units]`. Weights:
 * `kernel [inputs, units]`, `bias [units]`. The seed writes the same with samples as columns: `Wᵀ·H1 + b`.
 *
 * An input with more dimensions, `[batch, …, inputs]`, gives `[batch, …, units]`: every pixel or time is seen by itself, as in Keras.
 * For outputs that see all pixels, put `flatten()` before it.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function dense(options: DenseOptions): Layer {
  const label = labelOf('dense', options);
  checkOptions(label, options, known);
  const units = positiveInteger(options.units, `${label}: units`);
  const weighted = readWeighted(options, label);
  const config = { units, ...weighted.config };
  return {
    className: 'Dense',
    name: options.name,
    config,
    build(inputShapes, name) {
      const shape = only(inputShapes, name);
      const inputs = shape.at(-1);
      if (inputs === undefined) {
        throw new ShapeError(`dense "${name}": expected input [batch,…,inputs], got ${formatBatchShape(shape)}`);
      }
      return {
        name,
        className: 'Dense',
        config,
        inputShapes,
        outputShape: [...shape.slice(0, -1), units],
        ...(weighted.isLinear && { kernelInner: 1 }),
        weights: weighted.weights([inputs, units], units),
        emit: (builder, values, buffers) => emitDense(builder, only(values, name), buffers, weighted.activation, units),
      };
    },
  };
}

function emitDense(
  builder: PlanBuilder,
  { buffer: x, shape }: Value,
  weights: readonly WeightBuffers[],
  activation: ActivationFunction,
  units: number,
): EmittedLayer {
  const inputs = shape.at(-1) as number;
  const rows = x.size / inputs;
  /** `c [m, n] = activation(op(a) · op(b) + bias)`, or times a slope; the reduction over `k`. */
  const product = (
    [m, n, k, transposeA, transposeB]: readonly [number, number, number, boolean, boolean],
    [a, b, bias, c]: readonly [Buffer, Buffer, 0 | BufferArgument, Buffer],
    ending: readonly [number, 0 | BufferArgument],
  ): void => {
    const scratch = builder.workspace(builder.workspaces.matmul(m, n, k, transposeA, transposeB));
    const sizes = [m, n, k, Number(transposeA), Number(transposeB)];
    const arrays = [read(a), read(b), bias, write(c)];
    builder.call('matmul', [...sizes, ...arrays, ...ending, write(scratch), scratch.size], 2 * m * n * k);
  };
  const calls: WeightedCalls = {
    forward: (kernel, bias, z, code) => product([rows, units, inputs, false, false], [x, kernel, bias, z], [code, 0]),
    kernelGradient: (dz, gradient) => product([inputs, units, rows, true, false], [x, dz, 0, gradient], [0, 0]),
    inputGradient(dz, kernel) {
      const dx = builder.temporary('input gradient', shape);
      const sizes = [rows, inputs, units, false, true] as const;
      return builder.computed(dx, (slope) => product(sizes, [dz, kernel, 0, dx], slopeArguments(slope)));
    },
  };
  return emitWeighted(builder, calls, { x, weights, outputShape: [...shape.slice(0, -1), units], activation });
}
