//! Values that are asked for before they are needed, some lines with every tile, so that they come while sums are computed.

use crate::vector::{touch_first, Real, LINE};

/// Lines of an array that will be needed soon, and of another one, which come then.
pub struct Ahead<'a> {
    array: &'a [Real],
    other: &'a [Real],
    /// How many values of the array have been asked for.
    done: usize,
    /// How many are asked for at a time, whole lines.
    each: usize,
}

impl<'a> Ahead<'a> {
    /// So that all values are asked for in so many times.
    pub fn new([array, other]: [&'a [Real]; 2], times: usize) -> Self {
        let lines = array.len().div_ceil(LINE) + other.len().div_ceil(LINE);
        Self { array, other, done: 0, each: lines.div_ceil(times.max(1)) * LINE }
    }

    /// Nothing is asked for.
    pub fn nothing() -> Self {
        Self::new([&[]; 2], 1)
    }

    /// Whether there is nothing to ask for.
    pub fn is_nothing(&self) -> bool {
        self.each == 0
    }

    /// Asks for the next lines.
    #[inline(always)]
    pub fn touch(&mut self) {
        let end = self.done + self.each;
        if end > self.array.len() {
            return self.finish();
        }
        for line in (self.done..end).step_by(LINE) {
            touch_first(&self.array[line..]);
        }
        self.done = end;
    }

    /// Asks for the last lines of an array.
    #[inline(never)]
    fn finish(&mut self) {
        touch_all(&self.array[self.done..]);
        let each = if self.other.is_empty() { 0 } else { self.each };
        *self = Self { array: self.other, other: &[], done: 0, each };
    }
}

/// Asks for all values.
pub fn touch_all(values: &[Real]) {
    values.chunks(LINE).for_each(touch_first);
}
