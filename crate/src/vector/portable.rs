//! Four lanes in plain Rust: for native tests, and the definition of what the others compute.

#[cfg(not(feature = "double"))]
use super::ROUND;
use super::{Real, Vector, LANES};

/// Four lanes.
#[derive(Clone, Copy, Debug)]
pub struct Lanes([Real; LANES]);

impl Lanes {
    #[inline(always)]
    fn zip(self, other: Self, apply: impl Fn(Real, Real) -> Real) -> Self {
        Self(std::array::from_fn(|lane| apply(self.0[lane], other.0[lane])))
    }

    #[inline(always)]
    fn map(self, apply: impl Fn(Real) -> Real) -> Self {
        Self(self.0.map(apply))
    }
}

impl Vector for Lanes {
    #[inline(always)]
    fn splat(value: Real) -> Self {
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
        self.map(Real::abs)
    }

    #[inline(always)]
    fn negative_abs(self) -> Self {
        self.map(|value| -value.abs())
    }

    #[inline(always)]
    fn with_sign_of(self, sign: Self) -> Self {
        self.zip(sign, Real::copysign)
    }

    #[inline(always)]
    fn select_less(self, limit: Self, yes: Self, no: Self) -> Self {
        Self(std::array::from_fn(|lane| if self.0[lane] < limit.0[lane] { yes.0[lane] } else { no.0[lane] }))
    }

    #[cfg(not(feature = "double"))]
    #[inline(always)]
    fn power_of_two(self, bias: Self) -> Self {
        self.zip(bias, |rounded, bias| Real::from_bits((rounded.to_bits() << 23).wrapping_add(bias.to_bits())))
    }

    #[cfg(not(feature = "double"))]
    #[inline(always)]
    fn exponent(self) -> Self {
        self.map(|rounded| Real::from_bits(rounded.to_bits() << 23))
    }

    #[cfg(not(feature = "double"))]
    #[inline(always)]
    fn half_of_rounded(self) -> Self {
        self.map(|rounded| {
            let n = rounded.to_bits().wrapping_sub(ROUND.to_bits()) as i32;
            Real::from_bits(ROUND.to_bits().wrapping_add((n >> 1) as u32))
        })
    }

    #[inline(always)]
    fn square_root(self) -> Self {
        self.map(Real::sqrt)
    }

    #[inline(always)]
    fn floor(self) -> Self {
        self.map(Real::floor)
    }

    #[inline(always)]
    fn ceil(self) -> Self {
        self.map(Real::ceil)
    }

    #[inline(always)]
    fn nearest(self) -> Self {
        self.map(Real::round_ties_even)
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
    fn split_equal(self, other: Self, values: Self) -> (Self, Self) {
        let zero = Self::splat(0.0);
        let pick = |hit: bool| {
            Self(std::array::from_fn(|lane| {
                if (self.0[lane] == other.0[lane]) == hit {
                    values.0[lane]
                } else {
                    zero.0[lane]
                }
            }))
        };
        (pick(true), pick(false))
    }

    #[inline(always)]
    fn first_with(values: [Self; 4], largest: Self) -> Real {
        let firsts = std::array::from_fn(|lane| {
            let is_hit = |value: &Self| value.0[lane] == largest.0[lane] || value.0[lane].is_nan();
            0u8.wrapping_sub(values[..3].iter().position(is_hit).unwrap_or(3) as u8)
        });
        Real::from_bits(u32::from_le_bytes(firsts) as _)
    }

    #[inline(always)]
    fn part_by(self, firsts: Real) -> [Self; 4] {
        let firsts = firsts.to_bits().to_le_bytes();
        std::array::from_fn(|number| {
            let part =
                |lane: usize| if usize::from(firsts[lane].wrapping_neg()) == number { self.0[lane] } else { 0.0 };
            Self(std::array::from_fn(part))
        })
    }

    #[inline(always)]
    fn has_nan(self) -> bool {
        self.0.iter().any(|value| value.is_nan())
    }

    #[inline(always)]
    fn all_within(vectors: [Self; 4], limit: Self) -> bool {
        vectors.iter().all(|vector| vector.0.iter().zip(limit.0).all(|(x, limit)| x.abs() <= limit))
    }

    #[inline(always)]
    fn or_nan_of(self, other: Self) -> Self {
        self.zip(other, |a, b| if b.is_nan() { b } else { a })
    }

    #[inline(always)]
    fn sum(self) -> Real {
        (self.0[0] + self.0[2]) + (self.0[1] + self.0[3])
    }

    #[inline(always)]
    fn to_array(self) -> [Real; LANES] {
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
    fn alternate<const C: usize>(values: [Self; 2]) -> [Self; 2] {
        std::array::from_fn(|v| {
            Self(std::array::from_fn(|lane| {
                let place = 2 * (lane / C) * C + v * C + lane % C;
                values[place / LANES].0[place % LANES]
            }))
        })
    }

    #[inline(always)]
    fn pick_of_twos(self, other: Self) -> Self {
        Self([self.0[0], self.0[2], other.0[1], other.0[3]])
    }

    #[inline(always)]
    fn pick_of_threes(self, other: Self) -> Self {
        Self([self.0[0], self.0[3], other.0[0], other.0[3]])
    }

    #[inline(always)]
    fn behind(self, other: Self) -> Self {
        Self([other.0[3], self.0[0], self.0[1], self.0[2]])
    }

    #[inline(always)]
    fn from_array(lanes: [Real; LANES]) -> Self {
        Self(lanes)
    }

    #[inline(always)]
    unsafe fn load_at(address: *const Real) -> Self {
        // SAFETY: the caller promises four readable floats; read_unaligned asks for no more than their own alignment.
        Self(unsafe { address.cast::<[Real; LANES]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn splat_at(address: *const Real) -> Self {
        // SAFETY: the caller promises a readable float.
        Self::splat(unsafe { *address })
    }

    #[inline(always)]
    unsafe fn store_at(self, address: *mut Real) {
        // SAFETY: the caller promises four writable floats.
        unsafe { address.cast::<[Real; LANES]>().write_unaligned(self.0) }
    }

    #[inline(always)]
    unsafe fn with_few_at(mut self, address: *const Real, count: usize) -> Self {
        for (lane, value) in self.0.iter_mut().enumerate().take(count) {
            // SAFETY: the caller promises so many readable floats.
            *value = unsafe { *address.add(lane) };
        }
        self
    }

    #[inline(always)]
    unsafe fn store_few_at(self, address: *mut Real, count: usize) {
        for (lane, value) in self.0.into_iter().enumerate().take(count) {
            // SAFETY: the caller promises so many writable floats.
            unsafe { *address.add(lane) = value };
        }
    }
}
