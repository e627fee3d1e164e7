//! Values that are asked for before they are needed, some lines with every tile, so that they come while sums are computed.
//! WebAssembly has no prefetch: a value of each line is read.

use crate::vector::{Real, LINE};
use std::hint::black_box;
use std::slice::Chunks;

/// Lines of an array that will be needed soon.
pub struct Ahead<'a> {
    lines: Chunks<'a, Real>,
    /// How many are asked for at a time.
    each: usize,
    seen: Real,
}

impl<'a> Ahead<'a> {
    /// So that all values are asked for in so many times.
    pub fn new(array: &'a [Real], times: usize) -> Self {
        let lines = array.chunks(LINE);
        let each = lines.len().div_ceil(times.max(1));
        Self { lines, each, seen: 0.0 }
    }

    /// Asks for the next lines.
    #[inline(always)]
    pub fn touch(&mut self) {
        for line in self.lines.by_ref().take(self.each) {
            self.seen += line[0];
        }
    }
}

impl Drop for Ahead<'_> {
    fn drop(&mut self) {
        black_box(self.seen);
    }
}
