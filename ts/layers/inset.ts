/** A small image inside a large one. */

import { read, write } from '../plan/buffer';
import type { PlanBuilder } from '../plan/builder';
import type { Shape } from '../shape';
import type { EmittedLayer, Value } from './layer';

/** An image in a frame of zeros, or a window of one: each of the two kernels is the other's gradient. */
export function emitInset(
  builder: PlanBuilder,
  input: Value,
  shape: Shape,
  place: readonly [number, number],
  kernel: 'pad2d' | 'crop2d',
): EmittedLayer {
  const [batch = 1, height = 1, width = 1, channels = 1] = input.shape;
  const [, outHeight = 1, outWidth = 1] = shape;
  const y = builder.temporary('output', shape);
  const sizes = [batch, channels, height, width, outHeight, outWidth, ...place];
  builder.call(kernel, [...sizes, read(input.buffer), write(y)], y.size);
  builder.record('y', y);
  return {
    output: { buffer: y, shape },
    backward(gradient, [needed]) {
      if (!needed) return [undefined];
      const dx = builder.temporary('input gradient', input.shape);
      const back = [batch, channels, outHeight, outWidth, height, width, ...place];
      builder.call(kernel === 'pad2d' ? 'crop2d' : 'pad2d', [...back, read(gradient), write(dx)], dx.size);
      return [dx];
    },
  };
}
