//! Layer normalization: each row by its own mean and variance (Ba, Kiros and Hinton, 2016).

use super::batch_norm::{Affine, Matrix};
use super::bias::sum;
use crate::vector::Real;

/// `y = γ·(x − mean)/√(variance + ε) + β` for each row; `statistics [2, rows]` keeps mean and 1/√(variance + ε).
pub fn forward(matrix: Matrix, x: &[Real], affine: Affine, epsilon: Real, statistics: &mut [Real], y: &mut [Real]) {
    let Matrix { rows, channels } = matrix;
    let share = 1.0 / channels as Real;
    let (means, deviations) = statistics.split_at_mut(rows);
    for (row, (x, y)) in x.chunks_exact(channels).zip(y.chunks_exact_mut(channels)).enumerate() {
        let mean = sum(x) * share;
        for c in 0..channels {
            y[c] = (x[c] - mean) * (x[c] - mean);
        }
        let deviation = 1.0 / (sum(y) * share + epsilon).sqrt();
        for c in 0..channels {
            let factor = affine.gamma.map_or(1.0, |gamma| gamma[c]);
            y[c] = (x[c] - mean) * deviation * factor + affine.beta.map_or(0.0, |beta| beta[c]);
        }
        (means[row], deviations[row]) = (mean, deviation);
    }
}

/// Gradients of [`forward`]: `sums [2, channels]` gets dβ and dγ; with g = dy·γ,
/// `dx = (g − mean(g) − x̂·mean(g·x̂))/√(variance + ε)`. `scratch [2, channels]`.
#[allow(clippy::too_many_arguments)]
pub fn gradient(
    Matrix { rows, channels }: Matrix,
    x: &[Real],
    gamma: Option<&[Real]>,
    statistics: &[Real],
    dy: &[Real],
    dx: &mut [Real],
    sums: &mut [Real],
    scratch: &mut [Real],
) {
    let (means, deviations) = statistics.split_at(rows);
    let (shift, scale) = sums.split_at_mut(channels);
    let (normal, product) = scratch.split_at_mut(channels);
    shift.fill(0.0);
    scale.fill(0.0);
    let share = 1.0 / channels as Real;
    for row in 0..rows {
        let range = row * channels..(row + 1) * channels;
        let (x, dy, dx) = (&x[range.clone()], &dy[range.clone()], &mut dx[range]);
        for c in 0..channels {
            normal[c] = (x[c] - means[row]) * deviations[row];
            shift[c] += dy[c];
            scale[c] += dy[c] * normal[c];
            dx[c] = dy[c] * gamma.map_or(1.0, |gamma| gamma[c]);
            product[c] = dx[c] * normal[c];
        }
        let (mean, slope) = (sum(dx) * share, sum(product) * share);
        for c in 0..channels {
            dx[c] = (dx[c] - mean - normal[c] * slope) * deviations[row];
        }
    }
}
