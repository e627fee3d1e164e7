//! exp, sigmoid and tanh of four lanes: own polynomials, the same bits on every engine.
//!
//! Coefficients: S. L. Moshier's Cephes library, `expf` and `tanhf`.

use crate::vector::{Vector, F32x4, ROUND};

/// eˣ, within 2 ULP over the whole range; subnormal results, infinities and NaN come out right.
#[inline(always)]
pub fn exp(x: F32x4) -> F32x4 {
    let constant = F32x4::splat;
    // Beyond these the result is 0 or infinity.
    let x = x.at_least(constant(-104.0)).at_most(constant(89.0));
    // x = n·ln 2 + r, |r| ≤ ln 2 / 2; the first part of ln 2 has few bits, so that n times it is exact.
    let rounded = x.mul(constant(std::f32::consts::LOG2_E)).add(constant(ROUND));
    let n = rounded.sub(constant(ROUND));
    let r = n.mul_add(constant(-0.693_359_375), x);
    let r = n.mul_add(constant(2.121_944_4e-4), r);
    let square = r.mul(r);
    let p = constant(1.987_569_1e-4);
    let p = p.mul_add(r, constant(1.398_199_9e-3));
    let p = p.mul_add(r, constant(8.333_452e-3));
    let p = p.mul_add(r, constant(4.166_579_6e-2));
    let p = p.mul_add(r, constant(1.666_666_5e-1));
    let p = p.mul_add(r, constant(0.5));
    let p = p.mul_add(square, r).add(constant(1.0));
    p.times_power_of_two(rounded)
}

/// 1 / (1 + e⁻ˣ), within 3 ULP over the whole range.
#[inline(always)]
pub fn sigmoid(x: F32x4) -> F32x4 {
    let one = F32x4::splat(1.0);
    let zero = F32x4::splat(0.0);
    // From e^-|x| ≤ 1, so that small results keep their digits: e / (1 + e) for negative x.
    let e = exp(zero.sub(x.abs()));
    x.select_less(zero, e, one).div(one.add(e))
}

/// tanh x, within 3 ULP over the whole range.
#[inline(always)]
pub fn tanh(x: F32x4) -> F32x4 {
    let constant = F32x4::splat;
    let size = x.abs();
    let square = x.mul(x);
    let p = constant(-5.704_988_7e-3);
    let p = p.mul_add(square, constant(2.063_908_9e-2));
    let p = p.mul_add(square, constant(-5.373_971_6e-2));
    let p = p.mul_add(square, constant(1.333_144_2e-1));
    let p = p.mul_add(square, constant(-3.333_328e-1));
    let near = p.mul(square).mul_add(size, size);
    let e = exp(size.add(size));
    let far = constant(1.0).sub(constant(2.0).div(e.add(constant(1.0))));
    size.select_less(constant(0.625), near, far).with_sign_of(x)
}
