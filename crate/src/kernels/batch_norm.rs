//! Batch normalization over the rows of a matrix, channel by channel (Ioffe and Szegedy, 2015).
//!
//! Plain loops over channels, which LLVM makes vectors of: every channel is computed by itself.

use crate::vector::Real;

/// Sizes of an array seen as a matrix.
#[derive(Clone, Copy, Debug)]
pub struct Matrix {
    /// All dimensions but the last.
    pub rows: usize,
    /// The last dimension.
    pub channels: usize,
}

/// Factor and shift of each channel; absent ones are 1 and 0.
#[derive(Clone, Copy, Debug)]
pub struct Affine<'a> {
    /// γ.
    pub gamma: Option<&'a [Real]>,
    /// β.
    pub beta: Option<&'a [Real]>,
}

/// Rows whose sums are added before they join the others, so that long sums lose less.
const BLOCK: usize = 128;

/// `total[c] = Σ over rows of term(row, c)`, block by block; `part` is scratch.
fn column_sums(rows: usize, total: &mut [Real], part: &mut [Real], mut add_row: impl FnMut(usize, &mut [Real])) {
    total.fill(0.0);
    for start in (0..rows).step_by(BLOCK) {
        part.fill(0.0);
        for row in start..rows.min(start + BLOCK) {
            add_row(row, part);
        }
        for (total, part) in total.iter_mut().zip(part.iter()) {
            *total += part;
        }
    }
}

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
    let share = 1.0 / rows as Real;
    let (mean, deviation) = statistics.split_at_mut(channels);
    let (part, sums) = scratch.split_at_mut(channels);
    column_sums(rows, sums, part, |row, part| {
        for (part, x) in part.iter_mut().zip(&x[row * channels..][..channels]) {
            *part += x;
        }
    });
    for (mean, sum) in mean.iter_mut().zip(sums.iter()) {
        *mean = sum * share;
    }
    column_sums(rows, sums, part, |row, part| {
        for ((part, x), mean) in part.iter_mut().zip(&x[row * channels..][..channels]).zip(mean.iter()) {
            let distance = x - mean;
            *part += distance * distance;
        }
    });
    for c in 0..channels {
        let variance = sums[c] * share;
        deviation[c] = 1.0 / (variance + epsilon).sqrt();
        moving_mean[c] = momentum * moving_mean[c] + (1.0 - momentum) * mean[c];
        moving_variance[c] = momentum * moving_variance[c] + (1.0 - momentum) * variance;
    }
    apply(matrix, x, affine, mean, deviation, y, part);
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

fn apply(
    Matrix { channels, .. }: Matrix,
    x: &[Real],
    affine: Affine,
    mean: &[Real],
    deviation: &[Real],
    y: &mut [Real],
    factor: &mut [Real],
) {
    for c in 0..channels {
        factor[c] = deviation[c] * affine.gamma.map_or(1.0, |gamma| gamma[c]);
    }
    for (x, y) in x.chunks_exact(channels).zip(y.chunks_exact_mut(channels)) {
        match affine.beta {
            Some(beta) => {
                for c in 0..channels {
                    y[c] = (x[c] - mean[c]) * factor[c] + beta[c];
                }
            }
            None => {
                for c in 0..channels {
                    y[c] = (x[c] - mean[c]) * factor[c];
                }
            }
        }
    }
}

/// Gradients of [`training`]: `sums [2, channels]` gets dβ = Σ dy and dγ = Σ dy·x̂; then
/// `dx = γ/√(variance + ε)·(dy − dβ/rows − x̂·dγ/rows)`. `scratch [2, channels]`.
pub fn gradient(
    Matrix { rows, channels }: Matrix,
    x: &[Real],
    gamma: Option<&[Real]>,
    statistics: &[Real],
    dy: &[Real],
    dx: Option<&mut [Real]>,
    sums: &mut [Real],
    scratch: &mut [Real],
) {
    let (mean, deviation) = statistics.split_at(channels);
    let (shift, scale) = sums.split_at_mut(channels);
    let (part, other) = scratch.split_at_mut(channels);
    column_sums(rows, shift, part, |row, part| {
        for (part, dy) in part.iter_mut().zip(&dy[row * channels..][..channels]) {
            *part += dy;
        }
    });
    column_sums(rows, scale, part, |row, part| {
        let (x, dy) = (&x[row * channels..][..channels], &dy[row * channels..][..channels]);
        for c in 0..channels {
            part[c] += dy[c] * ((x[c] - mean[c]) * deviation[c]);
        }
    });
    let Some(dx) = dx else { return };
    let share = 1.0 / rows as Real;
    for c in 0..channels {
        part[c] = deviation[c] * gamma.map_or(1.0, |gamma| gamma[c]);
        other[c] = scale[c] * share * deviation[c];
    }
    let rows = x.chunks_exact(channels).zip(dy.chunks_exact(channels)).zip(dx.chunks_exact_mut(channels));
    for ((x, dy), dx) in rows {
        for c in 0..channels {
            dx[c] = part[c] * (dy[c] - shift[c] * share - (x[c] - mean[c]) * other[c]);
        }
    }
}
