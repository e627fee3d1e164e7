//! Four lanes in double precision, for what float32 has too few digits for: logarithms and long sums.

#[cfg(not(target_feature = "simd128"))]
pub use portable::{Doubles, Splitting};
#[cfg(target_feature = "simd128")]
pub use simd128::{Doubles, Splitting};

#[cfg(target_feature = "simd128")]
mod simd128 {
    use crate::vector::{Lanes, LANES};
    use core::arch::wasm32::*;
    use std::hint::black_box;

    /// Four lanes in double precision.
    #[derive(Clone, Copy, Debug)]
    pub struct Doubles([v128; 2]);

    /// The constants of [`Doubles::split`], as values that the compiler does not know.
    #[derive(Clone, Copy)]
    pub struct Splitting {
        start: v128,
        whole: v128,
        offset: v128,
        digits: v128,
        root: v128,
    }

    impl Splitting {
        /// The constants.
        #[inline(always)]
        #[allow(clippy::new_without_default)]
        pub fn new() -> Self {
            // The exponent of a number moved so that one begins behind √2, and so far that none is negative: a shift of signed words
            // is several instructions.
            const MOVED: i64 = 1024;
            const ONE: i64 = 1 << 52;
            const ROOT: i64 = std::f64::consts::SQRT_2.to_bits() as i64 + 1 - ONE;
            const WHOLE: f64 = ONE as f64;
            static WORDS: [i64; 5] =
                [MOVED * ONE - ROOT, WHOLE.to_bits() as i64, (WHOLE + MOVED as f64).to_bits() as i64, ONE - 1, ROOT];
            let [start, whole, offset, digits, root] = black_box(&WORDS).map(|word| i64x2_splat(word));
            Self { start, whole, offset, digits, root }
        }
    }

    // Methods of the same names as those of `Vector`.
    #[allow(clippy::should_implement_trait)]
    impl Doubles {
        /// All lanes the same.
        #[inline(always)]
        pub fn splat(value: f64) -> Self {
            Self([f64x2_splat(value); 2])
        }

        /// The lanes of a vector.
        #[inline(always)]
        pub fn of(lanes: Lanes) -> Self {
            let high = i64x2_shuffle::<1, 1>(lanes.0, lanes.0);
            Self([lanes.0, high].map(|half| f64x2_promote_low_f32x4(half)))
        }

        /// The nearest vector.
        #[inline(always)]
        pub fn rounded(self) -> Lanes {
            let [low, high] = self.0.map(|half| f32x4_demote_f64x2_zero(half));
            Lanes(i64x2_shuffle::<0, 2>(low, high))
        }

        /// Lane by lane.
        #[inline(always)]
        pub fn add(self, other: Self) -> Self {
            self.with(other, |a, b| f64x2_add(a, b))
        }

        /// Lane by lane.
        #[inline(always)]
        pub fn sub(self, other: Self) -> Self {
            self.with(other, |a, b| f64x2_sub(a, b))
        }

        /// Lane by lane.
        #[inline(always)]
        pub fn mul(self, other: Self) -> Self {
            self.with(other, |a, b| f64x2_mul(a, b))
        }

        /// Lane by lane.
        #[inline(always)]
        pub fn div(self, other: Self) -> Self {
            self.with(other, |a, b| f64x2_div(a, b))
        }

        /// Without the sign.
        #[inline(always)]
        pub fn abs(self) -> Self {
            Self(self.0.map(|half| f64x2_abs(half)))
        }

        /// `self < limit ? yes : no`, lane by lane; `no` where `self` is NaN.
        #[inline(always)]
        pub fn select_less(self, limit: Self, yes: Self, no: Self) -> Self {
            let masks = self.with(limit, |a, b| f64x2_lt(a, b));
            Self([0, 1].map(|half| v128_bitselect(yes.0[half], no.0[half], masks.0[half])))
        }

        /// Whether all lanes are more than 0 and less than `limit`.
        #[inline(always)]
        pub fn all_below(self, limit: Self) -> bool {
            let zero = f64x2_splat(0.0);
            let [low, high] = [0, 1].map(|half| {
                let (lane, limit) = (self.0[half], limit.0[half]);
                v128_and(f64x2_gt(lane, zero), f64x2_lt(lane, limit))
            });
            i64x2_all_true(v128_and(low, high))
        }

        /// n and m where each lane is m·2ⁿ, √½ < m ≤ √2; for positive normal lanes.
        #[inline(always)]
        pub fn split(self, constants: &Splitting) -> [Self; 2] {
            let moved = self.0.map(|bits| i64x2_add(bits, constants.start));
            // 2⁵² has the number in its low bits.
            let exponent = |moved| f64x2_sub(v128_or(u64x2_shr(moved, 52), constants.whole), constants.offset);
            let mantissa = |moved| i64x2_add(v128_and(moved, constants.digits), constants.root);
            [Self(moved.map(exponent)), Self(moved.map(mantissa))]
        }

