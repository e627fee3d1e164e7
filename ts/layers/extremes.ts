/** The largest and the smallest of several values. */

import { checkOptions } from '../options';
import { type Buffer, read, write } from '../plan/buffer';
import type { NameOptions } from './activation';
import { type Layer, labelOf } from './layer';
import { mergedShape, operandsOf } from './merged';
import { unweighted } from './unweighted';

/**
 * The largest of the inputs, value by value. Sizes of 1 are repeated. Of equal ones the first gets the gradient.
 *
 * @throws {ShapeError} from the model when shapes differ otherwise.
 */
export function maximum(options: NameOptions = {}): Layer {
  return extreme('maximum', 'Maximum', options, 0);
}

/** The smallest of the inputs, value by value, see {@link maximum}. @throws {ShapeError} from the model when shapes differ. */
export function minimum(options: NameOptions = {}): Layer {
  return extreme('minimum', 'Minimum', options, 1);
}

function extreme(kind: string, className: string, options: NameOptions, code: 0 | 1): Layer {
  const label = labelOf(kind, options);
  checkOptions(label, options, ['name']);
  return unweighted({
    className,
    label: kind,
    name: options.name,
    config: {},
    infer: mergedShape,
    emit(builder, inputs, shape) {
      const operands = operandsOf(builder, inputs, shape);
      const [first, ...others] = operands.map((operand) => operand.spread()) as [Buffer, ...Buffer[]];
      /** What was the extreme before each of the others came. */
      const before: Buffer[] = [];
      const y = others.reduce((best, next) => {
        before.push(best);
        const result = builder.temporary('output', shape);
        builder.call('extreme', [code, result.size, read(best), read(next), write(result)], result.size);
        return result;
      }, first);
      builder.record('y', y);
      return {
        output: { buffer: y, shape },
        backward(gradient, needed) {
          const gradients: Buffer[] = [];
          let left = gradient;
          for (let index = others.length - 1; index >= 0; index--) {
            const [best, next] = [before[index] as Buffer, others[index] as Buffer];
            const [a, b] = [0, 1].map(() => builder.temporary('input gradient', shape)) as [Buffer, Buffer];
            const arrays = [read(best), read(next), read(left), write(a), write(b)];
            builder.call('extreme_gradient', [code, y.size, ...arrays], y.size);
            gradients.unshift(b);
            left = a;
          }
          const each = [left, ...gradients];
          return operands.map((operand, index) => (needed[index] ? operand.gather(each[index] as Buffer) : undefined));
        },
      };
    },
  });
}
