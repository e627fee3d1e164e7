/** Dense: every output sees every input. */

import { ShapeError } from '../errors';
import { type Initializer, type InitializerName, toInitializer } from '../initializers';
import { boolean, checkOptions, positiveInteger } from '../options';
import { type Buffer, read, write } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import { type ActivationName, activationCode, emitActivation, emitActivationGradient } from './activations';
import { at, formatBatchShape, type Layer, only, type WeightBuffers, type WeightSpec } from './layer';

/** Options of {@link dense}. */
export interface DenseOptions {
  /** Number of outputs. */
  readonly units: number;
  /** Function applied to the output. Default `'linear'`. */
  readonly activation?: ActivationName;
  /** Whether each output has a bias. Default true. */
  readonly useBias?: boolean;
  /** First values of the matrix. Default `'glorotUniform'`. */
  readonly kernelInitializer?: InitializerName | Initializer;
  /** First values of the bias. Default `'zeros'`. */
  readonly biasInitializer?: InitializerName | Initializer;
  /** Whether training changes the weights. Default true. */
  readonly trainable?: boolean;
  /** Unique name in the model. Default `dense_1`, …. */
  readonly name?: string;
}

const known = ['units', 'activation', 'useBias', 'kernelInitializer', 'biasInitializer', 'trainable', 'name'];

/**
 * `y = activation(x · kernel + bias)`: input `[batch, inputs]`, output `[batch, units]`. Weights:
 * `kernel [inputs, units]`, `bias [units]`. The seed writes the same with samples as columns: `Wᵀ·H1 + b`.
 *
 * @throws {OptionError} when an option is unknown or out of range.
 */
export function dense(options: DenseOptions): Layer {
  const label = `dense${options?.name === undefined ? '' : ` "${options.name}"`}`;
  checkOptions(label, options, known);
  const units = positiveInteger(options.units, `${label}: units`);
  const code = activationCode(options.activation ?? 'linear', label);
  const useBias = boolean(options.useBias ?? true, `${label}: useBias`);
  const trainable = boolean(options.trainable ?? true, `${label}: trainable`);
  const kernelInitializer = toInitializer(options.kernelInitializer ?? 'glorotUniform', `${label}: kernelInitializer`);
  const biasInitializer = toInitializer(options.biasInitializer ?? 'zeros', `${label}: biasInitializer`);
  const config = {
    units,
    activation: options.activation ?? 'linear',
    useBias,
    kernelInitializer: kernelInitializer.className,
    biasInitializer: biasInitializer.className,
    trainable,
  };
  return {
    className: 'Dense',
    name: options.name,
    config,
    build(inputShapes, name) {
      const shape = only(inputShapes, name);
      const [inputs] = shape;
      if (inputs === undefined || shape.length !== 1) {
        throw new ShapeError(
          `dense "${name}": expected input [batch,inputs], got ${formatBatchShape(shape)}; put flatten() before it`,
        );
      }
      const weights: WeightSpec[] = [
        { name: 'kernel', shape: [inputs, units], trainable, initializer: kernelInitializer },
      ];
      if (useBias) weights.push({ name: 'bias', shape: [units], trainable, initializer: biasInitializer });
      return {
        name,
        className: 'Dense',
        config,
        inputShapes,
        outputShape: [units],
        weights,
        emit: (builder, values, buffers) =>
          emitDense(builder, only(values, name).buffer, buffers, { inputs, units, code }),
      };
    },
  };
}

function emitDense(
  builder: PlanBuilder,
  x: Buffer,
  weights: readonly WeightBuffers[],
  { inputs, units, code }: { inputs: number; units: number; code: number },
) {
  const { batch, workspaces } = builder;
  const flops = 2 * batch * inputs * units;
  const kernel = at(weights, 0, 'dense');
  const bias = weights[1];
  const fused = builder.keepAll ? 0 : code;
  const workspace = builder.workspace(workspaces.matmul(batch, units, inputs, false, false));
  const z = builder.temporary(fused === code ? 'output' : 'preactivation', [batch, units]);
  builder.call(
    'matmul',
    [
      ...[batch, units, inputs, 0, 0],
      read(x),
      read(kernel.value),
      bias === undefined ? 0 : read(bias.value),
      write(z),
      fused,
      write(workspace),
      workspace.size,
    ],
    flops,
  );
  const y = fused === code ? z : emitActivation(builder, code, z);
  builder.record('x', x);
  builder.record('kernel', kernel.value);
  if (bias !== undefined) builder.record('bias', bias.value);
  builder.record('z', z);
  builder.record('y', y);
  return {
    output: { buffer: y, shape: [batch, units] },
    backward(gradient: Buffer, [needed]: readonly boolean[]): (Buffer | undefined)[] {
      builder.record('dy', gradient);
      const dz = emitActivationGradient(builder, code, y, gradient);
      builder.record('dz', dz);
      if (kernel.gradient !== undefined) {
        const scratch = builder.workspace(workspaces.matmul(inputs, units, batch, true, false));
        builder.call(
          'matmul',
          [
            ...[inputs, units, batch, 1, 0],
            read(x),
            read(dz),
            0,
            write(kernel.gradient),
            0,
            write(scratch),
            scratch.size,
          ],
          flops,
        );
        builder.record('kernel gradient', kernel.gradient);
      }
      if (bias?.gradient !== undefined) {
        builder.call('bias_gradient', [batch, units, read(dz), write(bias.gradient)], batch * units);
        builder.record('bias gradient', bias.gradient);
      }
      if (!needed) return [undefined];
      const scratch = builder.workspace(workspaces.matmul(batch, inputs, units, false, true));
      const dx = builder.temporary('input gradient', [batch, inputs]);
      builder.call(
        'matmul',
        [...[batch, inputs, units, 0, 1], read(dz), read(kernel.value), 0, write(dx), 0, write(scratch), scratch.size],
        flops,
      );
      builder.record('dx', dx);
      return [dx];
    },
  };
}
