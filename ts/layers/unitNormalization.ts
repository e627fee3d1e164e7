/** Rows of length one. */

import { OptionError } from '../errors';
import { checkOptions, describe } from '../options';
import { type Buffer, read, write } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import { type Layer, labelOf, only, type Value } from './layer';
import { single, unweighted } from './unweighted';

/** Options of {@link unitNormalization}. */
export interface UnitNormalizationOptions {
  /** Only the last dimension, −1, is brought to length 1. Default −1. */
  readonly axis?: number;
  /** Unique name in the model. Default `unit_normalization_1`, …. */
  readonly name?: string;
}

/**
 * `x / √Σx²` over the last dimension; rows shorter than 1e-12 are multiplied by 1e12. Any shape.
 *
 * @throws {OptionError} when `axis` is another than −1.
 */
export function unitNormalization(options: UnitNormalizationOptions = {}): Layer {
  const label = labelOf('unitNormalization', options);
  checkOptions(label, options, ['axis', 'name']);
  if ((options.axis ?? -1) !== -1) throw new OptionError(`${label}: expected axis -1, got ${describe(options.axis)}`);
  return unweighted({
    className: 'UnitNormalization',
    label: 'unitNormalization',
    name: options.name,
    config: { axis: -1 },
    infer: single,
    emit(builder, inputs) {
      const { output, backward } = emitUnitRows(builder, only(inputs, label));
      builder.record('y', output.buffer);
      return { output, backward: (gradient, [needed]) => [needed ? backward(gradient) : undefined] };
    },
  });
}

/** Emits rows of length 1; `backward` emits the gradient of the input. */
export function emitUnitRows(
  builder: PlanBuilder,
  { buffer: x, shape }: Value,
): { readonly output: Value; backward(gradient: Buffer): Buffer } {
  const width = shape.at(-1) ?? 1;
  const rows = x.size / width;
  const y = builder.temporary('output', shape);
  const factors = builder.temporary('inverse lengths', [rows]);
  builder.call('unit_norm', [rows, width, read(x), write(factors), write(y)], 3 * x.size);
  return {
    output: { buffer: y, shape },
    backward(gradient) {
      const dx = builder.temporary('input gradient', shape);
      const arrays = [read(y), read(factors), read(gradient), write(dx)];
      builder.call('unit_norm_gradient', [rows, width, ...arrays], 5 * x.size);
      return dx;
    },
  };
}
