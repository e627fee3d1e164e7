//! The one SIMD type: four lanes; and four words for chance. The only module that names `core::arch`.

mod boxes;
mod crossed;
mod doubles;
mod elements;
mod few_quarters;
mod marked;
#[cfg(not(target_feature = "simd128"))]
mod portable;
mod quarters;
mod registers;
#[cfg(all(target_feature = "simd128", target_feature = "relaxed-simd"))]
mod relaxed;
mod rows;
#[cfg(target_feature = "simd128")]
mod simd128;
mod sweep;
mod turned;
mod windows;
mod words;

pub use boxes::{copy, copy_box, reach, Dimension};
pub use crossed::{cross, Crossed};
pub use doubles::{Doubles, Splitting};
pub use elements::Element;
pub use few_quarters::{combine_few, spread_few};
pub use marked::{combine_marking, spread_marked};
#[cfg(not(target_feature = "simd128"))]
pub use portable::Lanes;
pub use quarters::{combine_quarters, give_quarters, spread_quarters, Sizes};
pub use registers::{many_registers, use_registers, Registers};
pub use rows::{add_rows, combine_rows, NEAR_ROWS};
#[cfg(target_feature = "simd128")]
pub use simd128::Lanes;
pub use sweep::{combine, combine_ahead, combine_and_add, combine_beside_totals, spread, sweep, totals, update_ahead};
pub use turned::{columns_to_rows, rows_to_columns};
pub use windows::{give_fours_to_equal, give_pixels, give_to_equal, Carried, Walk};
pub use words::{Words, ROOT};

/// Number of lanes.
pub const LANES: usize = 4;

/// Whether this build adds products in the instruction that makes them, where the processor has one.
pub const FUSED: bool = cfg!(target_feature = "relaxed-simd");

/// Values of a cache line.
pub const LINE: usize = 16;

/// Asks for a cache line before it is needed: reads a value of it and drops that. An integer: processors load more of them at a time
/// than of what goes to the registers of floats, where the loops have their own to load.
///
/// # Safety
/// The value must be readable.
#[inline(always)]
pub unsafe fn touch(value: *const Real) {
    // Volatile, or it would be left out. SAFETY: promised by the caller.
    unsafe { value.cast::<u32>().read_volatile() };
}

/// [`touch`] for the first one of some values.
#[inline(always)]
pub fn touch_first(values: &[Real]) {
    if let Some(value) = values.first() {
        // SAFETY: it is a reference.
        unsafe { touch(value) }
    }
}

/// The number that kernels compute with: f32. With the feature `double` f64, so that gradients can be judged natively by
/// central differences of the very same kernels.
#[cfg(not(feature = "double"))]
pub type Real = f32;
/// The number that kernels compute with, in double precision.
#[cfg(feature = "double")]
pub type Real = f64;

#[cfg(all(feature = "double", target_arch = "wasm32"))]
compile_error!("the feature `double` is for native tests");

#[cfg(not(feature = "double"))]
/// 1.5·2²³: adding it rounds a small float to an integer in its low bits.
pub const ROUND: f32 = 12_582_912.0;

/// A number in all lanes that the compiler does not know. A constant vector costs V8 four instructions at every use; one that it must
/// keep costs one load.
#[inline(always)]
pub fn opaque(value: Real) -> Lanes {
    Lanes::splat(std::hint::black_box(value))
}