        /// The lanes.
        #[inline(always)]
        pub fn to_array(self) -> [f64; LANES] {
            let [low, high] = self.0;
            [
                f64x2_extract_lane::<0>(low),
                f64x2_extract_lane::<1>(low),
                f64x2_extract_lane::<0>(high),
                f64x2_extract_lane::<1>(high),
            ]
        }

        /// From lanes.
        #[inline(always)]
        pub fn from_array([a, b, c, d]: [f64; LANES]) -> Self {
            Self([f64x2(a, b), f64x2(c, d)])
        }

        #[inline(always)]
        fn with(self, other: Self, apply: impl Fn(v128, v128) -> v128) -> Self {
            Self([apply(self.0[0], other.0[0]), apply(self.0[1], other.0[1])])
        }
    }
}

#[cfg(not(target_feature = "simd128"))]
mod portable {
    use crate::vector::{Lanes, Real, Vector, LANES};
    use std::array::from_fn;

    /// Four lanes in double precision.
    #[derive(Clone, Copy, Debug)]
    pub struct Doubles([f64; LANES]);

    /// There are no constants here.
    #[derive(Clone, Copy)]
    pub struct Splitting;

    impl Splitting {
        /// Nothing to prepare.
        #[allow(clippy::new_without_default)]
        pub fn new() -> Self {
            Self
        }
    }

    // Methods of the same names as those of `Vector`.
    #[allow(clippy::should_implement_trait)]
    impl Doubles {
        /// All lanes the same.
        #[inline(always)]
        pub fn splat(value: f64) -> Self {
            Self([value; LANES])
        }

        /// The lanes of a vector.
        #[inline(always)]
        pub fn of(lanes: Lanes) -> Self {
            Self(lanes.to_array().map(f64::from))
        }

        /// The nearest vector.
        #[inline(always)]
        pub fn rounded(self) -> Lanes {
            Lanes::from_array(self.0.map(|lane| lane as Real))
        }

        /// Lane by lane.
        #[inline(always)]
        pub fn add(self, other: Self) -> Self {
            self.with(other, |a, b| a + b)
        }

        /// Lane by lane.
        #[inline(always)]
        pub fn sub(self, other: Self) -> Self {
            self.with(other, |a, b| a - b)
        }

        /// Lane by lane.
        #[inline(always)]
        pub fn mul(self, other: Self) -> Self {
            self.with(other, |a, b| a * b)
        }

        /// Lane by lane.
        #[inline(always)]
        pub fn div(self, other: Self) -> Self {
            self.with(other, |a, b| a / b)
        }

        /// Without the sign.
        #[inline(always)]
        pub fn abs(self) -> Self {
            Self(self.0.map(f64::abs))
        }

        /// `self < limit ? yes : no`, lane by lane; `no` where `self` is NaN.
        #[inline(always)]
        pub fn select_less(self, limit: Self, yes: Self, no: Self) -> Self {
            Self(from_fn(|lane| if self.0[lane] < limit.0[lane] { yes.0[lane] } else { no.0[lane] }))
        }

        /// Whether all lanes are more than 0 and less than `limit`.
        #[inline(always)]
        pub fn all_below(self, limit: Self) -> bool {
            self.0.iter().zip(limit.0).all(|(&lane, limit)| lane > 0.0 && lane < limit)
        }

        /// n and m where each lane is m·2ⁿ, √½ < m ≤ √2; for positive normal lanes.
        #[inline(always)]
        pub fn split(self, _constants: &Splitting) -> [Self; 2] {
            let bits = self.0.map(|lane| lane.to_bits() as i64);
            let exponents = bits.map(|bits| ((bits - std::f64::consts::SQRT_2.to_bits() as i64 - 1) >> 52) + 1);
            let mantissa = |lane: usize| f64::from_bits(bits[lane].wrapping_sub(exponents[lane] << 52) as u64);
            [Self(exponents.map(|exponent| exponent as f64)), Self(from_fn(mantissa))]
        }

        /// The lanes.
        #[inline(always)]
        pub fn to_array(self) -> [f64; LANES] {
            self.0
        }

        /// From lanes.
        #[inline(always)]
        pub fn from_array(lanes: [f64; LANES]) -> Self {
            Self(lanes)
        }

        #[inline(always)]
        fn with(self, other: Self, apply: impl Fn(f64, f64) -> f64) -> Self {
            Self(from_fn(|lane| apply(self.0[lane], other.0[lane])))
        }
    }
}
