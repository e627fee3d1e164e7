//! What the relaxed SIMD instructions do better: fused multiply-add.

use super::simd128::F32x4;
use core::arch::wasm32::f32x4_relaxed_madd;

/// `a · b + c`, fused where the processor can. LLVM never makes this instruction by itself.
#[inline(always)]
pub(super) fn mul_add(a: F32x4, b: F32x4, c: F32x4) -> F32x4 {
    F32x4(f32x4_relaxed_madd(a.0, b.0, c.0))
}
