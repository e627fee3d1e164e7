/** A factor and an offset for every value, as for pixels from 0 to 255. */

import { checkOptions, numberIn } from '../options';
import { read, write } from '../plan/buffer';
import { type Layer, labelOf, only } from './layer';
import { single, unweighted } from './unweighted';

/** Options of {@link rescaling}. */
export interface RescalingOptions {
  /** Factor. */
  readonly scale: number;
  /** Added afterwards. Default 0. */
  readonly offset?: number;
  /** Unique name in the model. Default `rescaling_1`, …. */
  readonly name?: string;
}

/** `y = scale · x + offset`; any shape. @throws {OptionError} when an option is not a finite number. */
export function rescaling(options: RescalingOptions): Layer {
  const label = labelOf('rescaling', options);
  checkOptions(label, options, ['scale', 'offset', 'name']);
  const scale = numberIn(options.scale, -Number.MAX_VALUE, Number.MAX_VALUE, `${label}: scale`);
  const offset = numberIn(options.offset ?? 0, -Number.MAX_VALUE, Number.MAX_VALUE, `${label}: offset`);
  return unweighted({
    className: 'Rescaling',
    label: 'rescaling',
    name: options.name,
    config: { scale, offset },
    infer: single,
    emit(builder, inputs, shape) {
      const x = only(inputs, label).buffer;
      const y = builder.temporary('output', shape);
      builder.call('affine', [y.size, scale, offset, read(x), write(y)], 2 * y.size);
      builder.record('y', y);
      return {
        output: { buffer: y, shape },
        backward(gradient, [needed]) {
          if (!needed) return [undefined];
          const dx = builder.temporary('input gradient', shape);
          builder.call('affine', [dx.size, scale, 0, read(gradient), write(dx)], dx.size);
          return [dx];
        },
      };
    },
  });
}
