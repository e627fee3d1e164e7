/**
 * The safetensors format: eight bytes with the length of a JSON header, the header, the numbers. Nothing in it can be
 * executed, and a file has one reading: tensors lie one behind the other without gaps or overlaps, up to its last byte.
 * Format: https://github.com/huggingface/safetensors, "Format".
 *
 * Files written here begin with a checksum among their metadata, which is compared when they are read.
 */

import { FormatError, OptionError } from '../errors';
import { describe } from '../options';
import { formatShape, type Shape } from '../shape';
import { float16 } from './float16';
import { isWellFormed, type Json, parseJson } from './json';
import { checkLimit, defaultLimits, type Limits, readLimits } from './limits';
import { xxh32 } from './xxhash';

/** A tensor of a file. */
export interface FileTensor {
  /** Unique in the file; any text but `__metadata__`. */
  readonly name: string;
  /** Dimensions, outermost first; `[]` for a scalar. Integers ≥ 0. */
  readonly shape: Shape;
  /** The elements, row-major. */
  readonly data: Float32Array;
}

/** What a safetensors file holds. */
export interface SafetensorsFile {
  /** The tensors in the order of their bytes. The arrays are copies. */
  readonly tensors: readonly FileTensor[];
  /** Texts beside the tensors. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Whether the file had a checksum, as those written here have; it matched. */
  readonly verified: boolean;
}

/** Options of {@link decodeSafetensors}. */
export interface DecodeOptions {
  /** Bounds for the file. Default {@link defaultLimits}. */
  readonly limits?: Partial<Limits>;
  /** Begins error messages, for example the file's name. Default `'safetensors'`. */
  readonly name?: string;
}

/** The key of the checksum; it cannot be used for other metadata. */
const CHECKSUM = 'xxh32';
/** The start of a header with a checksum: eight hexadecimal digits follow, the XXH32 of all bytes behind them. */
const SEALED = `{"__metadata__":{"${CHECKSUM}":"`;
const DIGITS = 8;
const LENGTH_BYTES = 8;

/**
 * Writes a file: float32, in the given order, the numbers at a multiple of eight bytes.
 *
 * @param tensors - Names must differ.
 * @param metadata - Texts that are kept beside the tensors. Default none.
 * @throws {OptionError} when a name is taken or reserved, or a shape does not fit its data.
 * @throws {LimitError} when the header would pass 100,000,000 bytes.
 */
