//! Layer normalization: each row by its own mean and variance (Ba, Kiros and Hinton, 2016).

use super::batch_norm::{Affine, Matrix};
use super::bias::{sum, sum_of};
use crate::threads;
use crate::vector::{combine, Lanes, Real, Vector};

/// `y = γ·(x − mean)/√(variance + ε) + β` for each row; `statistics [2, rows]` keeps mean and 1/√(variance + ε).
pub fn forward(matrix: Matrix, x: &[Real], affine: Affine, epsilon: Real, statistics: &mut [Real], y: &mut [Real]) {
    let Matrix { rows, channels } = matrix;
    let share = 1.0 / channels as Real;
    let (means, deviations) = statistics.split_at_mut(rows);
    let part = threads::share(rows, 8 * channels);
    threads::each_of([(y, part * channels), (means, part), (deviations, part)], |index, [y, means, deviations]| {
        let x = x[index * part * channels..].chunks_exact(channels);
        let statistics = means.iter_mut().zip(deviations);
        for ((x, y), (mean, deviation)) in x.zip(y.chunks_exact_mut(channels)).zip(statistics) {
            *mean = sum(x) * share;
            let center = Lanes::splat(*mean);
            let variance = sum_of(x, |x| x.sub(center).mul(x.sub(center))) * share;
            *deviation = 1.0 / (variance + epsilon).sqrt();
            scale(x, affine, center, Lanes::splat(*deviation), y);
        }
    });
}

/// `y = γ·(x − mean)·deviation + β`.
fn scale(x: &[Real], affine: Affine, mean: Lanes, deviation: Lanes, y: &mut [Real]) {
    let normal = |x: Lanes| x.sub(mean).mul(deviation);
    match (affine.gamma, affine.beta) {
        (None, None) => combine::<1, 2>([x], y, |[x]| normal(x)),
        (Some(gamma), None) => combine::<2, 2>([x, gamma], y, |[x, gamma]| normal(x).mul(gamma)),
        (None, Some(beta)) => combine::<2, 2>([x, beta], y, |[x, beta]| normal(x).add(beta)),
        (Some(gamma), Some(beta)) => {
            combine::<3, 2>([x, gamma, beta], y, |[x, gamma, beta]| normal(x).mul_add(gamma, beta));
        }
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
