/**
 * The builds of the kernels. `simd128` is strict: the same bits everywhere. `relaxed` has fused multiply-add. Those with
 * `-threads` share their memory with the workers of a pool.
 */
export const variants = [
  { name: 'simd128', features: ['simd128'], shared: false },
  { name: 'relaxed', features: ['simd128', 'relaxed-simd'], shared: false },
  { name: 'simd128-threads', features: ['simd128', 'atomics', 'bulk-memory', 'mutable-globals'], shared: true },
  {
    name: 'relaxed-threads',
    features: ['simd128', 'relaxed-simd', 'atomics', 'bulk-memory', 'mutable-globals'],
    shared: true,
  },
];

/** Bytes of a shared memory at the start, and the most that it may have: ts/runtime/pool.ts creates it. */
export const sharedMemory = { initial: 2 ** 21, maximum: 2 ** 32 };
