//! Arrays `[outer, times, inner]` beside ones `[outer, inner]`, whose values are repeated along the dimension between: as where
//! every channel of an image has a factor, or every pixel.

use super::bias::{gradient, long_total};
use super::broadcast::{binary, Binary, Repeat};
use super::joined_rows::beside;
use super::map::{map, zip, zip_in_place};
use crate::threads::{each_share, OF_COPYING};
use crate::vector::{add_rows, copy, Lanes, Real, Vector, LANES, LINE, NEAR_ROWS};

/// How values are repeated.
#[derive(Clone, Copy, Debug)]
pub struct Repeats {
    /// Groups of them.
    pub outer: usize,
    /// How often each group is there.
    pub times: usize,
    /// Values of a group.
    pub inner: usize,
}

impl Repeats {
    /// Values of the whole array.
    pub fn whole(&self) -> usize {
        self.outer * self.times * self.inner
    }

    /// Values that are repeated.
    pub fn few(&self) -> usize {
        self.outer * self.inner
    }

    /// What all of a group's repetitions take.
    fn group(&self) -> usize {
        self.times * self.inner
    }

    /// Gives `work` every group of `y`, which takes `size` values there, with its number.
    fn each_group(&self, size: usize, y: &mut [Real], work: impl Fn(usize, &mut [Real]) + Sync) {
        each_share(y, size, OF_COPYING * self.group(), |first, y| {
            for (group, y) in (first..).zip(y.chunks_exact_mut(size)) {
                work(group, y);
            }
        });
    }
}

/// `y[o, t, i] = x[o, i]`.
pub fn repeat(r: Repeats, x: &[Real], y: &mut [Real]) {
    r.each_group(r.group(), y, |group, y| match &x[group * r.inner..][..r.inner] {
        &[value] => y.fill(value),
        values => beside(values, y, |_, values, y| copy(values, y)),
    });
}

/// `y[o, t, i] = x[o, t, i] · factors[o, i]`.
pub fn multiply(r: Repeats, x: &[Real], factors: &[Real], y: &mut [Real]) {
    // Few values for each factor: a loop for them would take longer than they do.
    if r.inner == 1 && r.times < LINE {
        return binary(Binary::Multiply, r.times, (x, Repeat::None), (factors, Repeat::Column), y);
    }
    r.each_group(r.group(), y, |group, y| {
        let x = &x[group * r.group()..][..r.group()];
        match &factors[group * r.inner..][..r.inner] {
            &[factor] => map::<4>(x, y, |x| x.mul(Lanes::splat(factor))),
            factors => beside(factors, y, |first, factors, y| zip(&x[first..][..y.len()], factors, y, Lanes::mul)),
        }
    });
}

/// `y[o, i] = Σ over t of x[o, t, i]`.
pub fn sum(r: Repeats, x: &[Real], y: &mut [Real]) {
    if r.outer == 1 && r.inner > 1 {
        // Threads share its columns.
        return gradient(r.times, r.inner, x, y);
    }
    sums(r, [x], y, |[x]| x);
}

/// `y[o, i] = Σ over t of a[o, t, i] · b[o, t, i]`.
pub fn sum_of_products(r: Repeats, a: &[Real], b: &[Real], y: &mut [Real]) {
    sums(r, [a, b], y, |[a, b]| a.mul(b));
}

/// Repetitions whose sums are added before they join the others, so that long ones lose less.
const ROWS: usize = 256;

/// Most columns that are summed together: their sums stay in a first-level cache.
const COLUMNS: usize = 512;

#[inline(always)]
fn sums<const A: usize>(
    r: Repeats,
    arrays: [&[Real]; A],
    y: &mut [Real],
    term: impl Fn([Lanes; A]) -> Lanes + Copy + Sync,
) {
    r.each_group(r.inner, y, |group, y| {
        let arrays = arrays.map(|array| &array[group * r.group()..][..r.group()]);
        match y {
            [y] => *y = long_total(arrays, term),
            y => down(arrays, y, term),
        }
    });
}

/// Sums of columns, row after row, so that memory is read as it lies.
#[inline(always)]
fn down<const A: usize>(arrays: [&[Real]; A], y: &mut [Real], term: impl Fn([Lanes; A]) -> Lanes + Copy) {
    let inner = y.len();
    let (vectors, rest) = y.split_at_mut(inner / LANES * LANES);
    for (strip, y) in vectors.chunks_mut(COLUMNS).enumerate() {
        add_columns(arrays.map(|array| &array[strip * COLUMNS..]), inner, y, term);
    }
    if vectors.is_empty() {
        let rows = arrays.first().map_or(0, |array| array.len() / inner);
        let row = |row| arrays.map(|array| Lanes::load_few(&array[row * inner..][..inner], 0.0));
        let zero = Lanes::splat(0.0);
        let block = |from: usize| (from..rows.min(from + ROWS)).fold(zero, |sum, k| sum.add(term(row(k))));
        (0..rows).step_by(ROWS).fold(zero, |sum, from| sum.add(block(from))).store_few(rest);
    } else if !rest.is_empty() {
        // The last vector begins in the one before it.
        let mut last = [0.0; LANES];
        add_columns(arrays.map(|array| &array[inner - LANES..]), inner, &mut last, term);
        rest.copy_from_slice(&last[LANES - rest.len()..]);
    }
}

/// Sums of so many columns as `y` has, whole vectors, of rows `stride` apart, block by block.
#[inline(always)]
fn add_columns<const A: usize>(
    arrays: [&[Real]; A],
    stride: usize,
    y: &mut [Real],
    term: impl Fn([Lanes; A]) -> Lanes + Copy,
) {
    let width = y.len();
    y.fill(0.0);
    let rows = arrays.first().map_or(0, |array| array.len().div_ceil(stride));
    let mut sums = [0.0; COLUMNS];
    let sums = &mut sums[..width];
    for start in (0..rows).step_by(ROWS) {
        sums.fill(0.0);
        let inputs = arrays.map(|array| &array[start * stride..]);
        // Nothing has one value for all rows of a column; `y` is as wide.
        let rows = (ROWS.min(rows - start), stride);
        add_rows::<NEAR_ROWS, _, _, _>(rows, [&*y], inputs, [&mut *sums], |[sum], _, values| [sum.add(term(values))]);
        zip_in_place(y, sums, |y, sum| y.add(sum));
    }
}
