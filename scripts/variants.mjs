/**
 * The builds of the kernels. `simd128` is strict: the same bits everywhere. `relaxed` has fused multiply-add. The
 * shared-memory builds wait for the thread pool.
 */
export const variants = [
  { name: 'simd128', features: ['simd128'], enabled: true },
  { name: 'relaxed', features: ['simd128', 'relaxed-simd'], enabled: true },
  { name: 'simd128-threads', features: ['simd128', 'atomics', 'bulk-memory', 'mutable-globals'], enabled: false },
  {
    name: 'relaxed-threads',
    features: ['simd128', 'relaxed-simd', 'atomics', 'bulk-memory', 'mutable-globals'],
    enabled: false,
  },
];
