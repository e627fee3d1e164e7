//! Four lanes as a WebAssembly v128.

use super::{Vector, LANES, ROUND};
use core::arch::wasm32::*;

/// Four float32 lanes.
#[derive(Clone, Copy, Debug)]
pub struct Lanes(pub(super) v128);

impl Vector for Lanes {
    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self(f32x4_splat(value))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(f32x4_add(self.0, other.0))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(f32x4_sub(self.0, other.0))
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(f32x4_mul(self.0, other.0))
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        Self(f32x4_div(self.0, other.0))
    }

    #[cfg(not(target_feature = "relaxed-simd"))]
    #[inline(always)]
    fn mul_add(self, factor: Self, term: Self) -> Self {
        self.mul(factor).add(term)
    }

    #[cfg(target_feature = "relaxed-simd")]
    #[inline(always)]
    fn mul_add(self, factor: Self, term: Self) -> Self {
        super::relaxed::mul_add(self, factor, term)
    }

    // pmax(a, b) = a < b ? b : a, one instruction on x64, where max takes seven. With relaxed-simd LLVM would make
    // relaxed_max(a, b) of it, which loses NaN in a.
    #[cfg(not(target_feature = "relaxed-simd"))]
    #[inline(always)]
    fn at_least(self, other: Self) -> Self {
        Self(f32x4_pmax(self.0, other.0))
    }

    #[cfg(not(target_feature = "relaxed-simd"))]
    #[inline(always)]
    fn at_most(self, other: Self) -> Self {
        Self(f32x4_pmin(self.0, other.0))
    }

    #[cfg(target_feature = "relaxed-simd")]
    #[inline(always)]
    fn at_least(self, other: Self) -> Self {
        super::relaxed::at_least(self, other)
    }

    #[cfg(target_feature = "relaxed-simd")]
    #[inline(always)]
    fn at_most(self, other: Self) -> Self {
        super::relaxed::at_most(self, other)
    }

    #[inline(always)]
    fn abs(self) -> Self {
        Self(f32x4_abs(self.0))
    }

    #[inline(always)]
    fn negative_abs(self) -> Self {
        Self(v128_or(self.0, u32x4_splat(0x8000_0000)))
    }

    #[inline(always)]
    fn with_sign_of(self, sign: Self) -> Self {
        // What differs without the sign is the sign: a constant of its own would be built anew for each vector.
        Self(v128_or(self.0, v128_xor(sign.0, f32x4_abs(sign.0))))
    }

    #[inline(always)]
    fn select_less(self, limit: Self, yes: Self, no: Self) -> Self {
        select(f32x4_lt(self.0, limit.0), yes, no)
    }

    #[inline(always)]
    fn power_of_two(self, bias: Self) -> Self {
        Self(i32x4_add(i32x4_shl(self.0, 23), bias.0))
    }

    #[inline(always)]
    fn exponent(self) -> Self {
        Self(i32x4_shl(self.0, 23))
    }

    #[inline(always)]
    fn half_of_rounded(self) -> Self {
        let round = i32x4_splat(ROUND.to_bits() as i32);
        Self(i32x4_add(i32x4_shr(i32x4_sub(self.0, round), 1), round))
    }

    #[inline(always)]
    fn square_root(self) -> Self {
        Self(f32x4_sqrt(self.0))
    }

    #[inline(always)]
    fn floor(self) -> Self {
        Self(f32x4_floor(self.0))
    }

    #[inline(always)]
    fn ceil(self) -> Self {
        Self(f32x4_ceil(self.0))
    }

    #[inline(always)]
    fn nearest(self) -> Self {
        Self(f32x4_nearest(self.0))
    }

    #[inline(always)]
    fn select_equal_or_nan(self, other: Self, yes: Self, no: Self) -> Self {
        select(v128_or(f32x4_eq(self.0, other.0), f32x4_ne(self.0, self.0)), yes, no)
    }

    #[inline(always)]
    fn split_equal(self, other: Self, values: Self) -> (Self, Self) {
        let mask = f32x4_eq(self.0, other.0);
        (Self(v128_and(values.0, mask)), Self(v128_andnot(values.0, mask)))
    }

    #[inline(always)]
    fn first_with([a, b, c, _]: [Self; 4], largest: Self) -> f32 {
        // A mask is −1, so that the sum of those of all vectors that are passed over is the number, negated: no constant is
        // needed, which V8 would build anew for each vector.
        let is_passed = |value: Self| v128_andnot(f32x4_ne(value.0, largest.0), f32x4_ne(value.0, value.0));
        let first = is_passed(a);
        let second = v128_and(first, is_passed(b));
        let third = v128_and(second, is_passed(c));
        let words = i32x4_add(i32x4_add(first, second), third);
        let halves = i16x8_narrow_i32x4(words, words);
        f32x4_extract_lane::<0>(i8x16_narrow_i16x8(halves, halves))
    }

    #[inline(always)]
    fn part_by(self, firsts: f32) -> [Self; 4] {
        let first = i32x4_extend_low_i16x8(i16x8_extend_low_i8x16(f32x4_splat(firsts)));
        let (zero, minus_one) = (i32x4_splat(0), i32x4_splat(-1));
        let second = i32x4_sub(first, minus_one);
        let third = i32x4_sub(second, minus_one);
        let masks = [first, second, third].map(|number| i32x4_eq(number, zero));
        let none = v128_or(v128_or(masks[0], masks[1]), masks[2]);
        let part = |mask: v128| Self(v128_and(self.0, mask));
        [part(masks[0]), part(masks[1]), part(masks[2]), Self(v128_andnot(self.0, none))]
    }

    #[inline(always)]
    fn has_nan(self) -> bool {
        v128_any_true(f32x4_ne(self.0, self.0))
    }

    #[inline(always)]
    fn all_within(vectors: [Self; 4], limit: Self) -> bool {
        // Integers of the same order: the sign of the difference, turned where the number has one. Comparing numbers would take
        // the units that multiply.
        let beyond = vectors.map(|Self(x)| v128_xor(i32x4_sub(limit.0, x), x));
        let any = v128_or(v128_or(beyond[0], beyond[1]), v128_or(beyond[2], beyond[3]));
        i32x4_bitmask(any) == 0
    }

    #[inline(always)]
    fn or_nan_of(self, other: Self) -> Self {
        select(f32x4_ne(other.0, other.0), other, self)
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        let pairs = f32x4_add(self.0, i32x4_shuffle::<2, 3, 0, 1>(self.0, self.0));
        f32x4_extract_lane::<0>(pairs) + f32x4_extract_lane::<1>(pairs)
    }

    #[inline(always)]
    fn to_array(self) -> [f32; LANES] {
        let mut lanes = [0.0; LANES];
        self.store(&mut lanes);
        lanes
    }

    #[inline(always)]
    fn interleave<const N: usize>(vectors: [Self; N]) -> [Self; N] {
        // Written with the words of all cases; for each N the compiler keeps one.
        let at = |index: usize| vectors[index.min(N - 1)].0;
        let (a, b, c, d) = (at(0), at(1), at(2), at(3));
        let woven = match N {
            2 => [i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<2, 6, 3, 7>(a, b), a, a],
            3 => {
                // Two lanes of one vector, then two of another: one instruction on x64, other patterns take three.
                let ab = i32x4_shuffle::<0, 2, 4, 6>(a, b);
                let bc = i32x4_shuffle::<1, 3, 5, 7>(b, c);
                let ca = i32x4_shuffle::<0, 2, 5, 7>(c, a);
                [
                    i32x4_shuffle::<0, 2, 4, 6>(ab, ca),
                    i32x4_shuffle::<0, 2, 5, 7>(bc, ab),
                    i32x4_shuffle::<1, 3, 5, 7>(ca, bc),
                    a,
                ]
            }
            4 => {
                let (ab, cd) = (i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<0, 4, 1, 5>(c, d));
                let (ab_high, cd_high) = (i32x4_shuffle::<2, 6, 3, 7>(a, b), i32x4_shuffle::<2, 6, 3, 7>(c, d));
                [
                    i32x4_shuffle::<0, 1, 4, 5>(ab, cd),
                    i32x4_shuffle::<2, 3, 6, 7>(ab, cd),
                    i32x4_shuffle::<0, 1, 4, 5>(ab_high, cd_high),
                    i32x4_shuffle::<2, 3, 6, 7>(ab_high, cd_high),
                ]
            }
            _ => [a; 4],
        };
        std::array::from_fn(|v| Self(woven[v]))
    }

    #[inline(always)]
    fn alternate<const C: usize>([Self(a), Self(b)]: [Self; 2]) -> [Self; 2] {
        if C == 1 {
            [Self(i32x4_shuffle::<0, 2, 4, 6>(a, b)), Self(i32x4_shuffle::<1, 3, 5, 7>(a, b))]
        } else {
            [Self(i32x4_shuffle::<0, 1, 4, 5>(a, b)), Self(i32x4_shuffle::<2, 3, 6, 7>(a, b))]
        }
    }

    #[inline(always)]
    fn pick_of_twos(self, other: Self) -> Self {
        Self(i32x4_shuffle::<0, 2, 5, 7>(self.0, other.0))
    }

    #[inline(always)]
    fn pick_of_threes(self, other: Self) -> Self {
        Self(i32x4_shuffle::<0, 3, 4, 7>(self.0, other.0))
    }

    #[inline(always)]
    fn behind(self, other: Self) -> Self {
        Self(i32x4_shuffle::<3, 4, 5, 6>(other.0, self.0))
    }

    #[inline(always)]
    fn from_array(lanes: [f32; LANES]) -> Self {
        Self::load(&lanes)
    }

    #[inline(always)]
    unsafe fn load_at(address: *const f32) -> Self {
        // SAFETY: the caller promises four readable floats; v128.load asks for no alignment.
        Self(unsafe { v128_load(address.cast()) })
    }

    #[inline(always)]
    unsafe fn splat_at(address: *const f32) -> Self {
        // A plain read: LLVM makes load32_splat of it and folds a constant offset into it, which it does not do for the
        // intrinsic of that name. SAFETY: the caller promises a readable float.
        Self(f32x4_splat(unsafe { *address }))
    }

    #[inline(always)]
    unsafe fn store_at(self, address: *mut f32) {
        // SAFETY: the caller promises four writable floats; v128.store asks for no alignment.
        unsafe { v128_store(address.cast(), self.0) }
    }

    // Lane by lane through the stack a vector would wait until its lanes have been written there.
    #[inline(always)]
    unsafe fn with_few_at(self, address: *const f32, count: usize) -> Self {
        // SAFETY: the caller promises so many readable floats.
        Self(unsafe {
            match count {
                1 => v128_load32_lane::<0>(self.0, address.cast()),
                2 => v128_load64_lane::<0>(self.0, address.cast()),
                _ => v128_load32_lane::<2>(v128_load64_lane::<0>(self.0, address.cast()), address.add(2).cast()),
            }
        })
    }

    #[inline(always)]
    unsafe fn store_few_at(self, address: *mut f32, count: usize) {
        // SAFETY: the caller promises so many writable floats.
        unsafe {
            if count == 1 {
                return v128_store32_lane::<0>(self.0, address.cast());
            }
            v128_store64_lane::<0>(self.0, address.cast());
            if count > 2 {
                v128_store32_lane::<2>(self.0, address.add(2).cast());
            }
        }
    }
}

/// `yes` where the mask's lanes are all ones, `no` where they are zero.
#[inline(always)]
fn select(mask: v128, yes: Lanes, no: Lanes) -> Lanes {
    #[cfg(target_feature = "relaxed-simd")]
    // One instruction instead of three; with whole lanes in the mask it is not relaxed at all.
    return Lanes(i32x4_relaxed_laneselect(yes.0, no.0, mask));
    #[cfg(not(target_feature = "relaxed-simd"))]
    Lanes(v128_bitselect(yes.0, no.0, mask))
}
