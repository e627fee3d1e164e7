/** The safetensors format: what Python's package writes and reads, what breaks a promise, what exceeds a limit. */

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FormatError, LimitError, OptionError } from '../../ts';
import { decodeSafetensors, encodeSafetensors, type FileTensor } from '../../ts/io/safetensors';
import { xxh32 } from '../../ts/io/xxhash';
import { ownFile } from './ownFile';

interface Read {
  readonly file: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: Readonly<Record<string, { readonly shape: number[]; readonly bits: number[] }>>;
}

const python = JSON.parse(readFileSync(new URL('../reference/safetensors.json', import.meta.url), 'utf8')) as Read & {
  readonly own: Read;
};

const bitsOf = (data: Float32Array): number[] => [...new Uint32Array(data.slice().buffer)];
const asObject = (tensors: readonly FileTensor[]) =>
  Object.fromEntries(tensors.map(({ name, shape, data }) => [name, { shape, bits: bitsOf(data) }]));

test('a file of the Python package is read to the bit, in all three number types', () => {
  const { tensors, metadata, verified } = decodeSafetensors(new Uint8Array(Buffer.from(python.file, 'base64')));
  expect(asObject(tensors)).toEqual(python.tensors);
  expect(Object.fromEntries(metadata)).toEqual(python.metadata);
  expect(verified).toBe(false);
});

test('the Python package read a file of this one to the bit', () => {
  const { xxh32: checksum, ...metadata } = python.own.metadata;
  expect(checksum).toMatch(/^[0-9a-f]{8}$/);
  expect(Buffer.from(ownFile()).toString('base64')).toBe(python.own.file);
  const file = decodeSafetensors(ownFile());
  expect(asObject(file.tensors)).toEqual(python.own.tensors);
  expect(Object.fromEntries(file.metadata)).toEqual(metadata);
  expect(file.verified).toBe(true);
});

test('what was written is read again, whatever the numbers and names', () => {
  const tensor = fc
    .record({ name: fc.string({ unit: 'grapheme' }), shape: fc.array(fc.nat(5), { maxLength: 4 }) })
    .chain(({ name, shape }) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return fc.record({
        name: fc.constant(name),
        shape: fc.constant(shape),
        data: fc.float32Array({ minLength: size, maxLength: size }),
      });
    });
  const tensors = fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 6 });
  const metadata = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }));
  fc.assert(
    fc.property(tensors, metadata, (given, notes) => {
      fc.pre(!('xxh32' in notes) && given.every(({ name }) => name !== '__metadata__'));
      const bytes = encodeSafetensors(given, new Map(Object.entries(notes)));
      const file = decodeSafetensors(bytes);
      expect(file.tensors.map(({ name }) => name).sort()).toEqual(given.map(({ name }) => name).sort());
      expect(asObject(file.tensors)).toEqual(asObject(given));
      expect([...file.metadata].sort()).toEqual(Object.entries(notes).sort());
      const header = new DataView(bytes.buffer).getUint32(0, true);
      expect(header % 8).toBe(0);
    }),
  );
});

/** A file of a header and as many bytes of numbers. */
function fileOf(header: string | Uint8Array, dataBytes = 0, length?: bigint): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const f32 = (shape: string, from: number, to: number): string =>
  `{"dtype":"F32","shape":${shape},"data_offsets":[${from},${to}]}`;

