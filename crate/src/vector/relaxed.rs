//! What the relaxed SIMD instructions do better: fused multiply-add, minimum and maximum.

use super::simd128::Lanes;
use core::arch::wasm32::{f32x4_relaxed_madd, f32x4_relaxed_max, f32x4_relaxed_min};

/// `a · b + c`, fused where the processor can. LLVM never makes this instruction by itself.
#[inline(always)]
pub(super) fn mul_add(a: Lanes, b: Lanes, c: Lanes) -> Lanes {
    Lanes(f32x4_relaxed_madd(a.0, b.0, c.0))
}

/// The larger; NaN in `a` stays. x64 gives the second operand when one is NaN, arm64 gives NaN.
#[inline(always)]
pub(super) fn at_least(a: Lanes, b: Lanes) -> Lanes {
    Lanes(f32x4_relaxed_max(b.0, a.0))
}

/// The smaller; NaN in `a` stays, see [`at_least`].
#[inline(always)]
pub(super) fn at_most(a: Lanes, b: Lanes) -> Lanes {
    Lanes(f32x4_relaxed_min(b.0, a.0))
}
