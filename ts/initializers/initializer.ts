/** What fills a weight before training. */

import type { Random } from '../random';
import type { Shape } from '../shape';

/** Fills a weight. The same generator gives the same values on every engine. */
export interface Initializer {
  /** Keras's class name, for saving. */
  readonly className: string;
  /** Keras's configuration, for saving. */
  readonly config: Readonly<Record<string, number | string>>;
  /** Writes the first values of a weight of this shape. */
  fill(values: Float32Array, shape: Shape, random: Random): void;
}

/**
 * Number of inputs and outputs that one unit of a weight sees, as Keras counts them: for a convolution filter
 * `[height, width, in, out]` the taps times the channels.
 */
export function fans(shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  if (shape.length < 2) {
    const size = shape[0] ?? 1;
    return { fanIn: size, fanOut: size };
  }
  const taps = shape.slice(0, -2).reduce((product, dimension) => product * dimension, 1);
  return { fanIn: taps * (shape.at(-2) ?? 1), fanOut: taps * (shape.at(-1) ?? 1) };
}