export function encodeSafetensors(
  tensors: readonly FileTensor[],
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array<ArrayBuffer> {
  const where = 'encodeSafetensors';
  const names = new Set<string>();
  const parts: string[] = [];
  let end = 0;
  for (const { name, shape, data } of tensors) {
    checkName(name, names, where);
    const size = Array.isArray(shape) && shape.every(isSize) ? shape.reduce((a, b) => a * b, 1) : Number.NaN;
    if (!(data instanceof Float32Array) || data.length !== size) {
      const got = data instanceof Float32Array ? `${data.length} values` : describe(data);
      throw new OptionError(
        `${where}: ${name} expected a Float32Array of as many values as its shape ${describe(shape)}, got ${got}`,
      );
    }
    const start = end;
    end += data.byteLength;
    parts.push(`${JSON.stringify(name)}:{"dtype":"F32","shape":[${shape}],"data_offsets":[${start},${end}]}`);
  }
  const texts: string[] = [];
  for (const [key, value] of metadata) {
    if (typeof key !== 'string' || typeof value !== 'string' || !isWellFormed(key + value) || key === CHECKSUM) {
      throw new OptionError(
        `${where}: expected metadata of texts under keys other than ${CHECKSUM}, got ${describe(key)}: ${describe(value)}`,
      );
    }
    texts.push(`,${JSON.stringify(key)}:${JSON.stringify(value)}`);
  }
  const text = [`${SEALED}${'0'.repeat(DIGITS)}"${texts.join('')}}`, ...parts].join(',');
  let header = new TextEncoder().encode(`${text}}`);
  const padding = -(LENGTH_BYTES + header.length) & 7;
  if (padding > 0) header = new TextEncoder().encode(`${text}}${' '.repeat(padding)}`);
  checkLimit(header.length, defaultLimits.headerBytes, where, 'bytes of header');
  const bytes = new Uint8Array(LENGTH_BYTES + header.length + end);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(header, LENGTH_BYTES);
  let at = LENGTH_BYTES + header.length;
  for (const { data } of tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  const digitsAt = LENGTH_BYTES + SEALED.length;
  bytes.set(new TextEncoder().encode(checksum(bytes.subarray(digitsAt + DIGITS))), digitsAt);
  return bytes;
}

/**
 * Reads a file. Tensors may be float32, float16 or bfloat16 (`F32`, `F16`, `BF16`); the latter two become float32
 * exactly.
 *
 * @param bytes - The whole file; it is not kept.
 * @throws {FormatError} when it breaks one of the format's promises, or its checksum does not match.
 * @throws {LimitError} when it exceeds a limit.
 */
export function decodeSafetensors(bytes: Uint8Array, options: DecodeOptions = {}): SafetensorsFile {
  const where = options.name ?? 'safetensors';
  const limits = readLimits(options.limits, where);
  if (!(bytes instanceof Uint8Array)) throw new OptionError(`${where}: expected a Uint8Array, got ${describe(bytes)}`);
  checkLimit(bytes.length, limits.bytes, where, 'bytes');
  const text = headerText(bytes, where, limits);
  const header = parseJson(text, where, limits);
  if (!(header instanceof Map)) throw new FormatError(`${where}: expected a header that is an object`);
  const metadata = readMetadata(header.get('__metadata__'), where);
  header.delete('__metadata__');
  const start = LENGTH_BYTES + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  checkLimit(header.size, limits.tensors, where, 'tensors');
  const entries = [...(header as ReadonlyMap<string, Json>)]
    .map(([name, info]) => readEntry(name, info, where, limits))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const entry of entries) {
    if (entry.begin !== end) {
      throw new FormatError(
        `${where}: expected "${entry.name}" to begin where the bytes before it end, at ${end}, got ${entry.begin}`,
      );
    }
    end = entry.end;
  }
  if (end !== bytes.length - start) {
    throw new FormatError(`${where}: expected ${end} bytes behind the header, got ${bytes.length - start}`);
  }
  const verified = text.startsWith(SEALED);
  if (verified) verify(bytes, metadata, where);
  const tensors = entries.map(({ name, shape, dtype, begin, end }) => ({
    name,
    shape,
    data: dtypes[dtype].read(copy(bytes.subarray(start + begin, start + end))),
  }));
  return { tensors, metadata, verified };
}

/** The header without trailing spaces being checked; the first two promises of the format. */
function headerText(bytes: Uint8Array, where: string, limits: Limits): string {
  if (bytes.length < LENGTH_BYTES) {
    throw new FormatError(`${where}: expected at least ${LENGTH_BYTES} bytes, got ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (length > bytes.length - LENGTH_BYTES) {
    throw new FormatError(
      `${where}: expected ${length} bytes of header, got ${bytes.length - LENGTH_BYTES} bytes of file behind its length`,
    );
  }
  checkLimit(length, limits.headerBytes, where, 'bytes of header');
  const header = bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
  if (header[0] !== 0x7b) throw new FormatError(`${where}: expected a header that begins with "{"`);
  try {
    // Browsers refuse to decode shared memory: a copy.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(copy(header));
  } catch (error) {
    throw new FormatError(`${where}: expected a header in UTF-8`, { cause: error });
  }
}

function readMetadata(value: Json | undefined, where: string): Map<string, string> {
  const metadata = new Map<string, string>();
  if (value === undefined) return metadata;
  if (!(value instanceof Map)) throw new FormatError(`${where}: expected __metadata__ to be an object`);
  for (const [key, text] of value as ReadonlyMap<string, Json>) {
    if (typeof text !== 'string') {
      throw new FormatError(`${where}: expected texts in __metadata__, got another value for ${describe(key)}`);
    }
    metadata.set(key, text);
  }
  return metadata;
}

interface Entry {
  readonly name: string;
  readonly dtype: keyof typeof dtypes;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

function readEntry(name: string, info: Json, where: string, limits: Limits): Entry {
  const what = `${where}: tensor ${describe(name)}`;
  const fields = ['dtype', 'shape', 'data_offsets'];
  if (!(info instanceof Map) || info.size !== fields.length || !fields.every((field) => info.has(field))) {
    throw new FormatError(`${what}: expected dtype, shape and data_offsets, got ${describe(keysOf(info))}`);
  }
  const dtype: Json = info.get('dtype');
  const shape: Json = info.get('shape');
  const offsets: Json = info.get('data_offsets');
  if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16') {
    throw new FormatError(`${what}: expected dtype F32, F16 or BF16, got ${describe(dtype)}`);
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) {
    throw new FormatError(`${what}: expected a shape of integers ≥ 0, got ${describe(shape)}`);
  }
  checkLimit(shape.length, limits.rank, what, 'dimensions');
  for (const dimension of shape) checkLimit(dimension, limits.dimension, what, 'as a dimension');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    throw new FormatError(`${what}: expected two data_offsets, integers ≥ 0, got ${describe(offsets)}`);
  }
  const [begin, end] = offsets as [number, number];
  // A product of sizes that is not exact is larger than any file.
  const expected = shape.reduce((product, dimension) => product * dimension, dtypes[dtype].bytes);
  if (end - begin !== expected || !Number.isSafeInteger(expected)) {
    throw new FormatError(
      `${what}: expected ${expected} bytes for ${dtype} ${formatShape(shape)}, got data_offsets ${begin} to ${end}`,
    );
  }
  return { name, dtype, shape, begin, end };
}

/** How the elements of each type are read. The bytes are a copy at a multiple of eight, little-endian as memory is. */
const dtypes = {
  F32: { bytes: 4, read: ({ buffer }: Uint8Array<ArrayBuffer>) => new Float32Array(buffer) },
  BF16: {
    bytes: 2,
    read: ({ buffer }: Uint8Array<ArrayBuffer>) =>
      new Float32Array(Uint32Array.from(new Uint16Array(buffer), (half) => half << 16).buffer),
  },
  F16: { bytes: 2, read: ({ buffer }: Uint8Array<ArrayBuffer>) => Float32Array.from(new Uint16Array(buffer), float16) },
} as const;

function checkName(name: string, names: Set<string>, where: string): void {
  if (typeof name !== 'string' || name === '__metadata__' || !isWellFormed(name)) {
    throw new OptionError(`${where}: expected a name other than __metadata__, got ${describe(name)}`);
  }
  if (names.has(name)) throw new OptionError(`${where}: expected different names, got ${describe(name)} twice`);
  names.add(name);
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function keysOf(info: Json): unknown {
  return info instanceof Map ? [...info.keys()] : info;
}

/** The bytes in memory of their own. A Buffer's own slice would be a view. */
function copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const own = new Uint8Array(bytes.length);
  own.set(bytes);
  return own;
}

function checksum(bytes: Uint8Array): string {
  return xxh32(bytes).toString(16).padStart(DIGITS, '0');
}

/** Compares the checksum and takes it from the metadata. */
function verify(bytes: Uint8Array, metadata: Map<string, string>, where: string): void {
  const expected = metadata.get(CHECKSUM);
  const got = checksum(bytes.subarray(LENGTH_BYTES + SEALED.length + DIGITS));
  if (expected !== got) {
    throw new FormatError(
      `${where}: expected the checksum ${describe(expected)}, got ${got}: the file is damaged, or a program that does not know the checksum changed it`,
    );
  }
  metadata.delete(CHECKSUM);
}
