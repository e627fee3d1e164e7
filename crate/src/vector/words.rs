//! Four words of 32 bits, of which chance is made.

#[cfg(not(target_feature = "simd128"))]
pub use portable::Words;
#[cfg(target_feature = "simd128")]
pub use simd128::Words;

/// The bits of √½, for [`Words::split`].
pub const ROOT: u32 = 0x3f35_04f3;

#[cfg(target_feature = "simd128")]
mod simd128 {
    use crate::vector::Lanes;
    use core::arch::wasm32::*;

    /// Four words.
    #[derive(Clone, Copy, Debug)]
    pub struct Words(v128);

    impl Words {
        /// All the same.
        #[inline(always)]
        pub fn splat(word: u32) -> Self {
            Self(u32x4_splat(word))
        }

        /// `word`, `word + 1`, `word + 2`, `word + 3`, after the largest zero.
        #[inline(always)]
        pub fn count_from(word: u32) -> Self {
            Self(i32x4_add(u32x4_splat(word), u32x4(0, 1, 2, 3)))
        }

        /// Word by word.
        #[inline(always)]
        pub fn xor(self, other: Self) -> Self {
            Self(v128_xor(self.0, other.0))
        }

        /// The low and the high words of the products, word by word.
        #[inline(always)]
        pub fn multiply(self, factors: &Self) -> [Self; 2] {
            // Of factors that it knows, or has before a loop, LLVM makes products of 64 bits by 64, which take four times as long: a volatile load.
            // SAFETY: it is a reference.
            let factors = unsafe { std::ptr::read_volatile(&factors.0) };
            let (first, last) = (u64x2_extmul_low_u32x4(self.0, factors), u64x2_extmul_high_u32x4(self.0, factors));
            [Self(i32x4_shuffle::<0, 2, 4, 6>(first, last)), Self(i32x4_shuffle::<1, 3, 5, 7>(first, last))]
        }

        /// The first words of the four, then the second ones, …
        #[inline(always)]
        pub fn transpose(words: [Self; 4]) -> [Self; 4] {
            use crate::vector::Vector;
            Lanes::interleave(words.map(|words| Lanes(words.0))).map(|lanes| Self(lanes.0))
        }

        /// `yes` where the word is at least `limit`, else `no`.
        #[inline(always)]
        pub fn select_from(self, limit: Self, yes: Lanes, no: Lanes) -> Lanes {
            Lanes(v128_bitselect(yes.0, no.0, u32x4_ge(self.0, limit.0)))
        }

        /// How far the words are from the nearer end: from 0, or from 2³² − 1.
        #[inline(always)]
        pub fn from_end(self) -> Self {
            Self(v128_xor(self.0, i32x4_shr(self.0, 31)))
        }

        /// Whether a word is below `limit`; all of them and that are below 2³¹.
        #[inline(always)]
        pub fn any_below(self, limit: u32) -> bool {
            v128_any_true(i32x4_lt(self.0, i32x4_splat(limit as i32)))
        }

        /// As numbers, those from 2³¹ on less 2³².
        #[inline(always)]
        pub fn to_integers(self) -> Lanes {
            Lanes(f32x4_convert_i32x4(self.0))
        }

        /// n and m where each lane is m·2ⁿ, √½ ≤ m < √2; for positive normal lanes. `root` is [`ROOT`](super::ROOT).
        #[inline(always)]
        pub fn split(x: Lanes, root: Self) -> [Lanes; 2] {
            let n = i32x4_shr(i32x4_sub(x.0, root.0), 23);
            [Lanes(f32x4_convert_i32x4(n)), Lanes(i32x4_sub(x.0, i32x4_shl(n, 23)))]
        }

        /// The words.
        #[inline(always)]
        pub fn to_array(self) -> [u32; 4] {
            [
                u32x4_extract_lane::<0>(self.0),
                u32x4_extract_lane::<1>(self.0),
                u32x4_extract_lane::<2>(self.0),
                u32x4_extract_lane::<3>(self.0),
            ]
        }
    }
}

#[cfg(not(target_feature = "simd128"))]
mod portable {
    use crate::vector::{Lanes, Real, Vector};
    use std::array::from_fn;

    /// Four words.
    #[derive(Clone, Copy, Debug)]
    pub struct Words([u32; 4]);

    impl Words {
        /// All the same.
        #[inline(always)]
        pub fn splat(word: u32) -> Self {
            Self([word; 4])
        }

        /// `word`, `word + 1`, `word + 2`, `word + 3`, after the largest zero.
        #[inline(always)]
        pub fn count_from(word: u32) -> Self {
            Self([0, 1, 2, 3].map(|lane| word.wrapping_add(lane)))
        }

        /// Word by word.
        #[inline(always)]
        pub fn xor(self, other: Self) -> Self {
            Self(from_fn(|lane| self.0[lane] ^ other.0[lane]))
        }

        /// The low and the high words of the products, word by word.
        #[inline(always)]
        pub fn multiply(self, factors: &Self) -> [Self; 2] {
            let products: [u64; 4] = from_fn(|lane| u64::from(self.0[lane]) * u64::from(factors.0[lane]));
            [Self(products.map(|product| product as u32)), Self(products.map(|product| (product >> 32) as u32))]
        }

        /// The first words of the four, then the second ones, …
        #[inline(always)]
        pub fn transpose(words: [Self; 4]) -> [Self; 4] {
            from_fn(|row| Self(from_fn(|column| words[column].0[row])))
        }

        /// `yes` where the word is at least `limit`, else `no`.
        #[inline(always)]
        pub fn select_from(self, limit: Self, yes: Lanes, no: Lanes) -> Lanes {
            let (yes, no) = (yes.to_array(), no.to_array());
            Lanes::from_array(from_fn(|lane| if self.0[lane] >= limit.0[lane] { yes[lane] } else { no[lane] }))
        }

        /// How far the words are from the nearer end: from 0, or from 2³² − 1.
        #[inline(always)]
        pub fn from_end(self) -> Self {
            Self(self.0.map(|word| word.min(!word)))
        }

        /// Whether a word is below `limit`; all of them and that are below 2³¹.
        #[inline(always)]
        pub fn any_below(self, limit: u32) -> bool {
            self.0.iter().any(|&word| word < limit)
        }

        /// As numbers, those from 2³¹ on less 2³².
        #[inline(always)]
        pub fn to_integers(self) -> Lanes {
            Lanes::from_array(self.0.map(|word| word as i32 as Real))
        }

        /// n and m where each lane is m·2ⁿ, √½ ≤ m < √2; for positive normal lanes. `root` is [`ROOT`](super::ROOT).
        #[inline(always)]
        pub fn split(x: Lanes, root: Self) -> [Lanes; 2] {
            #[allow(clippy::unnecessary_cast)] // There are builds whose numbers are doubles.
            let bits = x.to_array().map(|lane| (lane as f32).to_bits());
            let n: [i32; 4] = from_fn(|lane| (bits[lane].wrapping_sub(root.0[lane]) as i32) >> 23);
            let m = |lane: usize| Real::from(f32::from_bits(bits[lane].wrapping_sub((n[lane] << 23) as u32)));
            [Lanes::from_array(n.map(|n| n as Real)), Lanes::from_array(from_fn(m))]
        }

        /// The words.
        #[inline(always)]
        pub fn to_array(self) -> [u32; 4] {
            self.0
        }
    }
}
