//! Four words of 32 bits, of which chance is made.

#[cfg(not(target_feature = "simd128"))]
pub use portable::Words;
#[cfg(target_feature = "simd128")]
pub use simd128::Words;

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
    use crate::vector::{Lanes, Vector};
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

        /// The words.
        #[inline(always)]
        pub fn to_array(self) -> [u32; 4] {
            self.0
        }
    }
}
