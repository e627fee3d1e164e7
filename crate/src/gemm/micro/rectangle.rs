//! Rectangles of vectors that lie in an array at two fixed distances, checked once for all of them.

use crate::vector::{Lanes, Real, Vector, LANES};
use std::marker::PhantomData;

/// R×C vectors of an array, to read.
#[derive(Clone, Copy)]
pub struct Rectangle<'a, const R: usize, const C: usize> {
    start: *const Real,
    row: usize,
    column: usize,
    array: PhantomData<&'a [Real]>,
}

impl<'a, const R: usize, const C: usize> Rectangle<'a, R, C> {
    /// The vectors that begin at `array[i·row + j·column]`. Panics when one lies outside.
    #[inline(always)]
    pub fn new(array: &'a [Real], row: usize, column: usize) -> Self {
        assert!((R - 1) * row + (C - 1) * column + LANES <= array.len());
        Self { start: array.as_ptr(), row, column, array: PhantomData }
    }

    /// The vector in row `i` and column `j`.
    #[inline(always)]
    pub fn at(&self, i: usize, j: usize) -> Lanes {
        assert!(i < R && j < C);
        // SAFETY: `new` has checked the last vector, and the array is borrowed as long as this lives.
        unsafe { Lanes::load_at(self.start.add(j * self.column).add(i * self.row)) }
    }
}

/// R×C vectors of an array, to write.
pub struct RectangleMut<'a, const R: usize, const C: usize> {
    start: *mut Real,
    row: usize,
    column: usize,
    array: PhantomData<&'a mut [Real]>,
}

impl<'a, const R: usize, const C: usize> RectangleMut<'a, R, C> {
    /// The vectors that begin at `array[i·row + j·column]`. Panics when one lies outside.
    #[inline(always)]
    pub fn new(array: &'a mut [Real], row: usize, column: usize) -> Self {
        assert!((R - 1) * row + (C - 1) * column + LANES <= array.len());
        Self { start: array.as_mut_ptr(), row, column, array: PhantomData }
    }

    /// Writes the vector in row `i` and column `j`.
    #[inline(always)]
    pub fn set(&mut self, i: usize, j: usize, vector: Lanes) {
        assert!(i < R && j < C);
        // SAFETY: `new` has checked the last vector, and the array is borrowed as long as this lives.
        unsafe { vector.store_at(self.start.add(i * self.row).add(j * self.column)) }
    }

    /// Adds to the vector in row `i` and column `j`.
    #[inline(always)]
    pub fn add(&mut self, i: usize, j: usize, vector: Lanes) {
        assert!(i < R && j < C);
        // SAFETY: as above.
        let old = unsafe { Lanes::load_at(self.start.add(i * self.row).add(j * self.column)) };
        self.set(i, j, old.add(vector));
    }
}
