//! Values that are asked for before they are needed, some lines with every tile, so that they come while sums are computed.

use crate::vector::{touch_first, Real, LINE};
use std::slice::Chunks;

/// Lines of an array that will be needed soon.
pub struct Ahead<'a> {
    lines: Chunks<'a, Real>,
    /// How many are asked for at a time.
    each: usize,
}

impl<'a> Ahead<'a> {
    /// So that all values are asked for in so many times.
    pub fn new(array: &'a [Real], times: usize) -> Self {
        let lines = array.chunks(LINE);
        let each = lines.len().div_ceil(times.max(1));
        Self { lines, each }
    }

    /// Asks for the next lines.
    #[inline(always)]
    pub fn touch(&mut self) {
        self.lines.by_ref().take(self.each).for_each(touch_first);
    }
}

/// Asks for all values.
pub fn touch_all(values: &[Real]) {
    values.chunks(LINE).for_each(touch_first);
}
