//! Values that are asked for before they are needed, a cache line at a time, so that they come while sums are computed. Where
//! lanes are channels, the values of a row are read with gaps, again and again: a processor sees too late what comes next.

use crate::vector::{touch, Real, LINE};

/// What the vectors of channels ask for in turn, while they walk along rows of pixels: what comes next in one array, and when they
/// have asked for so much of it, in another one.
pub struct Next {
    /// Start and length of the arrays.
    pub arrays: [(*const Real, usize); 2],
    /// Where the next values begin in them.
    pub from: [usize; 2],
    /// Values of the first one that are needed, less those that others ask for.
    pub needed: usize,
    /// How often a vector of channels asks, and values from one time to the next.
    pub touches: usize,
    /// Values from one time to the next.
    pub pace: usize,
}

impl Next {
    /// What a vector of channels asks for; the array's first value each time where not all of it is there.
    #[inline(always)]
    pub fn of_group(&self, group: usize) -> Ahead {
        let part = self.touches * self.pace;
        let (array, from) = match (group * part).checked_sub(self.needed) {
            None => (self.arrays[0], self.from[0] + group * part),
            Some(more) => (self.arrays[1], self.from[1] + more),
        };
        Ahead::within(array, from, part, self.pace)
    }
}

/// Values that will be needed.
#[derive(Clone, Copy)]
pub struct Ahead {
    next: *const Real,
    pace: usize,
}

impl Ahead {
    /// A value, and how far the next one is.
    #[inline(always)]
    pub fn from(next: *const Real, pace: usize) -> Self {
        Self { next, pace }
    }

    /// So many values of an array from `from` on, `pace` from one time to the next; the array's first value each time where not all of
    /// them are there.
    #[inline(always)]
    pub fn within((start, length): (*const Real, usize), from: usize, values: usize, pace: usize) -> Self {
        if from + values <= length {
            Self { next: start.wrapping_add(from), pace }
        } else {
            Self { next: start, pace: 0 }
        }
    }

    /// Asks for the next cache line.
    ///
    /// # Safety
    /// The array must be readable and not empty; no more often than was said.
    #[inline(always)]
    pub unsafe fn touch(&mut self) {
        // SAFETY: promised by the caller; `of_group` has seen that the values lie inside.
        unsafe { touch(self.next) };
        self.next = self.next.wrapping_add(self.pace);
    }
}

/// Values of two arrays, one after the other, that tiles of a product ask for, some further with each step: a processor foresees what is
/// read in its order, and does not wait long for one value at a time.
pub struct Paced<'a> {
    rest: &'a [Real],
    other: &'a [Real],
    /// Values from one step to the next.
    pace: usize,
}

impl<'a> Paced<'a> {
    /// So that all values are asked for in so many steps.
    pub fn new([rest, other]: [&'a [Real]; 2], steps: usize) -> Self {
        Self { rest, other, pace: (rest.len() + other.len()).div_ceil(steps.max(1)) }
    }

    /// What a tile asks for, and how far the next value is: `place`, again and again, when less is left than its steps take.
    #[inline(always)]
    pub(super) fn of_tile(&mut self, steps: usize, place: *const Real) -> Ahead {
        let all = steps * self.pace;
        if self.rest.len() < all {
            (self.rest, self.other) = (self.other, &[]);
        }
        match self.rest.split_at_checked(all) {
            Some((own, rest)) if all > 0 => {
                self.rest = rest;
                Ahead { next: own.as_ptr(), pace: self.pace }
            }
            _ => Ahead { next: place, pace: 0 },
        }
    }
}

/// Lines that [`ask`] asks for at a time: the addresses of all but the first one are part of the instructions.
const TIMES: usize = 4;

/// Asks for so many cache lines from `next` on, a few more at the end.
///
/// # Safety
/// The lines that [`asked`] counts must be readable.
#[inline(always)]
pub unsafe fn ask(next: *const Real, lines: usize) {
    let end = next.wrapping_add(lines * LINE);
    let mut next = next;
    // Not a count, by which LLVM would unroll the loop: constants would no longer be part of the loads.
    while next < end {
        for k in 0..TIMES {
            // SAFETY: promised by the caller.
            unsafe { touch(next.add(k * LINE)) };
        }
        next = next.wrapping_add(TIMES * LINE);
    }
}

/// Values that so many calls of [`ask`] span, each of which begins after the `lines` of the one before it.
pub fn asked(calls: usize, lines: usize) -> usize {
    ((calls - 1) * lines + lines.next_multiple_of(TIMES)) * LINE
}
