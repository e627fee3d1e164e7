//! Walks over the rows of matrices with values of each column at hand: a few rows at a time, of which strips of a cache line are
//! taken, so that values of columns are loaded seldom and memory is read and written nearly one line after the other. Down
//! all rows of a strip instead, a processor foresees little of what comes next.

use super::{Lanes, Real, Vector, LANES, LINE};

/// Vectors of a strip.
const STRIP: usize = LINE / LANES;

/// Rows that are walked through together where a cache has them. A processor foresees what is read in the order in which it lies, and several
/// rows of many columns side by side are not: what is far away is walked through row after row.
pub const NEAR_ROWS: usize = 4;

/// The same where a row is no longer than a cache line: memory is read line after line all the same.
const NARROW_ROWS: usize = 64;

/// `y = apply(factors, inputs)` for every element of the rows of `y`, with the factors of its column, R rows or more together. Panics
/// when the factors are not as many as each other, and the inputs not as long as `y`, or no whole rows.
#[inline(always)]
pub fn combine_rows<const R: usize, const F: usize, const I: usize>(
    factors: [&[Real]; F],
    inputs: [&[Real]; I],
    y: &mut [Real],
    apply: impl Fn([Lanes; F], [Lanes; I]) -> Lanes,
) {
    let width = factors.first().map_or(0, |factors| factors.len());
    assert!(width > 0 && factors.iter().all(|factors| factors.len() == width));
    assert!(y.len() % width == 0 && inputs.iter().all(|input| input.len() == y.len()));
    let rows = y.len() / width;
    if width < LANES {
        for row in 0..rows {
            let place = row * width;
            let few = |values: &[Real]| Lanes::load_few(&values[..width], 0.0);
            apply(factors.map(few), inputs.map(|input| few(&input[place..]))).store_few(&mut y[place..place + width]);
        }
        return;
    }
    let columns = factors.map(<[Real]>::as_ptr);
    let mut places = Places { inputs: inputs.map(<[Real]>::as_ptr), target: y.as_mut_ptr(), width };
    // SAFETY: all arrays have `rows` rows, and the steps add up to them.
    unsafe {
        match width {
            _ if R == 1 => places.all::<R, F, 0>(rows, columns, &apply),
            ..=LINE => {
                for first in (0..rows).step_by(NARROW_ROWS) {
                    places.rows::<F, true>(NARROW_ROWS.min(rows - first), columns, &apply);
                }
            }
            32 => places.all::<R, F, 32>(rows, columns, &apply),
            64 => places.all::<R, F, 64>(rows, columns, &apply),
            _ => places.all::<R, F, 0>(rows, columns, &apply),
        }
    }
}

/// Where matrices of the same width go on.
struct Places<const I: usize> {
    inputs: [*const Real; I],
    target: *mut Real,
    width: usize,
}

impl<const I: usize> Places<I> {
    /// All rows, R together, which have W columns; or any number of them where W is 0.
    ///
    /// # Safety
    /// See [`Self::rows`].
    #[inline(always)]
    unsafe fn all<const R: usize, const F: usize, const W: usize>(
        &mut self,
        rows: usize,
        factors: [*const Real; F],
        apply: &impl Fn([Lanes; F], [Lanes; I]) -> Lanes,
    ) {
        // SAFETY: promised by the caller; the steps add up to the rows.
        unsafe {
            for _ in 0..rows / R {
                if W > 0 {
                    self.together::<R, F, W>(factors, apply);
                } else {
                    self.rows::<F, false>(R, factors, apply);
                }
            }
            for _ in 0..rows % R {
                self.rows::<F, false>(1, factors, apply);
            }
        }
    }

    /// R rows of W columns: places are at distances that are known, so that they need no instructions of their own.
    ///
    /// # Safety
    /// See [`Self::rows`].
    #[inline(always)]
    unsafe fn together<const R: usize, const F: usize, const W: usize>(
        &mut self,
        factors: [*const Real; F],
        apply: &impl Fn([Lanes; F], [Lanes; I]) -> Lanes,
    ) {
        // SAFETY: promised by the caller; there are W factors.
        unsafe {
            for first in (0..W).step_by(LANES) {
                let own = factors.map(|factors| Lanes::load_at(factors.add(first)));
                for row in 0..R {
                    let place = row * W + first;
                    let values = self.inputs.map(|input| Lanes::load_at(input.add(place)));
                    apply(own, values).store_at(self.target.add(place));
                }
            }
            for input in &mut self.inputs {
                *input = input.add(R * W);
            }
            self.target = self.target.add(R * W);
        }
    }

    /// Some rows, strip by strip. Of narrow ones a strip's factors are loaded once for all rows.
    ///
    /// # Safety
    /// `count` rows must be readable and writable from here on, and a row of factors, of at least a vector.
    #[inline(always)]
    unsafe fn rows<const F: usize, const NARROW: bool>(
        &mut self,
        count: usize,
        factors: [*const Real; F],
        apply: &impl Fn([Lanes; F], [Lanes; I]) -> Lanes,
    ) {
        // SAFETY: promised by the caller; no strip ends behind the row.
        unsafe {
            let mut first = 0;
            while first + LINE <= self.width {
                if NARROW {
                    self.strip::<F, STRIP>((first, count), factors, apply);
                } else {
                    for first in (first..first + LINE).step_by(LANES) {
                        self.strip::<F, 1>((first, count), factors, apply);
                    }
                }
                first += LINE;
            }
            while first + LANES <= self.width {
                self.strip::<F, 1>((first, count), factors, apply);
                first += LANES;
            }
            if first < self.width {
                // Some of the vector before once more.
                self.strip::<F, 1>((self.width - LANES, count), factors, apply);
            }
            self.inputs = self.inputs.map(|input| input.add(count * self.width));
            self.target = self.target.add(count * self.width);
        }
    }

