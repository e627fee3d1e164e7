//! Walks along rows of windows of 2×2 pixels side by side: a row of windows has two rows of pixels, and those have four values for each of
//! the windows'. A window has `channels` ≥ 4 values. Where they do not fill vectors, the last vector overlaps the one before it and gives the same
//! again.

use super::{touch, Lanes, Real, Vector, LANES};
use std::hint::black_box;

/// How many values a pixel has, a row of pixels, and a row of windows, at most half as many.
#[derive(Clone, Copy)]
pub struct Sizes {
    /// Of a pixel.
    pub channels: usize,
    /// Of a row of pixels.
    pub row: usize,
    /// Of a row of windows.
    pub windows: usize,
}

impl Sizes {
    /// Rows of windows that have `length` values, and how many those of their pixels have. Panics when they are not whole windows.
    fn rows_of(&self, length: usize) -> (usize, usize) {
        let Self { channels, row, windows } = *self;
        assert!(channels >= LANES && windows > 0 && windows % channels == 0 && row >= 2 * windows);
        let rows = length / windows;
        assert!(rows > 0 && length % windows == 0);
        (rows, (2 * rows - 1) * row + 2 * windows)
    }

    /// Where the first window's pixels are.
    fn pixels(&self, top: *const Real) -> [*const Real; 4] {
        let Self { channels, row, .. } = *self;
        [0, channels, row, row + channels].map(|place| top.wrapping_add(place))
    }
}

/// `y = largest(pixels)` for every value of some rows of windows, whose pixels begin at `x`; returns the sum of what `largest` gives beside that.
/// Of each cache line of `ahead`, which has rows as `x` has, one is read as well: what is needed next is there in time then. Panics when `y`
/// is not whole rows, or when an array is too short.
#[inline(always)]
pub fn combine_quarters<const RARE: bool>(
    sizes: Sizes,
    x: &[Real],
    ahead: &[Real],
    y: &mut [Real],
    largest: impl Fn([Lanes; 4]) -> (Lanes, Lanes),
) -> Lanes {
    let (rows, needed) = sizes.rows_of(y.len());
    assert!(x.len() >= needed && ahead.len() >= needed);
    let pixels = sizes.pixels(x.as_ptr());
    let work = Combine { pixels, y: y.as_mut_ptr(), ahead: ahead.as_ptr(), largest, sum: Lanes::splat(0.0) };
    // SAFETY: the lengths were checked. What is ahead has four values for each of the windows', of a row one after the other: no more than
    // two rows.
    unsafe { walk::<RARE, _>(sizes, rows, work).sum }
}

/// Gives `dy` of each window of some rows to its pixels, which begin at `x`, in `dx`: `split(pixel, y, left)` is what a pixel takes of what those
/// before it have left, and what it leaves; the last of the four gets that. Where arrays are FAR, one row of pixels after the other, although
/// what the first one takes is asked for twice then: a processor foresees what of far arrays is read and written next where it is one row.
/// Returns the sum of `y`. Panics when `y` is not whole rows, or when an array is too short.
#[inline(always)]
pub fn spread_quarters<const RARE: bool, const FAR: bool>(
    sizes: Sizes,
    [y, dy]: [&[Real]; 2],
    x: &[Real],
    dx: &mut [Real],
    split: impl Fn(Lanes, Lanes, Lanes) -> (Lanes, Lanes),
) -> Lanes {
    let (rows, needed) = sizes.rows_of(y.len());
    assert!(dy.len() == y.len() && x.len() >= needed && dx.len() >= needed);
    let (x, dx) = (x.as_ptr(), dx.as_mut_ptr());
    let pixels = sizes.pixels(x);
    let targets = sizes.pixels(dx).map(<*const Real>::cast_mut);
    let (y, dy, sum) = (y.as_ptr(), dy.as_ptr(), Lanes::splat(0.0));
    let work = Spread::<_, FAR> { x, dx, pixels, targets, y, dy, split, sum };
    // SAFETY: the lengths were checked.
    unsafe { walk::<RARE, _>(sizes, rows, work).sum }
}