test.each<[string, Uint8Array, string]>([
  ['nothing', new Uint8Array(0), 'safetensors: expected at least 8 bytes, got 0'],
  ['less than a length', new Uint8Array(7), 'expected at least 8 bytes, got 7'],
  ['no header', fileOf(''), 'expected a header that begins with "{"'],
  [
    'a longer header than file',
    fileOf('{}', 0, 3n),
    'expected 3 bytes of header, got 2 bytes of file behind its length',
  ],
  ['a huge header', fileOf('{}', 0, 2n ** 63n), 'expected 9223372036854776000 bytes of header, got 2 bytes'],
  ['a header that begins otherwise', fileOf(' {}'), 'expected a header that begins with "{"'],
  ['a list', fileOf('[]'), 'expected a header that begins with "{"'],
  ['no UTF-8', fileOf(Uint8Array.of(0x7b, 0xff, 0x7d)), 'expected a header in UTF-8'],
  ['no JSON', fileOf('{"a"}'), 'expected JSON with ":" at character 4, got "}"'],
  ['JSON and more', fileOf('{}x'), 'expected JSON with the end at character 2, got "x"'],
  ['zero bytes behind the header', fileOf('{}\0\0'), 'expected JSON with the end at character 2'],
  [
    'a name twice',
    fileOf(`{"a":${f32('[1]', 0, 4)},"a":${f32('[1]', 0, 4)}}`, 4),
    'expected JSON with the key "a" once',
  ],
  ['half a character', fileOf('{"\\ud800":1}'), 'expected JSON with whole characters'],
  ['bytes that no tensor has', fileOf('{}', 4), 'expected 0 bytes behind the header, got 4'],
  ['a gap', fileOf(`{"a":${f32('[1]', 4, 8)}}`, 8), '"a" to begin where the bytes before it end, at 0, got 4'],
  ['an overlap', fileOf(`{"a":${f32('[2]', 0, 8)},"b":${f32('[2]', 4, 12)}}`, 12), 'at 8, got 4'],
  ['the same bytes twice', fileOf(`{"a":${f32('[1]', 0, 4)},"b":${f32('[1]', 0, 4)}}`, 4), 'at 4, got 0'],
  ['offsets behind the end', fileOf(`{"a":${f32('[2]', 0, 8)}}`, 4), 'expected 8 bytes behind the header, got 4'],
  ['offsets that do not fit the shape', fileOf(`{"a":${f32('[2,2]', 0, 8)}}`, 8), 'expected 16 bytes for F32 [2,2]'],
  ['offsets in the wrong order', fileOf(`{"a":${f32('[1]', 4, 0)}}`, 4), 'got data_offsets 4 to 0'],
  ['a negative offset', fileOf(`{"a":${f32('[1]', -4, 0)}}`), 'expected two data_offsets, integers ≥ 0, got [-4,0]'],
  [
    'a size that overflows',
    fileOf(`{"a":${f32('[2097152,2097152,2097152,2097152]', 0, 4)}}`, 4),
    'expected 7.737125245533627e+25 bytes',
  ],
  ['a size that wraps to 0', fileOf(`{"a":${f32('[2147483647,2147483647,4]', 0, 0)}}`), 'got data_offsets 0 to 0'],
  ['a fraction as a size', fileOf(`{"a":${f32('[0.5]', 0, 2)}}`, 2), 'expected a shape of integers ≥ 0, got [0.5]'],
  ['a text as a shape', fileOf(`{"a":${f32('"1"', 0, 4)}}`, 4), 'expected a shape of integers ≥ 0, got "1"'],
  [
    'an unknown type',
    fileOf('{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}', 8),
    'tensor "a": expected dtype F32, F16 or BF16, got "I64"',
  ],
  [
    'a type of the prototype',
    fileOf('{"a":{"dtype":"toString","shape":[1],"data_offsets":[0,8]}}', 8),
    'expected dtype F32, F16 or BF16, got "toString"',
  ],
  [
    'no shape',
    fileOf('{"a":{"dtype":"F32","data_offsets":[0,4]}}', 4),
    'expected dtype, shape and data_offsets, got ["dtype","data_offsets"]',
  ],
  [
    'one field more',
    fileOf('{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"x":1}}', 4),
    'expected dtype, shape and data_offsets',
  ],
  ['a number as a tensor', fileOf('{"a":1}'), 'expected dtype, shape and data_offsets, got 1'],
  ['metadata that is a list', fileOf('{"__metadata__":[]}'), 'expected __metadata__ to be an object'],
  [
    'a number in the metadata',
    fileOf('{"__metadata__":{"a":1}}'),
    'expected texts in __metadata__, got another value for "a"',
  ],
])('%s is refused', (_, bytes, message) => {
  expect(() => decodeSafetensors(bytes)).toThrow(FormatError);
  expect(() => decodeSafetensors(bytes)).toThrow(message);
});

