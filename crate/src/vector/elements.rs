//! Elements of arrays that are moved and not computed with: all bits stay, also those of integers that would be signaling NaNs as
//! floats.

/// What arrays of any kind consist of.
pub trait Element: Copy {
    /// Elements that [`Self::carry`] moves.
    const RUN: usize;
    /// Rows and columns that [`Self::turn`] moves.
    const SIDE: usize;

    /// Copies [`Self::RUN`] elements that lie side by side. LLVM does not see that it is a copy: of a loop over such it would make
    /// memory.copy, which leaves the compiled code for the engine's and takes longer than a row of an image.
    ///
    /// # Safety
    /// So many must be readable and writable there.
    unsafe fn carry(from: *const Self, to: *mut Self);

    /// Transposes a square: of the rows at `from`, `from_step` elements apart, columns become rows at `to`, `to_step` apart.
    ///
    /// # Safety
    /// [`Self::SIDE`] rows of as many elements must be readable and writable there.
    unsafe fn turn(from: *const Self, from_step: isize, to: *mut Self, to_step: isize);
}

impl Element for u8 {
    const RUN: usize = 16;
    const SIDE: usize = 1;

    #[inline(always)]
    unsafe fn carry(from: *const Self, to: *mut Self) {
        // SAFETY: promised by the caller.
        unsafe { carry_bytes(from, to) }
    }

    #[inline(always)]
    unsafe fn turn(from: *const Self, _: isize, to: *mut Self, _: isize) {
        // SAFETY: promised by the caller.
        unsafe { *to = *from }
    }
}

/// Elements of 32 bits.
macro_rules! words {
    ($type:ty) => {
        impl Element for $type {
            const RUN: usize = 4;
            const SIDE: usize = 4;

            #[inline(always)]
            unsafe fn carry(from: *const Self, to: *mut Self) {
                // SAFETY: promised by the caller.
                unsafe { carry_bytes(from.cast(), to.cast()) }
            }

            #[inline(always)]
            unsafe fn turn(from: *const Self, from_step: isize, to: *mut Self, to_step: isize) {
                // SAFETY: promised by the caller.
                unsafe { turn_words(from.cast(), from_step, to.cast(), to_step) }
            }
        }
    };
}
words!(u32);
words!(f32);

#[cfg(feature = "double")]
impl Element for f64 {
    const RUN: usize = 1;
    const SIDE: usize = 1;

    #[inline(always)]
    unsafe fn carry(from: *const Self, to: *mut Self) {
        // SAFETY: promised by the caller.
        unsafe { *to = *from }
    }

    #[inline(always)]
    unsafe fn turn(from: *const Self, _: isize, to: *mut Self, _: isize) {
        // SAFETY: promised by the caller.
        unsafe { *to = *from }
    }
}

#[cfg(target_feature = "simd128")]
use simd128::{carry_bytes, turn_words};

#[cfg(target_feature = "simd128")]
mod simd128 {
    use core::arch::wasm32::*;
    use std::hint::black_box;

    #[inline(always)]
    pub unsafe fn carry_bytes(from: *const u8, to: *mut u8) {
        // SAFETY: promised by the caller; neither needs an alignment. A zero that LLVM does not know for one hides the copy.
        unsafe { v128_store(to.cast(), v128_or(v128_load(from.cast()), i32x4_splat(black_box(0)))) }
    }

    #[inline(always)]
    pub unsafe fn turn_words(from: *const u32, from_step: isize, to: *mut u32, to_step: isize) {
        // SAFETY: promised by the caller.
        unsafe {
            let row = |index: isize| v128_load(from.offset(index * from_step).cast());
            let (a, b, c, d) = (row(0), row(1), row(2), row(3));
            let (low, high) = (u32x4_shuffle::<0, 4, 1, 5>(a, b), u32x4_shuffle::<2, 6, 3, 7>(a, b));
            let (low_next, high_next) = (u32x4_shuffle::<0, 4, 1, 5>(c, d), u32x4_shuffle::<2, 6, 3, 7>(c, d));
            let put = |index: isize, column: v128| v128_store(to.offset(index * to_step).cast(), column);
            put(0, u64x2_shuffle::<0, 2>(low, low_next));
            put(1, u64x2_shuffle::<1, 3>(low, low_next));
            put(2, u64x2_shuffle::<0, 2>(high, high_next));
            put(3, u64x2_shuffle::<1, 3>(high, high_next));
        }
    }
}

#[cfg(not(target_feature = "simd128"))]
unsafe fn carry_bytes(from: *const u8, to: *mut u8) {
    // SAFETY: promised by the caller.
    unsafe { std::ptr::copy(from, to, 16) }
}

#[cfg(not(target_feature = "simd128"))]
unsafe fn turn_words(from: *const u32, from_step: isize, to: *mut u32, to_step: isize) {
    for row in 0..4 {
        for column in 0..4 {
            // SAFETY: promised by the caller.
            unsafe { *to.offset(column * to_step + row) = *from.offset(row * from_step + column) }
        }
    }
}
