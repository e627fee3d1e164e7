/** Loading, refusals of the boundary, traps, and the table of status numbers. */

import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { EngineCrashedError, init, kernelStatus, OutOfMemoryError, WasmError } from '../../ts';
import { hasRelaxedSimd, hasSimd } from '../../ts/runtime/detect';
import { getEngine } from '../../ts/runtime/init';
import { Engine } from '../../ts/runtime/kernels';
import { loadModuleSync } from '../../ts/runtime/loadNode';
import { EngineMemory } from '../../ts/runtime/memory';

const engine = new Engine(loadModuleSync('simd128'), 'simd128');
afterAll(() => expect(engine.liveAllocations).toBe(0));

test('the fastest variant that runs here is chosen, and may be named', async () => {
  expect(hasSimd()).toBe(true);
  expect(await init()).toMatchObject({ variant: hasRelaxedSimd() ? 'relaxed' : 'simd128', strict: false });
  expect(await init({ simd: 'strict' })).toMatchObject({ variant: 'simd128', strict: true });
  expect(getEngine().variant).toBe('simd128');
  if (hasRelaxedSimd()) expect(await init({ simd: 'relaxed' })).toMatchObject({ variant: 'relaxed' });
  else await expect(init({ simd: 'relaxed' })).rejects.toThrow('init: expected an engine with relaxed SIMD');
  await expect(init({ simd: 'fast' as 'auto' })).rejects.toThrow(
    'init: expected simd "auto", "strict" or "relaxed", got "fast"',
  );
  await expect(init({ workers: 2 } as object)).rejects.toThrow(
    'init: expected only the options simd, threads, wasm, maxMemoryBytes, got "workers"',
  );
});

test('the table of status numbers is the one of crate/src/error.rs', () => {
  const source = readFileSync(new URL('../../crate/src/error.rs', import.meta.url), 'utf8');
  const rust = [...source.matchAll(/\/\/\/ (.+)\.\n\s+(\w+) = (\d+),/g)].map(([, message, name, number]) => [
    Number(number),
    { name, message: (message as string).charAt(0).toLowerCase() + (message as string).slice(1) },
  ]);
  expect(Object.fromEntries(rust)).toEqual(kernelStatus);
});

test('views reach what another thread made grow, before the engine tells', () => {
  const [told, grown] = [new SharedArrayBuffer(65536), new SharedArrayBuffer(131072)];
  const stale = { buffer: told, grow: () => Object.assign(stale, { buffer: grown }) };
  const memory = new EngineMemory(stale as unknown as WebAssembly.Memory);
  memory.cover(65536);
  expect(memory.byteLength).toBe(65536);
  memory.cover(65540);
  memory.write(65536, [3]);
  expect(memory.read(65536, 1)).toEqual(new Float32Array([3]));
});

test('the boundary refuses what is not allocated, misaligned, overlapping or too small', () => {
  const a = engine.allocate(64);
  const b = engine.allocate(64);
  const status = (...args: number[]): string | undefined =>
    kernelStatus[engine.kernel('add')(...(args as [number, number, number, number]))]?.name;
  expect(status(16, a, a, b)).toBeUndefined();
  expect(status(17, a, a, b)).toBe('OutOfBounds');
  expect(status(4, a + 2, a, b)).toBe('Misaligned');
  expect(status(4, a, a, a + 8)).toBe('Overlap');
  expect(status(4, 16, a, b)).toBe('OutOfBounds');
  expect(status(0x7fffffff, a, a, b)).toBe('SizeOverflow');
  expect(status(4, a, a, 0xffffffe0)).toBe('OutOfBounds');
  expect(status(4, a, a, 0xfffffff0)).toBe('SizeOverflow');
  expect(() => engine.call('activation_forward', 99, 0, 4, a, b)).toThrow(new WasmError('activation_forward', 9));
  expect(() => engine.call('matmul', 2, 2, 2, 0, 1, a, a, 0, b, 0, 0, 0, 0)).toThrow(
    'the workspace is smaller than the kernel asks for',
  );
  expect(() => engine.release(a + 4)).toThrow('release: the address is not the start of a live allocation');
  engine.release(a);
  expect(() => engine.release(a)).toThrow(WasmError);
  engine.release(b);
});

test.each(['simd128', 'relaxed'] as const)('NaN stays NaN in every function of the variant %s', (variant) => {
  if (variant === 'relaxed' && !hasRelaxedSimd()) return;
  const here = new Engine(loadModuleSync(variant), variant);
  const [x, y] = [here.allocate(64), here.allocate(64)];
  // Both signs of NaN, in the vector part and in the rest.
  const bits = [0x7fc00000, 0xffc00000, 0x3f800000, 0xbf800000, 0xffc00000];
  const expectNaN = (): void => {
    expect([...here.memory.read(y, 5)].map(Number.isNaN)).toEqual([true, true, false, false, true]);
  };
  for (let code = 0; code < 14; code++) {
    here.memory.writeWords(x, bits);
    here.call('activation_forward', code, 0.5, 5, x, y);
    expectNaN();
  }
  here.call('exp', 5, x, y);
  expectNaN();
});

test('memory that cannot be had is an error, and the engine goes on', () => {
  expect(() => engine.allocate(0xfffffff0)).toThrow(OutOfMemoryError);
  expect(() => engine.allocate(0xf0000000)).toThrow('out of memory: expected 4026531840 bytes');
  const address = engine.allocate(4);
  engine.release(address);
});

test('views follow the growth of memory', () => {
  const small = engine.allocate(16);
  engine.memory.write(small, [1, 2, 3, 4]);
  const large = engine.allocate(engine.memory.byteLength);
  expect([...engine.memory.read(small, 4)]).toEqual([1, 2, 3, 4]);
  engine.release(small);
  engine.release(large);
});

test('after a trap the instance repeats the first cause, in the words of the panic', () => {
  const doomed = new Engine(loadModuleSync('simd128'), 'simd128');
  expect(() => doomed.call('provoke_panic')).toThrow(EngineCrashedError);
  expect(() => doomed.allocate(4)).toThrow(/WebAssembly trapped: panicked at .*abi.mod\.rs.*\n.*provoked by a test/);
  expect(doomed.crashed).toBe(true);
  expect(engine.crashed).toBe(false);
});