/// Gives `apply(dy)` of each window to all its pixels. Panics when `dy` is not whole windows, or when an array is too short.
#[inline(always)]
pub fn give_quarters(channels: usize, dy: &[Real], targets: [&mut [Real]; 2], apply: impl Fn(Lanes) -> Lanes) {
    assert!(targets.iter().all(|target| target.len() >= 2 * dy.len()));
    let targets = pixels_of(targets.map(<[Real]>::as_mut_ptr).map(<*mut Real>::cast_const), channels);
    let work = Give { targets: targets.map(<*const Real>::cast_mut), dy: dy.as_ptr(), apply };
    // SAFETY: the lengths were checked: of each row of targets twice as many as of `dy`.
    unsafe { walk::<false, _>(Sizes { channels, row: 2 * dy.len(), windows: dy.len() }, 1, work) };
}

/// Where the first window's pixels are.
fn pixels_of([top, bottom]: [*const Real; 2], channels: usize) -> [*const Real; 4] {
    [top, top.wrapping_add(channels), bottom, bottom.wrapping_add(channels)]
}

/// The sum of N ≤ 4 vectors, in pairs: one step of the sum of all.
#[inline(always)]
fn sum_of<const N: usize>(values: [Lanes; N]) -> Lanes {
    match N {
        1 => values[0],
        2 => values[0].add(values[1]),
        3 => values[0].add(values[1]).add(values[2]),
        _ => values[0].add(values[1]).add(values[2].add(values[3])),
    }
}

/// What is done with windows, one after the other.
pub(super) trait Window {
    /// Whether a vector may be given again, so that the last one may overlap the one before it; else there are few vectors at a time.
    const MAY_REPEAT: bool = true;
    /// Whether two steps without the end of a loop between them are worth it.
    const IN_PAIRS: bool = false;
    /// Whether a row of windows is gone along twice.
    const TWICE: bool = false;
    /// Works on N vectors from the `first` value on; whether for the second time is AGAIN.
    ///
    /// # Safety
    /// Each array of windows must have so many from there on, each of pixels as well, and what is `ahead` a cache line for each.
    unsafe fn run<const N: usize, const AGAIN: bool>(&mut self, first: usize);
    /// Where it is among the windows' values; asked only of work that is IN_PAIRS.
    #[inline(always)]
    fn place(&self) -> *const Real {
        std::ptr::null()
    }
    /// Goes on by values of the windows, and by more of the pixels.
    fn next(&mut self, values: usize, more: usize);
    /// Goes on from a row's end to the next one; nothing, where there is one row.
    #[inline(always)]
    fn next_row(&mut self, _: &Sizes) {}
    /// Goes back to the row's start.
    #[inline(always)]
    fn again(&mut self, _: &Sizes) {}
}

/// How a window's channels and the vectors of a step go together: they are as many; there are some whole steps; the last one overlaps; or
/// there are two, one at either end.
const WHOLE: u8 = 0;
const STEPS: u8 = 1;
const OVERLAPPING: u8 = 2;
const ENDS: u8 = 3;

/// Gives all windows of some rows to `work`, a vector at a time where they are RARE. Panics when rows are not whole windows.
///
/// # Safety
/// Of `work`, arrays must have so many rows.
#[inline(always)]
pub(super) unsafe fn walk<const RARE: bool, W: Window>(sizes: Sizes, rows: usize, work: W) -> W {
    let channels = sizes.channels;
    assert!(channels >= LANES && sizes.windows % channels == 0);
    // SAFETY: promised by the caller; channels are whole steps or more than one.
    unsafe {
        match channels {
            _ if RARE => walk_by::<1, OVERLAPPING, W>(sizes, rows, work),
            _ if !W::MAY_REPEAT && channels % 8 == 0 => walk_by::<2, STEPS, W>(sizes, rows, work),
            _ if !W::MAY_REPEAT => walk_by::<1, STEPS, W>(sizes, rows, work),
            4 => walk_by::<1, WHOLE, W>(sizes, rows, work),
            8 => walk_by::<2, WHOLE, W>(sizes, rows, work),
            12 => walk_by::<3, WHOLE, W>(sizes, rows, work),
            16 => walk_by::<4, WHOLE, W>(sizes, rows, work),
            32 if W::IN_PAIRS => walk_by_pairs::<4, WHOLE, W>(sizes, rows, work),
            5..=7 => walk_by::<1, ENDS, W>(sizes, rows, work),
            9..=15 => walk_by::<2, ENDS, W>(sizes, rows, work),
            17..=24 if !W::IN_PAIRS => walk_by::<3, ENDS, W>(sizes, rows, work),
            _ if channels % 32 == 0 && W::IN_PAIRS => walk_by_pairs::<4, STEPS, W>(sizes, rows, work),
            _ if channels % 16 == 0 => walk_by::<4, STEPS, W>(sizes, rows, work),
            _ => walk_by::<2, OVERLAPPING, W>(sizes, rows, work),
        }
    }
}

