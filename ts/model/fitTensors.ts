/** Arrays that are to replace others. */

import { OptionError, ShapeError } from '../errors';
import { describe } from '../options';
import { formatShape, type Shape, sameShape, sizeOf } from '../shape';

/** Copies of arrays that must fit. @throws {OptionError | ShapeError} naming the first that does not. */
export function fitTensors(
  given: readonly { readonly data: ArrayLike<number>; readonly shape: Shape }[],
  specs: readonly { readonly name: string; readonly shape: Shape }[],
  where: string,
): Float32Array[] {
  if (!Array.isArray(given) || given.length !== specs.length) {
    throw new OptionError(
      `${where}: expected ${specs.length} weights (${specs.map(({ name }) => name).join(', ')}), got ${Array.isArray(given) ? given.length : describe(given)}`,
    );
  }
  return specs.map(({ name, shape }, index) => {
    const tensor = given[index] as { data: ArrayLike<number>; shape: Shape };
    if (!Array.isArray(tensor?.shape) || !sameShape(tensor.shape, shape)) {
      throw new ShapeError(
        `${where}: ${name} expected ${formatShape(shape)}, got ${Array.isArray(tensor?.shape) ? formatShape(tensor.shape) : describe(tensor)}`,
      );
    }
    if (tensor.data.length !== sizeOf(shape)) {
      throw new ShapeError(`${where}: ${name} expected ${sizeOf(shape)} values, got ${tensor.data.length}`);
    }
    return Float32Array.from(tensor.data);
  });
}
