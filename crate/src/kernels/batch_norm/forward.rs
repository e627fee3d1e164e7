//! Normalization by the batch's statistics or by moving averages.

use super::moments::{add_moments, start_of};
use super::{combine, Affine, Matrix};
use crate::vector::{Lanes, Real, Vector};

/// The batch's mean and 1/√(variance + ε) of each channel, into `statistics [2, channels]`; moving averages follow with
/// `moving ← momentum·moving + (1 − momentum)·batch`, the variance divided by the number of rows (Keras's rule). Then
/// `y = γ·(x − mean)/√(variance + ε) + β`. `scratch [2, channels]`.
#[allow(clippy::too_many_arguments)]
pub fn training(
    matrix: Matrix,
    x: &[Real],
    affine: Affine,
    (momentum, epsilon): (Real, Real),
    (moving_mean, moving_variance): (&mut [Real], &mut [Real]),
    statistics: &mut [Real],
    y: &mut [Real],
    scratch: &mut [Real],
) {
    let Matrix { rows, channels } = matrix;
    let (mean, deviation) = statistics.split_at_mut(channels);
    start_of(channels, x, mean);
    scratch.fill(0.0);
    if rows > 1 {
        add_moments(matrix, x, mean, y, scratch);
    }
    let inverse = 1.0 / rows as Real;
    let (sums, squares) = scratch.split_at(channels);
    for c in 0..channels {
        mean[c] += sums[c] * inverse;
        let variance = squares[c] * inverse;
        deviation[c] = 1.0 / (variance + epsilon).sqrt();
        moving_mean[c] = momentum * moving_mean[c] + (1.0 - momentum) * mean[c];
        moving_variance[c] = momentum * moving_variance[c] + (1.0 - momentum) * variance;
    }
    apply(matrix, x, affine, mean, deviation, y, &mut scratch[..channels]);
}

/// `y = γ·(x − mean)/√(variance + ε) + β` with the moving averages. `scratch [2, channels]`.
pub fn inference(
    matrix: Matrix,
    x: &[Real],
    affine: Affine,
    epsilon: Real,
    (mean, variance): (&[Real], &[Real]),
    y: &mut [Real],
    scratch: &mut [Real],
) {
    let (part, deviation) = scratch.split_at_mut(matrix.channels);
    for (deviation, variance) in deviation.iter_mut().zip(variance) {
        *deviation = 1.0 / (variance + epsilon).sqrt();
    }
    apply(matrix, x, affine, mean, deviation, y, part);
}

/// `y = γ·deviation·(x − mean) + β`; `factor [channels]` is scratch.
pub fn apply(
    matrix: Matrix,
    x: &[Real],
    affine: Affine,
    mean: &[Real],
    deviation: &[Real],
    y: &mut [Real],
    factor: &mut [Real],
) {
    for (c, factor) in factor.iter_mut().enumerate() {
        *factor = deviation[c] * affine.gamma.map_or(1.0, |gamma| gamma[c]);
    }
    match affine.beta {
        Some(beta) => {
            combine(matrix, [mean, factor, beta], [x], y, |[mean, factor, beta], [x]| x.sub(mean).mul_add(factor, beta))
        }
        None => combine(matrix, [mean, factor], [x], y, |[mean, factor], [x]| {
            x.sub(mean).mul_add(factor, Lanes::splat(0.0))
        }),
    }
}
