/** What layers with a kernel and a bias have in common: options, weights, activation, and the bias' gradient. */

import { configOf, type PartConfig } from '../config';
import { type Constraint, constraintConfig, toConstraint } from '../constraints';
import type { Initializer } from '../initializers';
import { type InitializerName, toInitializer } from '../initializers/registry';
import { boolean } from '../options';
import { type Buffer, type BufferArgument, read, write } from '../plan/buffer';
import type { PlanBuilder, PooledGradient } from '../plan/builder';
import { type Regularizer, regularizerConfig, toRegularizer } from '../regularizers';
import type { Shape } from '../shape';
import { type ActivationFunction, type ActivationName, activationFunction } from './activations';
import { at, type EmittedLayer, type WeightBuffers, type WeightSpec } from './layer';

/** Options of a layer with a kernel and a bias. */
export interface WeightedOptions {
  /** Function applied to the output. Default `'linear'`. */
  readonly activation?: ActivationName;
  /** Whether each output channel has a bias. Default true. */
  readonly useBias?: boolean;
  /** First values of the kernel. Default `'glorotUniform'`. */
  readonly kernelInitializer?: InitializerName | Initializer | PartConfig;
  /** First values of the bias. Default `'zeros'`. */
  readonly biasInitializer?: InitializerName | Initializer | PartConfig;
  /** Penalty on large values of the kernel, such as `l2(1e-4)`. Default none. */
  readonly kernelRegularizer?: Regularizer | PartConfig;
  /** Penalty on large values of the bias. Default none. */
  readonly biasRegularizer?: Regularizer | PartConfig;
  /** Rule for the kernel after each update, such as `maxNorm(3)`. Default none. */
  readonly kernelConstraint?: Constraint | PartConfig;
  /** Rule for the bias after each update. Default none. */
  readonly biasConstraint?: Constraint | PartConfig;
  /** Whether training changes the weights. Default true. */
  readonly trainable?: boolean;
  /** Unique name in the model. Default the layer's kind and a number, such as `conv2d_1`. */
  readonly name?: string;
}

/** The names of {@link WeightedOptions}. */
export const weightedOptions = [
  'activation',
  'useBias',
  'kernelInitializer',
  'biasInitializer',
  'kernelRegularizer',
  'biasRegularizer',
  'kernelConstraint',
  'biasConstraint',
  'trainable',
  'name',
] as const;

/** The options, checked. */
export interface Weighted {
  /** The activation. */
  readonly activation: ActivationFunction;
  /** Keras's configuration of these options. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Whether the layer is linear: a batch normalization behind it can be folded into its kernel. */
  readonly isLinear: boolean;
  /** The weights that the layer asks for. */
  weights(kernelShape: Shape, channels: number): WeightSpec[];
}

/** How a weight begins, is penalized and kept, from the options `kernelInitializer`, `kernelRegularizer`, … */
export interface WeightRules {
  /** Keras's configuration of these options. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What a {@link WeightSpec} has of them. */
  readonly spec: Pick<WeightSpec, 'initializer' | 'regularizer' | 'constraint'>;
}

/**
 * Checks the three options of a weight.
 *
 * @param name - What the options begin with: `kernel`, `bias`, `depthwise`, `pointwise`.
 * @throws {OptionError} when one is out of range.
 */
export function readRules(options: object, name: string, first: InitializerName, label: string): WeightRules {
  const given = options as Readonly<Record<string, never>>;
  const what = (option: string): string => `${label}: ${name}${option}`;
  const initializer = toInitializer(given[`${name}Initializer`] ?? first, what('Initializer'));
  const regularizer = toRegularizer(given[`${name}Regularizer`], what('Regularizer'));
  const constraint = toConstraint(given[`${name}Constraint`], what('Constraint'));
  return {
    config: {
      [`${name}Initializer`]: configOf(initializer),
      ...(regularizer && { [`${name}Regularizer`]: regularizerConfig(regularizer) }),
      ...(constraint && { [`${name}Constraint`]: constraintConfig(constraint) }),
    },
    spec: { initializer, ...(regularizer && { regularizer }), ...(constraint && { constraint }) },
  };
}

/**
 * Checks the options.
 *
 * @param kernelName - What the kernel's options begin with; other kernels than `kernel` are called `depthwise_kernel`, ….
 * @throws {OptionError} when one is out of range.
 */
