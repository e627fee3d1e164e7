/** The slope of an activation function, by which a gradient by its output becomes one by its input. */

import { type Buffer, type BufferArgument, read, write } from './buffer';
import type { PlanBuilder } from './builder';

/** A function and where it is looked at. */
export interface Slope {
  /** Code of the function, see crate/src/kernels/activation.rs. */
  readonly code: number;
  /** Its slope or limit, 0 for functions without. */
  readonly alpha: number;
  /** The function's outputs; for functions whose derivative follows from the input, the inputs. */
  readonly values: Buffer;
}

/** What kernels that end with a slope want to know of it: code and values, both 0 for none. */
export function slopeArguments(slope: Slope | undefined): [number, 0 | BufferArgument] {
  return slope === undefined ? [0, 0] : [slope.code, read(slope.values)];
}

/** Emits `dz = dy · slope`, in place where nobody else reads `dy`. */
export function emitSlope(builder: PlanBuilder, { code, alpha, values }: Slope, dy: Buffer): Buffer {
  const dz = builder.inPlace(dy, 'preactivation gradient');
  const { size } = values;
  builder.call('activation_gradient', [code, alpha, size, read(values), read(dy), write(dz)], 3 * size);
  return dz;
}
