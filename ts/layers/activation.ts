/** Activation as a layer of its own. */

import { OptionError } from '../errors';
import { checkOptions } from '../options';
import { type ActivationName, activationCode, emitActivation, emitActivationGradient } from './activations';
import { type Layer, labelOf, only } from './layer';

/** Options of {@link activation}. */
export interface ActivationOptions {
  /** The function. */
  readonly activation: ActivationName;
  /** Unique name in the model. Default `activation_1`, …. */
  readonly name?: string;
}

/**
 * Applies an activation function to each element; any shape.
 *
 * @throws {OptionError} when the function is not known.
 */
export function activation(options: ActivationOptions): Layer {
  const where = labelOf('activation', options);
  checkOptions(where, options, ['activation', 'name']);
  if (options.activation === undefined) throw new OptionError(`${where}: expected the option activation, got none`);
  const code = activationCode(options.activation, where);
  const config = { activation: options.activation };
  return {
    className: 'Activation',
    name: options.name,
    config,
    build(inputShapes, name) {
      const shape = only(inputShapes, name);
      return {
        name,
        className: 'Activation',
        config,
        inputShapes,
        outputShape: shape,
        weights: [],
        emit(builder, inputs) {
          const input = only(inputs, name);
          const y = emitActivation(builder, code, input.buffer);
          builder.record('x', input.buffer);
          builder.record('y', y);
          return {
            output: { buffer: y, shape: input.shape },
            backward(gradient, [needed]) {
              if (!needed) return [undefined];
              builder.record('dy', gradient);
              const dx = emitActivationGradient(builder, code, y, gradient);
              builder.record('dx', dx);
              return [dx];
            },
          };
        },
      };
    },
  };
}
