//! Elements of arrays that are moved and not computed with: all bits stay, also those of integers that would be signaling NaNs as
//! floats.

/// What arrays of any kind consist of.
pub trait Element: Copy {
    /// Fewest elements that [`Self::carry`] moves.
    const RUN: usize;
    /// Rows and columns that [`Self::turn`] moves.
    const SIDE: usize;

    /// Copies `count` elements that lie side by side, [`Self::RUN`] or more, in the compiled code.
    ///
    /// # Safety
    /// So many must be readable and writable there.
    unsafe fn carry(from: *const Self, to: *mut Self, count: usize);

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
    unsafe fn carry(from: *const Self, to: *mut Self, count: usize) {
        // SAFETY: promised by the caller.
        unsafe { carry_bytes(from, to, count) }
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
            unsafe fn carry(from: *const Self, to: *mut Self, count: usize) {
                // SAFETY: promised by the caller.
                unsafe { carry_bytes(from.cast(), to.cast(), 4 * count) }
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
    unsafe fn carry(from: *const Self, to: *mut Self, count: usize) {
        // SAFETY: promised by the caller.
        unsafe { std::ptr::copy(from, to, count) }
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

    /// Sixteen bytes or more. The last vector may overlap the one before it.
    #[inline(always)]
    pub unsafe fn carry_bytes(from: *const u8, to: *mut u8, count: usize) {
        const STEP: usize = size_of::<v128>();
        // Zeros that LLVM does not know for some, or it would see a copy and make memory.copy of it.
        let zeros = i32x4_splat(black_box(0));
        let last = count - STEP;
        // SAFETY: promised by the caller; neither needs an alignment.
        unsafe {
            for at in (0..last).step_by(STEP) {
                v128_store(to.add(at).cast(), v128_or(v128_load(from.add(at).cast()), zeros));
            }
            v128_store(to.add(last).cast(), v128_load(from.add(last).cast()));
        }
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
unsafe fn carry_bytes(from: *const u8, to: *mut u8, count: usize) {
    // SAFETY: promised by the caller.
    unsafe { std::ptr::copy(from, to, count) }
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
