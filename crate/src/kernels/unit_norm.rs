//! Rows of length one.

use crate::vector::Real;

/// Rows shorter than this are multiplied by its inverse.
const SHORTEST: f64 = 1e-12;

/// `y = x / |x|` for rows of `width`; `factors` gets 1/|x| of every row, at most 1e12.
pub fn forward(width: usize, x: &[Real], factors: &mut [Real], y: &mut [Real]) {
    for ((x, y), factor) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)).zip(factors) {
        // In double precision, where no square of a float32 over- or underflows.
        let square: f64 = x.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        let inverse = if square.is_nan() { square } else { 1.0 / square.sqrt().max(SHORTEST) };
        *factor = inverse as Real;
        for (y, &x) in y.iter_mut().zip(x) {
            *y = (f64::from(x) * inverse) as Real;
        }
    }
}

/// Gradient of [`forward`] from its output: `(dy − y·Σ dy·y) / |x|`, for rows that were too short `dy · 1e12`.
pub fn gradient(width: usize, y: &[Real], factors: &[Real], dy: &[Real], dx: &mut [Real]) {
    for (row, &factor) in factors.iter().enumerate() {
        let range = row * width..(row + 1) * width;
        let (y, dy) = (&y[range.clone()], &dy[range.clone()]);
        let is_short = f64::from(factor) * SHORTEST >= 1.0 - 1e-6;
        let along: f64 = y.iter().zip(dy).map(|(&y, &dy)| f64::from(y) * f64::from(dy)).sum();
        let along = if is_short { 0.0 } else { along as Real };
        for (c, dx) in dx[range].iter_mut().enumerate() {
            *dx = (dy[c] - y[c] * along) * factor;
        }
    }
}
