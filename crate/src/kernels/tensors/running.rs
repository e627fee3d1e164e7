//! Sums and products of all values up to each, along the middle of `[outer, reduced, inner]`.

use super::integers::multiply;
use crate::error::Error;
use crate::threads::{each_part, share, OF_COPYING};

/// Which values a result is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Direction {
    /// From the last one to the first.
    pub reverse: bool,
    /// Those before each, without itself.
    pub exclusive: bool,
}

/// What becomes of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Running {
    /// Their sum.
    Sum,
    /// Their product.
    Product,
}

impl Running {
    /// The operation of a code that crossed the boundary.
    pub fn from_code(code: u32) -> Result<Self, Error> {
        [Self::Sum, Self::Product].get(code as usize).copied().ok_or(Error::UnknownCode)
    }
}

/// Of float32, each rounded.
pub fn floats(running: Running, direction: Direction, [reduced, inner]: [usize; 2], x: &[f32], y: &mut [f32]) {
    match running {
        Running::Sum => run(direction, [reduced, inner], 0.0, x, y, |total, x| total + x),
        Running::Product => run(direction, [reduced, inner], 1.0, x, y, |total, x| total * x),
    }
}

/// Of int32, each modulo 2³².
pub fn integers(running: Running, direction: Direction, [reduced, inner]: [usize; 2], x: &[i32], y: &mut [i32]) {
    match running {
        Running::Sum => run(direction, [reduced, inner], 0, x, y, i32::wrapping_add),
        Running::Product => run(direction, [reduced, inner], 1, x, y, multiply),
    }
}

/// Columns whose totals are kept at a time.
const COLUMNS: usize = 256;

#[inline(always)]
fn run<T: Copy + Sync + Send>(
    direction: Direction,
    [reduced, inner]: [usize; 2],
    first: T,
    x: &[T],
    y: &mut [T],
    apply: impl Fn(T, T) -> T + Sync,
) {
    let size = reduced * inner;
    let step = |total: &mut T, x: T, y: &mut T| {
        let next = apply(*total, x);
        *y = if direction.exclusive { *total } else { next };
        *total = next;
    };
    let count = share(y.len() / size, 2 * OF_COPYING * size);
    each_part(y, count * size, |part, y| {
        for (x, y) in x[part * count * size..].chunks_exact(size).zip(y.chunks_exact_mut(size)) {
            if inner == 1 {
                let (mut total, pairs) = (first, x.iter().zip(y));
                if direction.reverse {
                    pairs.rev().for_each(|(x, y)| step(&mut total, *x, y));
                } else {
                    pairs.for_each(|(x, y)| step(&mut total, *x, y));
                }
                continue;
            }
            for from in (0..inner).step_by(COLUMNS) {
                let width = COLUMNS.min(inner - from);
                let mut totals = [first; COLUMNS];
                for row in 0..reduced {
                    let row = if direction.reverse { reduced - 1 - row } else { row };
                    let at = row * inner + from;
                    for ((total, x), y) in totals.iter_mut().zip(&x[at..at + width]).zip(&mut y[at..at + width]) {
                        step(total, *x, y);
                    }
                }
            }
        }
    });
}
