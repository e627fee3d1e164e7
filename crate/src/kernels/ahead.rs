//! Values that are asked for before they are needed, some lines with every tile, so that they come while sums are computed.
//! WebAssembly has no prefetch: a value of each line is read.

use crate::vector::{Real, LINE};
use std::hint::black_box;
use std::slice::Chunks;

/// Lines of some arrays that will be needed soon.
pub struct Ahead<'a, const N: usize> {
    lines: [Chunks<'a, Real>; N],
    /// How many of each are asked for at a time.
    each: [usize; N],
    seen: Real,
}

impl<'a, const N: usize> Ahead<'a, N> {
    /// So that all values are asked for in so many times.
    pub fn new(arrays: [&'a [Real]; N], times: usize) -> Self {
        let lines = arrays.map(|array| array.chunks(LINE));
        let each = std::array::from_fn(|index| lines[index].len().div_ceil(times.max(1)));
        Self { lines, each, seen: 0.0 }
    }

    /// Asks for the next lines.
    #[inline(always)]
    pub fn touch(&mut self) {
        for (lines, each) in self.lines.iter_mut().zip(self.each) {
            for line in lines.take(each) {
                self.seen += line[0];
            }
        }
    }
}

impl<const N: usize> Drop for Ahead<'_, N> {
    fn drop(&mut self) {
        black_box(self.seen);
    }
}