/// Operations on four lanes. Every implementation has the same lanes in the same order.
pub trait Vector: Copy {
    /// All lanes the same.
    fn splat(value: Real) -> Self;
    /// Lane by lane.
    fn add(self, other: Self) -> Self;
    /// Lane by lane.
    fn sub(self, other: Self) -> Self;
    /// Lane by lane.
    fn mul(self, other: Self) -> Self;
    /// Lane by lane.
    fn div(self, other: Self) -> Self;
    /// `self · factor + term`. Whether the product is rounded is not specified: `relaxed` fuses, the others do not.
    fn mul_add(self, factor: Self, term: Self) -> Self;
    /// `self < other ? other : self`: NaN in `self` stays.
    fn at_least(self, other: Self) -> Self;
    /// `other < self ? other : self`: NaN in `self` stays.
    fn at_most(self, other: Self) -> Self;
    /// Without the sign.
    fn abs(self) -> Self;
    /// With the sign minus.
    fn negative_abs(self) -> Self;
    /// The sign of `sign` with the magnitude of `self`, whose own sign must be plus.
    fn with_sign_of(self, sign: Self) -> Self;
    /// `self < limit ? yes : no`, lane by lane; `no` where `self` is NaN.
    fn select_less(self, limit: Self, yes: Self, no: Self) -> Self;
    #[cfg(not(feature = "double"))]
    /// `2ⁿ⁺ᵇ` where `self = n + ROUND` and `bias` has the bits of `(b + 127) << 23`; −126 ≤ n + b ≤ 127.
    fn power_of_two(self, bias: Self) -> Self;
    #[cfg(not(feature = "double"))]
    /// `2ⁿ⁻¹²⁷` where `self = n + ROUND`; 1 ≤ n ≤ 254.
    fn exponent(self) -> Self;
    #[cfg(not(feature = "double"))]
    /// `n` where `self = n + ROUND`, halved and rounded down, plus ROUND.
    fn half_of_rounded(self) -> Self;
    /// Lane by lane.
    fn square_root(self) -> Self;
    /// The largest integer that is not larger, lane by lane.
    fn floor(self) -> Self;
    /// The smallest integer that is not smaller, lane by lane.
    fn ceil(self) -> Self;
    /// The nearest integer, the even one of two, lane by lane.
    fn nearest(self) -> Self;
    /// `yes` where `self` equals `other` or is NaN, else `no`.
    fn select_equal_or_nan(self, other: Self, yes: Self, no: Self) -> Self;
    /// `values` where `self` equals `other`, else zero; and the rest of them.
    fn split_equal(self, other: Self, values: Self) -> (Self, Self);
    /// The number of the first of four vectors that has `largest` or NaN, lane by lane, the last one where none has: negated,
    /// a byte each, in the bits of a number that is stored and loaded and nothing else.
    fn first_with(values: [Self; 4], largest: Self) -> Real;
    /// `self` in the lanes that [`Self::first_with`] has found in a vector, else zero; for each of the four.
    fn part_by(self, firsts: Real) -> [Self; 4];
    /// Whether a lane is NaN.
    fn has_nan(self) -> bool;
    /// Whether the magnitudes of all lanes of four vectors are at most those of `limit`, which are no NaN; not where a lane is NaN.
    fn all_within(vectors: [Self; 4], limit: Self) -> bool;
    /// `other` where it is NaN, else `self`.
    fn or_nan_of(self, other: Self) -> Self;
    /// Sum of the lanes: `(0 + 2) + (1 + 3)`.
    fn sum(self) -> Real;
    /// The lanes.
    fn to_array(self) -> [Real; LANES];
    /// The lanes of N ≤ 4 vectors in turn: lane 0 of each, then lane 1 of each, …
    fn interleave<const N: usize>(vectors: [Self; N]) -> [Self; N];
    /// Of eight values every second one and the others; or, where C is 2, every second pair and the others.
    fn alternate<const C: usize>(values: [Self; 2]) -> [Self; 2];
    /// Values 0, 2, 4, 6 of seven: the first four, and the last four in `other`.
    fn pick_of_twos(self, other: Self) -> Self;
    /// Values 0, 3, 6, 9 of ten: the first four, and the last four in `other`.
    fn pick_of_threes(self, other: Self) -> Self;
    /// The last lane of `other`, then the first three.
    fn behind(self, other: Self) -> Self;
    /// From lanes.
    fn from_array(lanes: [Real; LANES]) -> Self;

    /// Four values at the start of a slice. Panics when it is shorter.
    #[inline(always)]
    fn load(slice: &[Real]) -> Self {
        assert!(slice.len() >= LANES);
        // SAFETY: the length was checked.
        unsafe { Self::load_at(slice.as_ptr()) }
    }

    /// Writes four values at the start of a slice. Panics when it is shorter.
    #[inline(always)]
    fn store(self, slice: &mut [Real]) {
        assert!(slice.len() >= LANES);
        // SAFETY: the length was checked.
        unsafe { self.store_at(slice.as_mut_ptr()) }
    }

    /// One to three values, and `others` behind them. Panics when there are more or none.
    #[inline(always)]
    fn load_few(slice: &[Real], others: Real) -> Self {
        assert!((1..LANES).contains(&slice.len()));
        // SAFETY: the length was checked.
        unsafe { Self::splat(others).with_few_at(slice.as_ptr(), slice.len()) }
    }

    /// Writes the first lanes to a slice of one to three values. Panics when it has more or none.
    #[inline(always)]
    fn store_few(self, slice: &mut [Real]) {
        assert!((1..LANES).contains(&slice.len()));
        // SAFETY: the length was checked.
        unsafe { self.store_few_at(slice.as_mut_ptr(), slice.len()) }
    }

    /// Four values at an address, which need not be aligned to 16.
    ///
    /// # Safety
    /// Four floats must be readable at `address`.
    unsafe fn load_at(address: *const Real) -> Self;

    /// One value at an address, in all lanes.
    ///
    /// # Safety
    /// A float must be readable at `address`.
    unsafe fn splat_at(address: *const Real) -> Self;

    /// Writes four values at an address, which need not be aligned to 16.
    ///
    /// # Safety
    /// Four floats must be writable at `address`.
    unsafe fn store_at(self, address: *mut Real);

    /// The first lanes from an address, one to three of them, the others as they are.
    ///
    /// # Safety
    /// `count` floats must be readable at `address`.
    unsafe fn with_few_at(self, address: *const Real, count: usize) -> Self;

    /// Writes the first lanes, one to three of them, at an address.
    ///
    /// # Safety
    /// `count` floats must be writable at `address`.
    unsafe fn store_few_at(self, address: *mut Real, count: usize);
}

/// Makes a slice zero, quickly when it is short, for the same reason as [`copy`].
#[inline(always)]
pub fn clear(values: &mut [Real]) {
    if size_of_val(values) > boxes::SHORT {
        return values.fill(0.0);
    }
    // One that LLVM does not know for a zero.
    let zero = std::hint::black_box(0.0);
    let mut vectors = values.chunks_exact_mut(LANES);
    vectors.by_ref().for_each(|values| Lanes::splat(zero).store(values));
    vectors.into_remainder().iter_mut().for_each(|value| *value = zero);
}
