/** Flatten: the same numbers, seen as one row for each sample. */

import { checkOptions } from '../options';
import { sizeOf } from '../shape';
import { type Layer, only } from './layer';

/** Options of {@link flatten}. */
export interface FlattenOptions {
  /** Unique name in the model. Default `flatten_1`, …. */
  readonly name?: string;
}

/** Reshapes `[batch, …]` to `[batch, product of the rest]`. Costs nothing: no kernel runs. */
export function flatten(options: FlattenOptions = {}): Layer {
  checkOptions('flatten', options, ['name']);
  return {
    className: 'Flatten',
    name: options.name,
    config: {},
    build(inputShapes, name) {
      const size = sizeOf(only(inputShapes, name));
      return {
        name,
        className: 'Flatten',
        config: {},
        inputShapes,
        outputShape: [size],
        weights: [],
        emit(builder, inputs) {
          const { buffer } = only(inputs, name);
          return {
            output: { buffer, shape: [builder.batch, size] },
            backward: (gradient) => [gradient],
          };
        },
      };
    },
  };
}
