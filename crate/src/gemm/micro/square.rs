//! Squares of vectors that lie in an array at two fixed distances, checked once for all of them.

use crate::vector::{Lanes, Real, Vector, LANES};
use std::marker::PhantomData;

/// N×N vectors of an array, to read.
#[derive(Clone, Copy)]
pub struct Square<'a, const N: usize> {
    start: *const Real,
    row: usize,
    column: usize,
    array: PhantomData<&'a [Real]>,
}

impl<'a, const N: usize> Square<'a, N> {
    /// The vectors that begin at `array[i·row + j·column]`. Panics when one lies outside.
    #[inline(always)]
    pub fn new(array: &'a [Real], row: usize, column: usize) -> Self {
        assert!((N - 1) * (row + column) + LANES <= array.len());
        Self { start: array.as_ptr(), row, column, array: PhantomData }
    }

    /// The vector in row `i` and column `j`.
    #[inline(always)]
    pub fn at(&self, i: usize, j: usize) -> Lanes {
        assert!(i < N && j < N);
        // SAFETY: `new` has checked the last vector, and the array is borrowed as long as this lives.
        unsafe { Lanes::load_at(self.start.add(j * self.column).add(i * self.row)) }
    }
}

/// N×N vectors of an array, to write.
pub struct SquareMut<'a, const N: usize> {
    start: *mut Real,
    row: usize,
    column: usize,
    array: PhantomData<&'a mut [Real]>,
}

impl<'a, const N: usize> SquareMut<'a, N> {
    /// The vectors that begin at `array[i·row + j·column]`. Panics when one lies outside.
    #[inline(always)]
    pub fn new(array: &'a mut [Real], row: usize, column: usize) -> Self {
        assert!((N - 1) * (row + column) + LANES <= array.len());
        Self { start: array.as_mut_ptr(), row, column, array: PhantomData }
    }

    /// Writes the vector in row `i` and column `j`.
    #[inline(always)]
    pub fn set(&mut self, i: usize, j: usize, vector: Lanes) {
        assert!(i < N && j < N);
        // SAFETY: `new` has checked the last vector, and the array is borrowed as long as this lives.
        unsafe { vector.store_at(self.start.add(i * self.row).add(j * self.column)) }
    }

    /// Adds to the vector in row `i` and column `j`.
    #[inline(always)]
    pub fn add(&mut self, i: usize, j: usize, vector: Lanes) {
        assert!(i < N && j < N);
        // SAFETY: as above.
        let old = unsafe { Lanes::load_at(self.start.add(i * self.row).add(j * self.column)) };
        self.set(i, j, old.add(vector));
    }
}
