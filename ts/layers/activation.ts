/** Activations as layers of their own. */

import { OptionError } from '../errors';
import { checkOptions, numberIn } from '../options';
import {
  type ActivationFunction,
  type ActivationName,
  activationFunction,
  exponentialLinear,
  leaky,
} from './activations';
import { type Layer, labelOf, only } from './layer';

/** Options of {@link activation}. */
export interface ActivationOptions {
  /** The function. */
  readonly activation: ActivationName;
  /** Unique name in the model. Default `activation_1`, …. */
  readonly name?: string;
}

/**
 * Applies an activation function to each element, `softmax` to the last dimension; any shape.
 *
 * @throws {OptionError} when the function is not known.
 */
export function activation(options: ActivationOptions): Layer {
  const where = labelOf('activation', options);
  checkOptions(where, options, ['activation', 'name']);
  if (options.activation === undefined) throw new OptionError(`${where}: expected the option activation, got none`);
  const apply = activationFunction(options.activation, where);
  return activationLayer('Activation', options.name, { activation: options.activation }, apply);
}

/** Options of {@link leakyRelu} and {@link elu}. */
export interface SlopeOptions {
  /** Slope below 0 of a leaky relu, default 0.3; limit of an elu, default 1. */
  readonly alpha?: number;
  /** Unique name in the model. Default `leaky_relu_1`, `elu_1`, …. */
  readonly name?: string;
}

/** `x` for x ≥ 0, else `alpha · x`; any shape. @throws {OptionError} when `alpha` is not a finite number ≥ 0. */
export function leakyRelu(options: SlopeOptions = {}): Layer {
  const where = labelOf('leakyRelu', options);
  checkOptions(where, options, ['alpha', 'name']);
  const alpha = numberIn(options.alpha ?? 0.3, 0, Number.POSITIVE_INFINITY, `${where}: alpha`);
  return activationLayer('LeakyReLU', options.name, { alpha }, leaky(alpha));
}

/** `x` for x ≥ 0, else `alpha · (eˣ − 1)`; any shape. @throws {OptionError} when `alpha` is not a finite number ≥ 0. */
export function elu(options: SlopeOptions = {}): Layer {
  const where = labelOf('elu', options);
  checkOptions(where, options, ['alpha', 'name']);
  const alpha = numberIn(options.alpha ?? 1, 0, Number.POSITIVE_INFINITY, `${where}: alpha`);
  return activationLayer('ELU', options.name, { alpha }, exponentialLinear(alpha));
}

/** Options of layers that only have a name. */
export interface NameOptions {
  /** Unique name in the model. Default the layer's kind and a number. */
  readonly name?: string;
}

/** `eˣ / Σ eˣ` over the last dimension. */
export function softmax(options: NameOptions = {}): Layer {
  checkOptions('softmax', options, ['name']);
  return activationLayer('Softmax', options.name, {}, activationFunction('softmax', 'softmax'));
}

/** A layer that applies a function. */
export function activationLayer(
  className: string,
  givenName: string | undefined,
  config: Readonly<Record<string, unknown>>,
  apply: ActivationFunction,
): Layer {
  return {
    className,
    name: givenName,
    config,
    build(inputShapes, name) {
      const shape = only(inputShapes, name);
      return {
        name,
        className,
        config,
        inputShapes,
        outputShape: shape,
        weights: [],
        applies: apply,
        emit(builder, inputs) {
          const input = only(inputs, name);
          const x = input.buffer;
          const applied = apply.emit(builder, x, input.shape);
          const { y } = applied;
          builder.record('x', x);
          builder.record('y', y);
          return {
            output: { buffer: y, shape: input.shape },
            backward(gradient, [needed]) {
              if (!needed) return [undefined];
              builder.record('dy', gradient);
              const dx = apply.emitGradient(builder, applied, gradient);
              builder.record('dx', dx);
              return [dx];
            },
          };
        },
      };
    },
  };
}