/// [`walk`], N vectors at a time. One loop for a row: of two, one within the other, the pointers would go through the stack with every window.
///
/// # Safety
/// See [`walk`]; the channels must be as many as KIND says, and no fewer than N vectors.
#[inline(always)]
unsafe fn walk_by<const N: usize, const KIND: u8, W: Window>(sizes: Sizes, rows: usize, mut work: W) -> W {
    for _ in 0..rows {
        // SAFETY: promised by the caller.
        unsafe {
            work = along::<N, KIND, false, W>(&sizes, work);
            if W::TWICE {
                work.again(&sizes);
                work = along::<N, KIND, true, W>(&sizes, work);
            }
        }
        work.next_row(&sizes);
    }
    work
}

/// A row of [`walk_by`].
///
/// # Safety
/// See [`walk_by`].
#[inline(always)]
unsafe fn along<const N: usize, const KIND: u8, const AGAIN: bool, W: Window>(sizes: &Sizes, mut work: W) -> W {
    let step = N * LANES;
    let channels = if KIND == WHOLE { step } else { sizes.channels };
    if KIND == ENDS {
        for _ in 0..sizes.windows / channels {
            // SAFETY: promised by the caller; a window has as many channels as a step has.
            unsafe {
                work.run::<N, AGAIN>(0);
                work.run::<N, AGAIN>(channels - step);
            }
            work.next(channels, channels);
        }
        return work;
    }
    let steps = channels.div_ceil(step);
    // What the last step but one goes on, so that the last one ends with the window.
    let short = if KIND == OVERLAPPING { channels - (steps - 1) * step } else { step };
    let mut left = steps;
    for _ in 0..sizes.windows / channels * steps {
        // SAFETY: promised by the caller; the steps of a window add up to its channels, and each ends within them.
        unsafe { work.run::<N, AGAIN>(0) }
        left -= 1;
        let values = if left == 1 { short } else { step };
        let more = if left == 0 { channels } else { 0 };
        left = if left == 0 { steps } else { left };
        work.next(values, more);
    }
    work
}

/// [`walk_by`] that could end between two steps of N vectors: of one loop of both LLVM would move all sums to the end, and what they are of
/// would not have registers enough.
///
/// # Safety
/// See [`walk`]; the channels must be 2·N vectors, or a multiple of that where KIND says so.
#[inline(always)]
unsafe fn walk_by_pairs<const N: usize, const KIND: u8, W: Window>(sizes: Sizes, rows: usize, mut work: W) -> W {
    let step = 2 * N * LANES;
    let channels = if KIND == WHOLE { step } else { sizes.channels };
    let pairs = channels / step;
    let (mut left, windows) = (pairs, black_box(sizes.windows));
    for _ in 0..rows {
        let end = work.place().wrapping_add(windows);
        while work.place() != end {
            // SAFETY: promised by the caller; the pairs of a window add up to its channels.
            unsafe { work.run::<N, false>(0) }
            if work.place().wrapping_add(step / 2) == end {
                break;
            }
            // SAFETY: as above.
            unsafe { work.run::<N, false>(step / 2) }
            left -= 1;
            work.next(step, if left == 0 { channels } else { 0 });
            left = if left == 0 { pairs } else { left };
        }
        work.next_row(&sizes);
    }
    work
}

/// See [`combine_quarters`].
struct Combine<F> {
    pixels: [*const Real; 4],
    y: *mut Real,
    ahead: *const Real,
    largest: F,
    sum: Lanes,
}

impl<F: Fn([Lanes; 4]) -> (Lanes, Lanes)> Window for Combine<F> {
    const IN_PAIRS: bool = true;

    #[inline(always)]
    fn place(&self) -> *const Real {
        self.y
    }

    #[inline(always)]
    unsafe fn run<const N: usize, const AGAIN: bool>(&mut self, first: usize) {
        // SAFETY: promised by the caller.
        unsafe {
            let others = std::array::from_fn::<_, N, _>(|v| {
                let place = first + v * LANES;
                touch(self.ahead.add(4 * place));
                let (largest, other) = (self.largest)(self.pixels.map(|pixel| Lanes::load_at(pixel.add(place))));
                largest.store_at(self.y.add(place));
                other
            });
            self.sum = self.sum.add(sum_of(others));
        }
    }

