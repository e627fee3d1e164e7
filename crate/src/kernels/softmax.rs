//! Softmax of each row, and its gradient.

use super::bias::sum;
use super::cross_entropy::natural_logarithm;
use super::exponential::Exponential;
use super::map::{map, map_in_place, zip_in_place};
use crate::vector::{Lanes, Real, Vector};

/// Softmax of one row; answers the row's largest value and the sum of e^(x − largest).
#[inline(always)]
pub fn softmax_row(constants: &Exponential, x: &[Real], y: &mut [Real]) -> (Real, Real) {
    let largest = x.iter().fold(Real::NEG_INFINITY, |best, &value| if value < best { best } else { value });
    map(x, y, |x| constants.exp(x.sub(Lanes::splat(largest))));
    let total = sum(y);
    let share = Lanes::splat(1.0 / total);
    map_in_place(y, |y| y.mul(share));
    (largest, total)
}

/// `y = eˣ / Σ eˣ` for rows of `width`.
pub fn softmax(width: usize, x: &[Real], y: &mut [Real]) {
    let constants = Exponential::new();
    for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)) {
        softmax_row(&constants, x, y);
    }
}

/// `dx = y·(dy − Σ dy·y)` for rows of `width`, in place in `d`.
pub fn gradient(width: usize, y: &[Real], d: &mut [Real]) {
    for (y, d) in y.chunks_exact(width).zip(d.chunks_exact_mut(width)) {
        zip_in_place(d, y, |d, y| d.mul(y));
        let total = Lanes::splat(-sum(d));
        zip_in_place(d, y, |product, y| y.mul_add(total, product));
    }
}

/// `y = x − ln Σ eˣ` for rows of `width`: the logarithm of [`softmax`].
pub fn log_softmax(width: usize, x: &[Real], y: &mut [Real]) {
    let constants = Exponential::new();
    for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)) {
        let (largest, total) = softmax_row(&constants, x, y);
        let logarithm = Lanes::splat(natural_logarithm(f64::from(total)) as Real);
        map(x, y, |x| x.sub(Lanes::splat(largest)).sub(logarithm));
    }
}

/// Gradient of [`log_softmax`] from its output: `dx = dy − eʸ·Σ dy` for rows of `width`, in place in `d`.
pub fn log_gradient(width: usize, y: &[Real], d: &mut [Real]) {
    let constants = Exponential::new();
    for (y, d) in y.chunks_exact(width).zip(d.chunks_exact_mut(width)) {
        let total = Lanes::splat(-sum(d));
        zip_in_place(d, y, |d, y| constants.exp(y).mul_add(total, d));
    }
}
