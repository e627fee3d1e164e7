/**
 * Arrays at the public surface. What users give and get are plain Float32Arrays
 * with a shape; views into WebAssembly memory never leave the library.
 */

import { ShapeError, ValueError } from './errors';
import { formatShape, type Shape, sameShape, sizeOf } from './shape';

/** A float32 array, row-major, with its shape. */
export interface Tensor {
  /** Elements in row-major order. */
  readonly data: Float32Array;
  /** Dimensions, outermost first. */
  readonly shape: Shape;
}

/** What models answer: an array, or where they have several outputs a list of arrays. */
export type Predicted = Tensor | Tensor[];

/** Nested lists of numbers, as in `[[0, 1], [1, 0]]`. */
export type NestedNumbers = readonly number[] | readonly NestedNumbers[];

/** What functions that take data accept. */
export type TensorLike =
  | Tensor
  | { readonly data: ArrayLike<number>; readonly shape: Shape }
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint8Array
  | NestedNumbers;

/**
 * Reads a batch whose items have the shape `itemShape`. A flat array is cut into items; the last
 * dimension may be left out where it is 1, so `[n,22,22]` passes for `[n,22,22,1]`, and added, so `[n,1]` passes for `[n]`.
 *
 * @param value - The data.
 * @param itemShape - Shape of one item, without the batch dimension.
 * @param where - Begins the error message, for example `conv2d "c1"`.
 * @param adviceOn - Ends it, where there is some advice on so many values.
 * @returns A tensor of shape `[batch, ...itemShape]`; `data` is not copied when it is a Float32Array.
 * @throws {ShapeError} when the shape does not fit.
 */
export function toBatch(
  value: TensorLike,
  itemShape: Shape,
  where: string,
  adviceOn: (count: number) => string = () => '',
): Tensor {
  const { data, shape } = flatten(value, where);
  const itemSize = sizeOf(itemShape);
  if (shape === undefined) {
    if (data.length === 0 || data.length % itemSize !== 0) {
      throw new ShapeError(
        `${where}: expected a multiple of ${itemSize} values for ${formatShape([-1, ...itemShape])}, got ${data.length}${adviceOn(data.length)}`,
      );
    }
    return { data, shape: [data.length / itemSize, ...itemShape] };
  }
  const batch = shape[0] ?? 0;
  const full = [batch, ...itemShape];
  const withoutOne = itemShape.at(-1) === 1 && sameShape(shape, full.slice(0, -1));
  const withOne = sameShape(shape, [...full, 1]);
  if (batch < 1 || !(sameShape(shape, full) || withoutOne || withOne)) {
    throw new ShapeError(
      `${where}: expected ${formatShape([-1, ...itemShape])}, got ${formatShape(shape)}${adviceOn(data.length)}`,
    );
  }
  if (data.length !== sizeOf(full)) {
    throw new ShapeError(
      `${where}: expected ${sizeOf(full)} values for shape ${formatShape(full)}, got ${data.length}`,
    );
  }
  return { data, shape: full };
}

/** The elements as Float32Array and the shape, `undefined` for a flat typed array. */
function flatten(value: TensorLike, where: string): { data: Float32Array; shape: Shape | undefined } {
  if (ArrayBuffer.isView(value)) {
    return { data: toFloat32(value as unknown as ArrayLike<number>), shape: undefined };
  }
  if (Array.isArray(value)) return flattenNested(value as NestedNumbers, where);
  if (value !== null && typeof value === 'object' && 'data' in value && 'shape' in value) {
    return { data: toFloat32(value.data), shape: value.shape };
  }
  throw new ShapeError(`${where}: expected an array or { data, shape }, got ${value === null ? 'null' : typeof value}`);
}

function toFloat32(data: ArrayLike<number>): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data);
}

function flattenNested(value: NestedNumbers, where: string): { data: Float32Array; shape: Shape } {
  const shape: number[] = [];
  for (let level: unknown = value; Array.isArray(level); level = level[0]) shape.push(level.length);
  const data = new Float32Array(sizeOf(shape));
  let next = 0;
  const visit = (level: unknown, depth: number): void => {
    if (depth === shape.length) {
      if (typeof level !== 'number') {
        throw new ValueError(`${where}: expected numbers in nested arrays, got ${typeof level}`);
      }
      data[next++] = level;
      return;
    }
    if (!Array.isArray(level) || level.length !== shape[depth]) {
      throw new ShapeError(`${where}: expected nested arrays of equal lengths ${formatShape(shape)}`);
    }
    for (const item of level) visit(item, depth + 1);
  };
  visit(value, 0);
  return { data, shape };
}