    #[inline(always)]
    fn next(&mut self, values: usize, more: usize) {
        for pixel in &mut self.pixels {
            *pixel = pixel.wrapping_add(values + more);
        }
        self.y = self.y.wrapping_add(values);
        self.ahead = self.ahead.wrapping_add(4 * values);
    }

    #[inline(always)]
    fn next_row(&mut self, &Sizes { row, windows, .. }: &Sizes) {
        for pixel in &mut self.pixels {
            *pixel = pixel.wrapping_add(2 * (row - windows));
        }
        self.ahead = self.ahead.wrapping_add(2 * row - 4 * windows);
    }
}

/// See [`spread_quarters`].
struct Spread<F, const FAR: bool> {
    /// Where the row begins.
    x: *const Real,
    dx: *mut Real,
    pixels: [*const Real; 4],
    targets: [*mut Real; 4],
    y: *const Real,
    dy: *const Real,
    split: F,
    sum: Lanes,
}

impl<F: Fn(Lanes, Lanes, Lanes) -> (Lanes, Lanes), const FAR: bool> Window for Spread<F, FAR> {
    const TWICE: bool = FAR;

    #[inline(always)]
    unsafe fn run<const N: usize, const AGAIN: bool>(&mut self, first: usize) {
        // The pixels that are written.
        let written = if AGAIN { 2..4 } else { 0..if FAR { 2 } else { 4 } };
        // SAFETY: promised by the caller.
        unsafe {
            let at = |array: *const Real| std::array::from_fn(|v| Lanes::load_at(array.add(first + v * LANES)));
            let (y, mut left): ([Lanes; N], [Lanes; N]) = (at(self.y), at(self.dy));
            // Pixel after pixel, so that a cache line is written at once.
            for p in 0..written.end {
                for v in 0..N {
                    let own = if p == 3 {
                        left[v]
                    } else {
                        let pixel = Lanes::load_at(self.pixels[p].add(first + v * LANES));
                        let (own, rest) = (self.split)(pixel, y[v], left[v]);
                        left[v] = rest;
                        own
                    };
                    if p >= written.start {
                        own.store_at(self.targets[p].add(first + v * LANES));
                    }
                }
            }
            if !AGAIN {
                self.sum = self.sum.add(sum_of(y));
            }
        }
    }

    #[inline(always)]
    fn next(&mut self, values: usize, more: usize) {
        for p in 0..4 {
            self.pixels[p] = self.pixels[p].wrapping_add(values + more);
            self.targets[p] = self.targets[p].wrapping_add(values + more);
        }
        self.y = self.y.wrapping_add(values);
        self.dy = self.dy.wrapping_add(values);
    }

    // Pixels are counted from the row's start: those that a walk along it does not ask for need no register then.
    #[inline(always)]
    fn next_row(&mut self, sizes: &Sizes) {
        self.x = self.x.wrapping_add(2 * sizes.row);
        self.dx = self.dx.wrapping_add(2 * sizes.row);
        self.pixels = sizes.pixels(self.x);
        self.targets = sizes.pixels(self.dx).map(<*const Real>::cast_mut);
    }

    #[inline(always)]
    fn again(&mut self, sizes: &Sizes) {
        self.pixels = sizes.pixels(self.x);
        self.targets = sizes.pixels(self.dx).map(<*const Real>::cast_mut);
        self.y = self.y.wrapping_sub(sizes.windows);
        self.dy = self.dy.wrapping_sub(sizes.windows);
    }
}

/// See [`give_quarters`].
struct Give<F> {
    targets: [*mut Real; 4],
    dy: *const Real,
    apply: F,
}

impl<F: Fn(Lanes) -> Lanes> Window for Give<F> {
    #[inline(always)]
    unsafe fn run<const N: usize, const AGAIN: bool>(&mut self, first: usize) {
        // SAFETY: promised by the caller.
        unsafe {
            let own: [Lanes; N] = std::array::from_fn(|v| (self.apply)(Lanes::load_at(self.dy.add(first + v * LANES))));
            // Pixel after pixel, so that a cache line is written at once.
            for target in self.targets {
                for (v, own) in own.iter().enumerate() {
                    own.store_at(target.add(first + v * LANES));
                }
            }
        }
    }

    #[inline(always)]
    fn next(&mut self, values: usize, more: usize) {
        for target in &mut self.targets {
            *target = target.wrapping_add(values + more);
        }
        self.dy = self.dy.wrapping_add(values);
    }
}
