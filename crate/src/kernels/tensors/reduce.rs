//! Largest, smallest, product, any, all and their like over the middle of `[outer, reduced, inner]`.

use crate::error::Error;
use crate::threads::each_share;
use crate::vector::Real;

/// What becomes of the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    /// The largest; NaN where there is one.
    Largest,
    /// The smallest; NaN where there is one.
    Smallest,
    /// The product.
    Product,
}

impl Reduction {
    /// The reduction of a code that crossed the boundary.
    pub fn from_code(code: u32) -> Result<Self, Error> {
        Ok(match code {
            0 => Self::Largest,
            1 => Self::Smallest,
            2 => Self::Product,
            _ => return Err(Error::UnknownCode),
        })
    }
}

/// `y [outer, inner]` of `x [outer, reduced, inner]`.
pub fn reduce(reduction: Reduction, reduced: usize, inner: usize, x: &[Real], y: &mut [Real]) {
    match reduction {
        // Written so that a NaN on either side wins.
        Reduction::Largest => fold(reduced, inner, x, y, |a, b| if b > a || b.is_nan() { b } else { a }),
        Reduction::Smallest => fold(reduced, inner, x, y, |a, b| if b < a || b.is_nan() { b } else { a }),
        Reduction::Product => fold(reduced, inner, x, y, |a, b| a * b),
    }
}

/// Whether any (`all` false) or all of the truth values are 1.
pub fn reduce_truth(all: bool, reduced: usize, inner: usize, x: &[u8], y: &mut [u8]) {
    if all {
        fold(reduced, inner, x, y, |a, b| a & b);
    } else {
        fold(reduced, inner, x, y, |a, b| a | b);
    }
}

/// Operations that a value takes as long as.
const WORK: usize = 8;

/// Columns that are taken together: their values in a row are some cache lines.
const COLUMNS: usize = VALUES * BLOCKS;
const VALUES: usize = 16;
const BLOCKS: usize = 4;

/// `y = of(values)` of rows of so many values.
#[inline(always)]
fn each_row<T: Sync, U: Send>(reduced: usize, x: &[T], y: &mut [U], of: impl Fn(&[T]) -> U + Sync) {
    each_share(y, 1, WORK * reduced, |first, y| {
        for (x, y) in x[first * reduced..].chunks_exact(reduced).zip(y) {
            *y = of(x);
        }
    });
}

/// Gives at most [`COLUMNS`] outputs side by side to `work`, with the first value of the first one: values of an output are `inner` apart.
/// Threads take whole blocks, or such columns of one where there are no others.
#[inline(always)]
fn each_block<T: Sync, U: Send>(
    (reduced, inner): (usize, usize),
    x: &[T],
    y: &mut [U],
    work: impl Fn(&[T], &mut [U]) + Sync,
) {
    let (width, step) = if y.len() == inner { (COLUMNS, COLUMNS) } else { (inner, reduced * inner) };
    each_share(y, width, WORK * reduced * width, |first, y| {
        for (index, y) in y.chunks_mut(width).enumerate() {
            for (part, y) in y.chunks_mut(COLUMNS).enumerate() {
                work(&x[(first + index) * step + part * COLUMNS..], y);
            }
        }
    });
}

#[inline(always)]
fn fold<T: Copy + Send + Sync>(
    reduced: usize,
    inner: usize,
    x: &[T],
    y: &mut [T],
    apply: impl Fn(T, T) -> T + Sync + Copy,
) {
    if inner == 1 {
        return each_row(reduced, x, y, |x| {
            // Eight at a time, so that one does not wait for the other.
            let blocks = x.chunks_exact(8);
            let rest = blocks.remainder();
            match blocks
                .map(|block| -> [T; 8] { std::array::from_fn(|lane| block[lane]) })
                .reduce(|a, b| std::array::from_fn(|lane| apply(a[lane], b[lane])))
            {
                Some(lanes) => lanes.into_iter().chain(rest.iter().copied()).reduce(apply).unwrap_or(x[0]),
                None => rest.iter().copied().reduce(apply).unwrap_or(x[0]),
            }
        });
    }
    each_block((reduced, inner), x, y, |x, y| {
        let columns = y.len();
        y.copy_from_slice(&x[..columns]);
        for row in 1..reduced {
            for (y, x) in y.iter_mut().zip(&x[row * inner..][..columns]) {
                *y = apply(*y, *x);
            }
        }
    });
}

/// Number of the first largest (`largest`) or smallest value: `y [outer, inner]` of `x [outer, reduced, inner]`. A NaN that
/// comes first stays, others are passed over.
pub fn argument<T: Copy + PartialOrd + Sync>(largest: bool, reduced: usize, inner: usize, x: &[T], y: &mut [u32]) {
    if largest {
        first_best((reduced, inner), x, y, |value, best| value > best);
    } else {
        first_best((reduced, inner), x, y, |value, best| value < best);
    }
}

#[inline(always)]
fn first_best<T: Copy + PartialOrd + Sync>(
    (reduced, inner): (usize, usize),
    x: &[T],
    y: &mut [u32],
    is_better: impl Fn(T, T) -> bool + Sync + Copy,
) {
    if inner == 1 {
        return each_row(reduced, x, y, |x| {
            let (mut best, mut place) = (x[0], 0);
            for (index, &value) in x.iter().enumerate() {
                if is_better(value, best) {
                    (best, place) = (value, index as u32);
                }
            }
            place
        });
    }
    each_block((reduced, inner), x, y, |x, y| {
        // Arrays of a fixed size, in which columns behind the last one have anything: LLVM makes vectors of them.
        let (mut best, mut places) = ([[x[0]; VALUES]; BLOCKS], [[0; VALUES]; BLOCKS]);
        for row in 0..reduced {
            let values = x[row * inner..][..y.len()].chunks(VALUES);
            for ((best, places), values) in best.iter_mut().zip(&mut places).zip(values) {
                let mut padded = [x[0]; VALUES];
                let values = <&[T; VALUES]>::try_from(values).unwrap_or_else(|_| {
                    padded[..values.len()].copy_from_slice(values);
                    &padded
                });
                if row == 0 {
                    *best = *values;
                }
                for lane in 0..VALUES {
                    let better = is_better(values[lane], best[lane]);
                    best[lane] = if better { values[lane] } else { best[lane] };
                    places[lane] = if better { row as u32 } else { places[lane] };
                }
            }
        }
        y.copy_from_slice(&places.as_flattened()[..y.len()]);
    });
}

/// `y[ids[r]] += x[r]` for rows of `inner` values; rows whose number is none of a segment are left out.
pub fn segment_sums(inner: usize, ids: &[u32], x: &[Real], y: &mut [Real]) {
    y.fill(0.0);
    let segments = y.len() / inner;
    for (&id, x) in ids.iter().zip(x.chunks_exact(inner)) {
        let id = id as usize;
        if id < segments {
            for (y, x) in y[id * inner..][..inner].iter_mut().zip(x) {
                *y += x;
            }
        }
    }
}
