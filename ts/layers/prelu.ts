/** A leaky relu whose slopes are learned. */

import type { PartConfig } from '../config';
import type { Constraint } from '../constraints';
import { OptionError } from '../errors';
import type { Initializer, InitializerName } from '../initializers';
import { boolean, checkOptions, describe } from '../options';
import { read, write } from '../plan/buffer';
import type { Regularizer } from '../regularizers';
import { sizeOf } from '../shape';
import { at, type Layer, labelOf, only } from './layer';
import { readRules } from './weighted';

/** Options of {@link prelu}. */
export interface PreluOptions {
  /** First slopes. Default `'zeros'`. */
  readonly alphaInitializer?: InitializerName | Initializer | PartConfig;
  /** Penalty on large slopes. Default none. */
  readonly alphaRegularizer?: Regularizer | PartConfig;
  /** Rule for the slopes after each update. Default none. */
  readonly alphaConstraint?: Constraint | PartConfig;
  /** The leading dimensions that share slopes, from 1: `[1, 2]` for one slope a channel of an image. Default none. */
  readonly sharedAxes?: readonly number[];
  /** Whether training changes the slopes. Default true. */
  readonly trainable?: boolean;
  /** Unique name in the model. Default `prelu_1`, …. */
  readonly name?: string;
}

const known = ['alphaInitializer', 'alphaRegularizer', 'alphaConstraint', 'sharedAxes', 'trainable', 'name'];

/**
 * `x` for x ≥ 0, else `alpha · x` with learned slopes (He et al., 2015). Weight: `alpha`, the input's shape with 1 for
 * shared dimensions.
 *
 * @throws {OptionError} when an option is unknown, or `sharedAxes` are not the first dimensions.
 */
export function prelu(options: PreluOptions = {}): Layer {
  const label = labelOf('prelu', options);
  checkOptions(label, options, known);
  const sharedAxes = options.sharedAxes ?? [];
  if (!Array.isArray(sharedAxes) || !sharedAxes.every((axis, index) => axis === index + 1)) {
    throw new OptionError(`${label}: expected sharedAxes to be [1], [1, 2], …, got ${describe(sharedAxes)}`);
  }
  const trainable = boolean(options.trainable ?? true, `${label}: trainable`);
  const rules = readRules(options, 'alpha', 'zeros', label);
  const config = { ...rules.config, sharedAxes, trainable };
  return {
    className: 'PReLU',
    name: options.name,
    config,
    build(inputShapes, name) {
      const shape = only(inputShapes, name);
      if (sharedAxes.length > shape.length) {
        throw new OptionError(
          `${label}: expected sharedAxes within ${shape.length} dimensions, got ${describe(sharedAxes)}`,
        );
      }
      const alphaShape = shape.map((size, index) => (index < sharedAxes.length ? 1 : size));
      const width = sizeOf(alphaShape);
      return {
        name,
        className: 'PReLU',
        config,
        inputShapes,
        outputShape: shape,
        weights: [{ name: 'alpha', shape: alphaShape, trainable: true, ...rules.spec }],
        emit(builder, inputs, weights) {
          const input = only(inputs, name);
          const x = input.buffer;
          const alpha = at(weights, 0, 'alpha');
          const rows = x.size / width;
          const y = builder.temporary('output', input.shape);
          builder.call('prelu', [rows, width, read(x), read(alpha.value), write(y)], x.size);
          builder.record('y', y);
          return {
            output: { buffer: y, shape: input.shape },
            backward(gradient) {
              const dx = builder.temporary('input gradient', input.shape);
              const slopes = alpha.gradient ?? builder.temporary('alpha gradient', alphaShape);
              const arrays = [read(x), read(alpha.value), read(gradient), write(dx), write(slopes)];
              builder.call('prelu_gradient', [rows, width, ...arrays], 3 * x.size);
              return [dx];
            },
          };
        },
      };
    },
  };
}
