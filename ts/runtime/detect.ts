/** What this engine of JavaScript can run: decided by validating two tiny modules, once. */

/** A build of the kernels. `simd128` can give the same bits everywhere. `relaxed` uses fused multiply-add. */
export type Variant = 'simd128' | 'relaxed';

/** A file of kernels: a variant, for one thread or for several. */
export type Build = Variant | `${Variant}-threads`;

/** Name of a build's file. */
export function fileOf(build: Build): string {
  return `convgrad.${build}.wasm`;
}

/** How `init` chooses a build: the fastest one that runs here, or one by its promise. */
export type SimdMode = 'auto' | 'strict' | 'relaxed';

// (module (func (result v128) (f32x4.splat (f32.const 0))))
const SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 11, 1, 9, 0, 67, 0, 0, 0, 0, 253, 19, 11,
]);

// (module (func (param v128) (result v128) (f32x4.relaxed_madd (local.get 0) (local.get 0) (local.get 0))))
const RELAXED = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0, 32, 0, 32, 0, 32, 0, 253, 133,
  2, 11,
]);

/** Whether fixed-width SIMD, without which there is no build, runs here. */
export function hasSimd(): boolean {
  return WebAssembly.validate(SIMD);
}

/** Whether the relaxed SIMD proposal (fused multiply-add) runs here: Node ≥ 22, Chrome ≥ 114, Firefox ≥ 145. */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(RELAXED);
}
