//! Batch normalization over the rows of a matrix, channel by channel (Ioffe and Szegedy, 2015).
//!
//! Forward reads its input twice, once for mean and variance together; so do the gradients. Parts of the rows have their
//! own sums, which wait in the output where the part will be written.

mod forward;
mod gradient;
mod moments;

pub use forward::{apply, inference, training};
pub use gradient::{add_products, gradient};
pub use moments::{add_moments, start_of};

use super::joined_rows::JoinedRows;
use super::strips::block_rows;
use crate::threads::{backward, each_of_some, share_or_halves};
use crate::vector::{combine_rows, Lanes, Real, NEAR_ROWS};

/// Columns whose sums are made together where rows are walked through one by one, and most of these.
const TOGETHER: usize = 512;

/// Fewest columns of rows that are walked through one by one.
const NARROW: usize = 33;

/// Fewest where arrays are [`FAR`] and no farther: several narrower rows are near enough to each other.
const WIDE: usize = 65;

/// Values of arrays that a second-level cache does not keep beside others of the same step: 9 MiB.
const FAR: usize = 9 << 18;

/// Values of arrays that no cache keeps: 32 MiB.
const FARTHER: usize = 8 << 20;

/// Sizes of an array seen as a matrix.
#[derive(Clone, Copy, Debug)]
pub struct Matrix {
    /// All dimensions but the last.
    pub rows: usize,
    /// The last dimension.
    pub channels: usize,
}

impl Matrix {
    /// Rows of a part, and whether threads that sleep are woken for them.
    fn part(&self) -> (usize, bool) {
        share_or_halves(self.rows, block_rows(self.channels), 8 * self.channels)
    }

    /// Whether rows are walked through one by one, where so many arrays have more values than `far`: a processor foresees what is read in
    /// the order in which it lies, and several rows of many columns side by side are not. Sums of very many columns do not stay near.
    fn in_order(&self, arrays: usize, far: usize) -> bool {
        let far = if self.channels < WIDE { far.max(FARTHER) } else { far };
        (NARROW..=TOGETHER).contains(&self.channels) && arrays * self.rows * self.channels > far
    }

    /// The same array with several rows in one, where channels are few.
    fn wide(&self) -> Option<JoinedRows> {
        JoinedRows::of(self.rows, self.channels)
    }
}

/// Factor and shift of each channel; absent ones are 1 and 0.
#[derive(Clone, Copy, Debug)]
pub struct Affine<'a> {
    /// γ.
    pub gamma: Option<&'a [Real]>,
    /// β.
    pub beta: Option<&'a [Real]>,
}

/// Sums `[2, channels]` of each part of the rows, made by `sum` from first row and number of rows, and handed to `add` one after
/// the other with the number of rows. All threads make them in `out [rows, channels]`, which has room for them unless there
/// is one row only; without it they are made in `scratch`.
fn sums_of_parts(
    matrix: Matrix,
    out: Option<&mut [Real]>,
    scratch: &mut [Real],
    sum: impl Fn(usize, usize, &mut [Real]) + Sync,
    mut add: impl FnMut(usize, &[Real]),
) {
    let Matrix { rows, channels } = matrix;
    let ((part, rouse), size) = (matrix.part(), 2 * channels);
    let count = |index: usize| part.min(rows - index * part);
    let parts = rows.div_ceil(part);
    if let Some(sums) = out.and_then(|out| out.get_mut(..parts * size)) {
        // The second reading begins with what a cache still has then.
        let order = backward(parts);
        each_of_some([(&mut *sums, size)], rouse, |index, [sums]| sum(order(index) * part, count(order(index)), sums));
        for index in 0..parts {
            add(count(index), &sums[order(index) * size..][..size]);
        }
    } else {
        for index in 0..parts {
            sum(index * part, count(index), scratch);
            add(count(index), scratch);
        }
    }
}

/// `y = apply(factors, inputs)` for every element, with the factors of its column.
#[inline(always)]
pub fn combine<const F: usize, const I: usize>(
    matrix: Matrix,
    factors: [&[Real]; F],
    inputs: [&[Real]; I],
    y: &mut [Real],
    apply: impl Fn([Lanes; F], [Lanes; I]) -> Lanes + Sync + Copy,
) {
    let Some(wide) = matrix.wide() else { return combine_parts(matrix, factors, inputs, y, apply) };
    let (width, size) = (wide.width(), wide.size());
    let repeated = factors.map(|factors| wide.repeat(factors));
    let (y, last) = y.split_at_mut(size);
    let wide_matrix = Matrix { rows: wide.rows, channels: width };
    combine_parts(wide_matrix, repeated.each_ref().map(|r| &r[..width]), inputs.map(|input| &input[..size]), y, apply);
    let rest = Matrix { rows: last.len() / matrix.channels, channels: matrix.channels };
    combine_parts(rest, factors, inputs.map(|input| &input[size..]), last, apply);
}

/// [`combine`] of a matrix as it is.
fn combine_parts<const F: usize, const I: usize>(
    matrix: Matrix,
    factors: [&[Real]; F],
    inputs: [&[Real]; I],
    y: &mut [Real],
    apply: impl Fn([Lanes; F], [Lanes; I]) -> Lanes + Sync + Copy,
) {
    if matrix.in_order(I + 1, FAR) {
        combine_each_part::<1, F, I>(matrix, factors, inputs, y, apply);
    } else {
        combine_each_part::<NEAR_ROWS, F, I>(matrix, factors, inputs, y, apply);
    }
}

/// The same, R rows together: each number a function of its own, or gradients in a near cache take a tenth longer.
#[inline(never)]
fn combine_each_part<const R: usize, const F: usize, const I: usize>(
    matrix: Matrix,
    factors: [&[Real]; F],
    inputs: [&[Real]; I],
    y: &mut [Real],
    apply: impl Fn([Lanes; F], [Lanes; I]) -> Lanes + Sync + Copy,
) {
    let (rows, rouse) = matrix.part();
    let part = rows * matrix.channels;
    each_of_some([(y, part)], rouse, |index, [y]| {
        combine_rows::<R, F, I>(factors, inputs.map(|input| &input[index * part..][..y.len()]), y, apply);
    });
}
