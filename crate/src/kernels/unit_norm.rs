//! Rows of length one.

use super::bias::long_total;
use crate::threads::{each_of, each_part, share, OF_COPYING};
use crate::vector::{combine, Lanes, Real, Vector, LANES};
use std::ops::Range;

/// Rows shorter than this are multiplied by its inverse.
const SHORTEST: f64 = 1e-12;

/// Rows shorter than this are too short for vectors.
const FEW: usize = 4 * LANES;

/// Sums of squares of which no part that matters was too small for a float32, and none too large.
const SAFE: Range<Real> = 1e-24..1e36;

/// `y = x / |x|` for rows of `width`; `factors` gets 1/|x| of every row, at most 1e12.
pub fn forward(width: usize, x: &[Real], factors: &mut [Real], y: &mut [Real]) {
    let rows = share(factors.len(), OF_COPYING * width);
    each_of([(y, rows * width), (factors, rows)], |part, [y, factors]| {
        let x = &x[part * rows * width..][..y.len()];
        for ((x, y), factor) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)).zip(factors) {
            let square = if width < FEW { 0.0 } else { long_total([x], |[x]| x.mul(x)) };
            if SAFE.contains(&square) {
                *factor = 1.0 / square.sqrt();
                let factor = Lanes::splat(*factor);
                combine::<1, 4>([x], y, |[x]| x.mul(factor));
            } else {
                *factor = forward_exactly(x, y);
            }
        }
    });
}

/// The same of a row in double precision, where no square of a float32 over- or underflows; returns its factor.
#[inline(never)]
fn forward_exactly(x: &[Real], y: &mut [Real]) -> Real {
    let square: f64 = x.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    let inverse = if square.is_nan() { square } else { 1.0 / square.sqrt().max(SHORTEST) };
    for (y, &x) in y.iter_mut().zip(x) {
        *y = (f64::from(x) * inverse) as Real;
    }
    inverse as Real
}

/// Gradient of [`forward`] from its output: `(dy − y·Σ dy·y) / |x|`, for rows that were too short `dy · 1e12`.
pub fn gradient(width: usize, y: &[Real], factors: &[Real], dy: &[Real], dx: &mut [Real]) {
    let rows = share(factors.len(), OF_COPYING * width);
    each_part(dx, rows * width, |part, dx| {
        let [y, dy] = [y, dy].map(|values| &values[part * rows * width..][..dx.len()]);
        let each = y.chunks_exact(width).zip(dy.chunks_exact(width)).zip(dx.chunks_exact_mut(width));
        for (((y, dy), dx), &factor) in each.zip(&factors[part * rows..]) {
            let is_short = f64::from(factor) * SHORTEST >= 1.0 - 1e-6;
            let along = if is_short { 0.0 } else { long_total([y, dy], |[y, dy]| y.mul(dy)) };
            let [along, factor] = [along, factor].map(Lanes::splat);
            combine::<2, 4>([y, dy], dx, |[y, dy]| dy.sub(y.mul(along)).mul(factor));
        }
    });
}