test.each<[string, Uint8Array, Parameters<typeof decodeSafetensors>[1], string]>([
  ['the header', ownFile(), { limits: { headerBytes: 100 } }, 'expected at most 100 bytes of header, got 272'],
  ['depth', fileOf(`{"a":${'['.repeat(100_000)}`), {}, 'expected at most 64 levels of JSON, got 65'],
  ['rank', fileOf(`{"a":${f32('[1,1,1,1,1,1,1,1,1]', 0, 4)}}`, 4), {}, 'expected at most 8 dimensions, got 9'],
  ['a dimension', fileOf(`{"a":${f32('[4294967296,0]', 0, 0)}}`), {}, 'expected at most 2147483647 as a dimension'],
  [
    'values',
    fileOf(`{"a":[${'0,'.repeat(20)}0]}`),
    { limits: { jsonValues: 10 } },
    'at most 10 values of JSON, got 11',
  ],
  ['tensors', ownFile(), { limits: { tensors: 2 } }, 'expected at most 2 tensors, got 3'],
  [
    'the file',
    ownFile(),
    { limits: { bytes: 100 }, name: 'x.safetensors' },
    'x.safetensors: expected at most 100 bytes',
  ],
])('a limit for %s holds', (_, bytes, options, message) => {
  expect(() => decodeSafetensors(bytes, options)).toThrow(LimitError);
  expect(() => decodeSafetensors(bytes, options)).toThrow(message);
});

test('names of prototypes are names like others', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
  const bytes = encodeSafetensors(
    names.map((name, index) => ({ name, shape: [], data: Float32Array.of(index) })),
    new Map([['__proto__', 'x']]),
  );
  const { tensors, metadata } = decodeSafetensors(bytes);
  expect(tensors.map(({ name }) => name)).toEqual(names);
  expect([...metadata]).toEqual([['__proto__', 'x']]);
  expect(({} as { x?: unknown }).x).toBeUndefined();
});

test('every changed bit and every missing byte is found', () => {
  const bytes = ownFile();
  const expected = asObject(decodeSafetensors(bytes).tensors);
  let unsealed = 0;
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = bytes.slice();
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
    try {
      const file = decodeSafetensors(changed);
      // Only the name of the checksum itself can be changed without harm, and then the file has none.
      expect(file.verified).toBe(false);
      expect(asObject(file.tensors)).toEqual(expected);
      unsealed++;
    } catch (error) {
      expect([FormatError, LimitError]).toContain((error as Error).constructor);
    }
  }
  expect(unsealed).toBeLessThan(50);
  for (let length = 0; length < bytes.length; length++) {
    expect(() => decodeSafetensors(bytes.subarray(0, length))).toThrow(FormatError);
  }
});

test('a Buffer that lies anywhere in memory, shared or not, is read', () => {
  const bytes = ownFile();
  const pool = Buffer.alloc(bytes.length + 3);
  pool.set(bytes, 3);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  const expected = asObject(decodeSafetensors(bytes).tensors);
  for (const given of [pool.subarray(3), shared]) expect(asObject(decodeSafetensors(given).tensors)).toEqual(expected);
});

test.each<[string, () => unknown, string]>([
  ['a name twice', () => encodeSafetensors([one('a'), one('a')]), 'expected different names, got "a" twice'],
  ['a reserved name', () => encodeSafetensors([one('__metadata__')]), 'expected a name other than __metadata__'],
  ['a name that is no text', () => encodeSafetensors([one('\udc00')]), 'expected a name other than __metadata__'],
  [
    'a shape that does not fit',
    () => encodeSafetensors([{ ...one('a'), shape: [2] }]),
    'a expected a Float32Array of as many values as its shape [2], got 1 values',
  ],
  ['no Float32Array', () => encodeSafetensors([{ ...one('a'), data: [1] as unknown as Float32Array }]), 'got [1]'],
  ['the name of the checksum', () => encodeSafetensors([], new Map([['xxh32', '']])), 'under keys other than xxh32'],
  ['no bytes', () => decodeSafetensors('x' as unknown as Uint8Array), 'expected a Uint8Array, got "x"'],
  ['an unknown limit', () => decodeSafetensors(ownFile(), { limits: { size: 1 } as object }), 'got "size"'],
])('%s is refused by its option', (_, work, message) => {
  expect(work).toThrow(OptionError);
  expect(work).toThrow(message);
});

function one(name: string): FileTensor {
  return { name, shape: [1], data: Float32Array.of(1) };
}

test.each([
  ['', 0x02cc5d05],
  ['a', 0x550d7456],
  ['abc', 0x32d153ff],
  ['abcdefghijklmnopqrstuvwxyz', 0x63a14d5f],
])('XXH32 of "%s" is that of the reference implementation', (text, hash) => {
  expect(xxh32(new TextEncoder().encode(text))).toBe(hash);
});