    /// V vectors of each row.
    ///
    /// # Safety
    /// See [`Self::rows`]; V vectors from `first` on must be of the row.
    #[inline(always)]
    unsafe fn strip<const F: usize, const V: usize>(
        &self,
        (first, count): (usize, usize),
        factors: [*const Real; F],
        apply: &impl Fn([Lanes; F], [Lanes; I]) -> Lanes,
    ) {
        // SAFETY: promised by the caller.
        unsafe {
            let own: [[Lanes; F]; V] =
                std::array::from_fn(|v| factors.map(|factors| Lanes::load_at(factors.add(first + v * LANES))));
            for row in 0..count {
                for (v, &own) in own.iter().enumerate() {
                    let place = row * self.width + first + v * LANES;
                    let values = self.inputs.map(|input| Lanes::load_at(input.add(place)));
                    apply(own, values).store_at(self.target.add(place));
                }
            }
        }
    }
}

/// `sums = add(sums, factors, inputs)` for the columns of `factors`, of which the sums have as many, whole vectors of them, row after row
/// of the inputs, R of them together; a row begins `stride` values behind the one before it. Panics when the lengths differ, or a row is not there.
#[inline(always)]
pub fn add_rows<const R: usize, const F: usize, const I: usize, const S: usize>(
    (rows, stride): (usize, usize),
    factors: [&[Real]; F],
    inputs: [&[Real]; I],
    sums: [&mut [Real]; S],
    add: impl Fn([Lanes; S], [Lanes; F], [Lanes; I]) -> [Lanes; S],
) {
    let width = factors.first().map_or(0, |factors| factors.len());
    assert!(width % LANES == 0 && width <= stride && rows > 0);
    assert!(factors.iter().all(|factors| factors.len() == width) && sums.iter().all(|sums| sums.len() == width));
    assert!(inputs.iter().all(|input| input.len() >= width && (input.len() - width) / stride >= rows - 1));
    let (factors, sums) = (factors.map(<[Real]>::as_ptr), sums.map(<[Real]>::as_mut_ptr));
    let mut added = Added { factors, inputs: inputs.map(<[Real]>::as_ptr), sums, width, stride };
    // SAFETY: there are so many rows, and the steps add up to them.
    unsafe {
        match (width, stride) {
            _ if R == 1 => added.all::<R, 0>(rows, &add),
            (32, 32) => added.all::<R, 32>(rows, &add),
            (64, 64) => added.all::<R, 64>(rows, &add),
            _ => added.all::<R, 0>(rows, &add),
        }
    }
}

/// Sums of columns, and where the inputs go on.
struct Added<const F: usize, const I: usize, const S: usize> {
    factors: [*const Real; F],
    inputs: [*const Real; I],
    sums: [*mut Real; S],
    width: usize,
    stride: usize,
}

impl<const F: usize, const I: usize, const S: usize> Added<F, I, S> {
    /// All rows, R together, which are W values wide and apart; or any number where W is 0.
    ///
    /// # Safety
    /// So many must be readable from here on.
    #[inline(always)]
    unsafe fn all<const R: usize, const W: usize>(
        &mut self,
        rows: usize,
        add: &impl Fn([Lanes; S], [Lanes; F], [Lanes; I]) -> [Lanes; S],
    ) {
        // SAFETY: promised by the caller; the steps add up to the rows.
        unsafe {
            for _ in 0..rows / R {
                self.rows::<R, W>(add);
            }
            for _ in 0..rows % R {
                self.rows::<1, 0>(add);
            }
        }
    }

    /// # Safety
    /// R rows must be readable from here on.
    #[inline(always)]
    unsafe fn rows<const R: usize, const W: usize>(
        &mut self,
        add: &impl Fn([Lanes; S], [Lanes; F], [Lanes; I]) -> [Lanes; S],
    ) {
        // SAFETY: promised by the caller; no strip ends behind the row.
        unsafe {
            let (width, stride) = if W > 0 { (W, W) } else { (self.width, self.stride) };
            let mut first = 0;
            while first + LINE <= width {
                self.strip::<STRIP, R>((first, stride), add);
                first += LINE;
            }
            while first < width {
                self.strip::<1, R>((first, stride), add);
                first += LANES;
            }
            // Each by itself: of two places that move as an array LLVM makes one number of 64 bits.
            for input in &mut self.inputs {
                *input = input.add(R * stride);
            }
        }
    }

    /// # Safety
    /// See [`Self::rows`]; V vectors from `first` on must be of the row.
    #[inline(always)]
    unsafe fn strip<const V: usize, const R: usize>(
        &self,
        (first, stride): (usize, usize),
        add: &impl Fn([Lanes; S], [Lanes; F], [Lanes; I]) -> [Lanes; S],
    ) {
        // SAFETY: promised by the caller.
        unsafe {
            for first in (first..first + V * LANES).step_by(LANES) {
                let factors = self.factors.map(|factors| Lanes::load_at(factors.add(first)));
                let places = self.sums.map(|sums| sums.add(first));
                let mut sums = places.map(|place| Lanes::load_at(place));
                for row in 0..R {
                    let place = row * stride + first;
                    sums = add(sums, factors, self.inputs.map(|input| Lanes::load_at(input.add(place))));
                }
                for (sum, place) in sums.into_iter().zip(places) {
                    sum.store_at(place);
                }
            }
        }
    }
}
