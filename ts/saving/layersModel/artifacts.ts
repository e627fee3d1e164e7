/** Weights beside a topology: one run of bytes, told by a list of names, shapes and types. */

import { FormatError, OptionError } from '../../errors';
import type { FileTensor } from '../../io';
import { float16 } from '../../io/float16';
import { checkLimit, type Limits } from '../../io/limits';
import { describe } from '../../options';
import { formatShape, type Shape } from '../../shape';

/** One array of `weightData`. */
export interface WeightSpec {
  /** `conv2d_1/kernel`. */
  readonly name: string;
  /** Dimensions. */
  readonly shape: Shape;
  /** Type of the numbers; only `'float32'` can be read. */
  readonly dtype: string;
  /** How the numbers are packed: as `float16`, or as integers `q` that mean `q · scale + min`. Default not at all. */
  readonly quantization?: {
    /** `'float16'`, `'uint8'` or `'uint16'`. */
    readonly dtype: string;
    /** Distance of two numbers. */
    readonly scale?: number;
    /** The smallest number. */
    readonly min?: number;
  };
}

/** The part of `ModelArtifacts` of TensorFlow.js that makes a model, for `tf.io.fromMemory`. */
export interface LayersModelArtifacts {
  /** The layers, as `model.toJSON` of TensorFlow.js tells them. */
  readonly modelTopology: object;
  /** The weights in the order of their bytes. */
  readonly weightSpecs: readonly WeightSpec[];
  /** All weights one behind the other, or several pieces of that. */
  readonly weightData: ArrayBuffer | readonly ArrayBuffer[];
}

/** Bytes of one number by how it is packed. */
const sizes: Readonly<Record<string, number>> = { float32: 4, float16: 2, uint16: 2, uint8: 1 };

/** The weights by name, in their order. @throws {FormatError | LimitError} naming the first that is not as it should be. */
export function readWeights(
  weightSpecs: unknown,
  weightData: unknown,
  where: string,
  limits: Limits,
): Map<string, FileTensor> {
  const bytes = joined(weightData, where, limits);
  if (!Array.isArray(weightSpecs)) {
    throw new OptionError(`${where}: expected weightSpecs to be a list, got ${describe(weightSpecs)}`);
  }
  checkLimit(weightSpecs.length, limits.tensors, where, 'weights');
  const tensors = new Map<string, FileTensor>();
  let at = 0;
  for (const spec of weightSpecs as readonly WeightSpec[]) {
    const { name, shape, packed } = readSpec(spec, where, limits);
    if (tensors.has(name)) throw new FormatError(`${where}: expected different weights, got ${describe(name)} twice`);
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    const length = size * (sizes[packed] as number);
    if (length > bytes.length - at) {
      throw new FormatError(
        `${where}: expected ${length} bytes for ${describe(name)} ${formatShape(shape)}, got ${bytes.length - at}`,
      );
    }
    tensors.set(name, { name, shape, data: unpack(bytes.slice(at, at + length).buffer, packed, spec) });
    at += length;
  }
  if (at !== bytes.length) {
    throw new FormatError(`${where}: expected ${at} bytes of weightData, got ${bytes.length}`);
  }
  return tensors;
}

function joined(weightData: unknown, where: string, limits: Limits): Uint8Array<ArrayBuffer> {
  const pieces: readonly unknown[] = Array.isArray(weightData) ? weightData : [weightData];
  let length = 0;
  for (const piece of pieces) {
    if (!(piece instanceof ArrayBuffer)) {
      throw new OptionError(
        `${where}: expected weightData to be an ArrayBuffer or a list of them, got ${describe(piece)}`,
      );
    }
    length += piece.byteLength;
  }
  checkLimit(length, limits.bytes, where, 'bytes');
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces as readonly ArrayBuffer[]) {
    bytes.set(new Uint8Array(piece), at);
    at += piece.byteLength;
  }
  return bytes;
}

function readSpec(spec: WeightSpec, where: string, limits: Limits): { name: string; shape: Shape; packed: string } {
  const { name, shape, dtype, quantization } = spec ?? {};
  if (typeof name !== 'string') throw new FormatError(`${where}: expected weights with a name, got ${describe(spec)}`);
  const what = `${where}: weight ${describe(name)}`;
  const isSize = (size: unknown): boolean => Number.isSafeInteger(size) && (size as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(isSize)) {
    throw new FormatError(`${what}: expected a shape of integers ≥ 0, got ${describe(shape)}`);
  }
  checkLimit(shape.length, limits.rank, what, 'dimensions');
  if (dtype !== 'float32') throw new FormatError(`${what}: expected dtype float32, got ${describe(dtype)}`);
  const packed = quantization === undefined ? dtype : quantization?.dtype;
  if (!Object.hasOwn(sizes, String(packed))) {
    throw new FormatError(`${what}: expected quantization float16, uint8 or uint16, got ${describe(packed)}`);
  }
  const isInteger = packed === 'uint8' || packed === 'uint16';
  if (isInteger && !(Number.isFinite(quantization?.scale) && Number.isFinite(quantization?.min))) {
    throw new FormatError(`${what}: expected quantization with scale and min, got ${describe(quantization)}`);
  }
  return { name, shape, packed: packed as string };
}

function unpack(buffer: ArrayBuffer, packed: string, { quantization }: WeightSpec): Float32Array {
  if (packed === 'float32') return new Float32Array(buffer);
  if (packed === 'float16') return Float32Array.from(new Uint16Array(buffer), float16);
  const { scale = 1, min = 0 } = quantization ?? {};
  const integers = packed === 'uint8' ? new Uint8Array(buffer) : new Uint16Array(buffer);
  return Float32Array.from(integers, (integer) => integer * scale + min);
}