export function readWeighted(options: WeightedOptions, label: string, kernelName = 'kernel'): Weighted {
  const activation = options.activation ?? 'linear';
  const useBias = boolean(options.useBias ?? true, `${label}: useBias`);
  const trainable = boolean(options.trainable ?? true, `${label}: trainable`);
  const kernel = readRules(options, kernelName, 'glorotUniform', label);
  const bias = readRules(options, 'bias', 'zeros', label);
  const name = kernelName === 'kernel' ? 'kernel' : `${kernelName}_kernel`;
  return {
    activation: activationFunction(activation, label),
    isLinear: activation === 'linear',
    config: { activation, useBias, ...kernel.config, ...bias.config, trainable },
    weights(kernelShape, channels) {
      const kernelSpec = { name, shape: kernelShape, trainable: true, ...kernel.spec };
      const biasSpec = { name: 'bias', shape: [channels], trainable: true, ...bias.spec };
      return useBias ? [kernelSpec, biasSpec] : [kernelSpec];
    },
  };
}

/** Where the gradients of a layer's weights go. */
export interface PooledGradients {
  /** Of the shape of the kernel. */
  readonly kernel: Buffer;
  /** Of the shape of the bias, where there is one. */
  readonly bias: Buffer | undefined;
}

/** Gradients of a layer from those of max pooling behind it, in one call. */
export interface PooledCalls {
  /** Whether the call can compute the input's gradient as well. */
  hasInputGradient(): boolean;
  /** Emits the call; with a kernel, it computes the input's gradient too, which is answered. */
  gradients(pooled: PooledGradient, gradients: PooledGradients, kernel: Buffer | undefined): Buffer | undefined;
}

/** The kernel calls in which weighted layers differ. */
export interface WeightedCalls {
  /** Emits `z = activation(x · kernel + bias)`; `bias` is 0 when there is none. */
  forward(kernel: Buffer, bias: 0 | BufferArgument, z: Buffer, activation: number): void;
  /** Emits the kernel's gradient. */
  kernelGradient(dz: Buffer, gradient: Buffer): void;
  /** The gradients from that of max pooling behind the layer, where there is a kernel for it. */
  readonly pooled?: PooledCalls;
  /** Emits the input's gradient and answers it. */
  inputGradient(dz: Buffer, kernel: Buffer): Buffer;
}

/** Emits a weighted layer. @param outputShape - With the batch, channels last. */
export function emitWeighted(
  builder: PlanBuilder,
  calls: WeightedCalls,
  {
    x,
    weights,
    outputShape,
    activation,
  }: { x: Buffer; weights: readonly WeightBuffers[]; outputShape: Shape; activation: ActivationFunction },
): EmittedLayer {
  const kernel = at(weights, 0, 'kernel');
  const bias = weights[1];
  // Kept apart, Z and H can both be read after the step; the numbers are the same.
  const { fusedCode } = activation;
  const isFused = fusedCode === 0 || (fusedCode !== undefined && !builder.keepAll);
  const z = builder.temporary(isFused ? 'output' : 'preactivation', outputShape);
  const code = isFused ? fusedCode || builder.followingCode : 0;
  calls.forward(kernel.value, bias === undefined ? 0 : read(bias.value), z, code);
  const applied = isFused ? { x: z, y: z } : activation.emit(builder, z, outputShape);
  const { y } = applied;
  builder.record('x', x);
  builder.record('kernel', kernel.value);
  if (bias !== undefined) builder.record('bias', bias.value);
  builder.record('z', z);
  builder.record('y', y);
  return {
    output: { buffer: y, shape: outputShape },
    backward(gradient, [needed]) {
      builder.record('dy', gradient);
      const dz = activation.emitGradient(builder, applied, gradient);
      builder.record('dz', dz);
      if (kernel.gradient !== undefined && calls.pooled !== undefined && (!needed || calls.pooled.hasInputGradient())) {
        const pooled = builder.takePooled(dz);
        if (pooled !== undefined) {
          const gradients: PooledGradients = { kernel: kernel.gradient, bias: bias?.gradient };
          return [calls.pooled.gradients(pooled, gradients, needed ? kernel.value : undefined)];
        }
      }
      if (kernel.gradient !== undefined) {
        calls.kernelGradient(dz, kernel.gradient);
        builder.record('kernel gradient', kernel.gradient);
      }
      if (bias?.gradient !== undefined) {
        const source = builder.sumsOf(dz);
        const channels = bias.gradient.size;
        const { size } = source;
        builder.call('bias_gradient', [size / channels, channels, read(source), write(bias.gradient)], size);
        builder.record('bias gradient', bias.gradient);
      }
      if (!needed) return [undefined];
      const dx = calls.inputGradient(dz, kernel.value);
      builder.record('dx', dx);
      return [dx];
    },
  };
}
