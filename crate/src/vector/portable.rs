//! Four lanes in plain Rust: for native tests, and the definition of what the others compute.

use super::{Vector, LANES, ROUND};

/// Four float32 lanes.
#[derive(Clone, Copy, Debug)]
pub struct F32x4([f32; LANES]);

impl F32x4 {
    #[inline(always)]
    fn zip(self, other: Self, apply: impl Fn(f32, f32) -> f32) -> Self {
        Self(std::array::from_fn(|lane| apply(self.0[lane], other.0[lane])))
    }

    #[inline(always)]
    fn map(self, apply: impl Fn(f32) -> f32) -> Self {
        Self(self.0.map(apply))
    }
}

impl Vector for F32x4 {
    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self([value; LANES])
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b)
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, term: Self) -> Self {
        self.mul(factor).add(term)
    }

    #[inline(always)]
    fn at_least(self, other: Self) -> Self {
        self.zip(other, |a, b| if a < b { b } else { a })
    }

    #[inline(always)]
    fn at_most(self, other: Self) -> Self {
        self.zip(other, |a, b| if b < a { b } else { a })
    }

    #[inline(always)]
    fn abs(self) -> Self {
        self.map(f32::abs)
    }

    #[inline(always)]
    fn negative_abs(self) -> Self {
        self.map(|value| -value.abs())
    }

    #[inline(always)]
    fn with_sign_of(self, sign: Self) -> Self {
        self.zip(sign, |a, s| f32::from_bits(a.to_bits() | (s.to_bits() & 0x8000_0000)))
    }

    #[inline(always)]
    fn select_less(self, limit: Self, yes: Self, no: Self) -> Self {
        Self(std::array::from_fn(|lane| if self.0[lane] < limit.0[lane] { yes.0[lane] } else { no.0[lane] }))
    }

    #[inline(always)]
    fn power_of_two(self, bias: Self) -> Self {
        self.zip(bias, |rounded, bias| f32::from_bits((rounded.to_bits() << 23).wrapping_add(bias.to_bits())))
    }

    #[inline(always)]
    fn exponent(self) -> Self {
        self.map(|rounded| f32::from_bits(rounded.to_bits() << 23))
    }

    #[inline(always)]
    fn half_of_rounded(self) -> Self {
        self.map(|rounded| {
            let n = rounded.to_bits().wrapping_sub(ROUND.to_bits()) as i32;
            f32::from_bits(ROUND.to_bits().wrapping_add((n >> 1) as u32))
        })
    }

    #[inline(always)]
    fn square_root(self) -> Self {
        self.map(f32::sqrt)
    }

    #[inline(always)]
    fn select_equal_or_nan(self, other: Self, yes: Self, no: Self) -> Self {
        Self(std::array::from_fn(|lane| {
            let hit = self.0[lane] == other.0[lane] || self.0[lane].is_nan();
            if hit {
                yes.0[lane]
            } else {
                no.0[lane]
            }
        }))
    }

    #[inline(always)]
    fn or_nan_of(self, other: Self) -> Self {
        self.zip(other, |a, b| if b.is_nan() { b } else { a })
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        (self.0[0] + self.0[2]) + (self.0[1] + self.0[3])
    }

    #[inline(always)]
    fn to_array(self) -> [f32; LANES] {
        self.0
    }

    #[inline(always)]
    fn interleave<const N: usize>(vectors: [Self; N]) -> [Self; N] {
        std::array::from_fn(|v| {
            Self(std::array::from_fn(|lane| {
                let place = v * LANES + lane;
                vectors[place % N].0[place / N]
            }))
        })
    }

    #[inline(always)]
    fn deinterleave<const N: usize>(vectors: [Self; N]) -> [Self; N] {
        std::array::from_fn(|v| {
            Self(std::array::from_fn(|lane| {
                let place = lane * N + v;
                vectors[place / LANES].0[place % LANES]
            }))
        })
    }

    #[inline(always)]
    fn from_array(lanes: [f32; LANES]) -> Self {
        Self(lanes)
    }

    #[inline(always)]
    unsafe fn load_at(address: *const f32) -> Self {
        // SAFETY: the caller promises four readable floats; read_unaligned asks for no more than their own alignment.
        Self(unsafe { address.cast::<[f32; LANES]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn splat_at(address: *const f32) -> Self {
        // SAFETY: the caller promises a readable float.
        Self::splat(unsafe { *address })
    }

    #[inline(always)]
    unsafe fn store_at(self, address: *mut f32) {
        // SAFETY: the caller promises four writable floats.
        unsafe { address.cast::<[f32; LANES]>().write_unaligned(self.0) }
    }
}
