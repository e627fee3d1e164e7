//! Batch normalization over the rows of a matrix, channel by channel (Ioffe and Szegedy, 2015).
//!
//! Plain loops over channels, which LLVM makes vectors of: every channel is computed by itself.

use crate::threads::{each_pair, each_part, share};
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

/// `total[c] = Σ over rows of term(row, c)`, block by block; `part` is scratch. `add_row` gets a row and where the channels
/// begin that it adds: several at a time make a part of the work.
fn column_sums(
    Matrix { rows, channels }: Matrix,
    total: &mut [Real],
    part: &mut [Real],
    add_row: impl Fn(usize, usize, &mut [Real]) + Sync,
) {
    let width = share(channels, 2 * rows).next_multiple_of(16);
    each_pair((&mut total[..channels], width), (&mut part[..channels], width), |index, total, part| {
        total.fill(0.0);
        for start in (0..rows).step_by(BLOCK) {
            part.fill(0.0);
            for row in start..rows.min(start + BLOCK) {
                add_row(row, index * width, part);
            }
            for (total, part) in total.iter_mut().zip(part.iter()) {
                *total += part;
            }
        }
    });
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
    let inverse = 1.0 / rows as Real;
    let (mean, deviation) = statistics.split_at_mut(channels);
    let (part, sums) = scratch.split_at_mut(channels);
    column_sums(matrix, sums, part, |row, first, part| {
        for (part, x) in part.iter_mut().zip(&x[row * channels + first..]) {
            *part += x;
        }
    });
    for (mean, sum) in mean.iter_mut().zip(sums.iter()) {
        *mean = sum * inverse;
    }
    let mean = &*mean;
    column_sums(matrix, sums, part, |row, first, part| {
        for ((part, x), mean) in part.iter_mut().zip(&x[row * channels + first..]).zip(&mean[first..]) {
            let distance = x - mean;
            *part += distance * distance;
        }
    });
    for c in 0..channels {
        let variance = sums[c] * inverse;
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
    let (factor, rows) = (&factor[..channels], share(y.len() / channels, 4 * channels));
    each_part(y, rows * channels, |part, y| {
        for (x, y) in x[part * rows * channels..].chunks_exact(channels).zip(y.chunks_exact_mut(channels)) {
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
    });
}

/// Gradients of [`training`]: `sums [2, channels]` gets dβ = Σ dy and dγ = Σ dy·x̂; then
/// `dx = γ/√(variance + ε)·(dy − dβ/rows − x̂·dγ/rows)`. `scratch [2, channels]`.
pub fn gradient(
    matrix: Matrix,
    x: &[Real],
    gamma: Option<&[Real]>,
    statistics: &[Real],
    dy: &[Real],
    dx: Option<&mut [Real]>,
    sums: &mut [Real],
    scratch: &mut [Real],
) {
    let Matrix { rows, channels } = matrix;
    let (mean, deviation) = statistics.split_at(channels);
    let (shift, scale) = sums.split_at_mut(channels);
    let (part, other) = scratch.split_at_mut(channels);
    column_sums(matrix, shift, part, |row, first, part| {
        for (part, dy) in part.iter_mut().zip(&dy[row * channels + first..]) {
            *part += dy;
        }
    });
    column_sums(matrix, scale, part, |row, first, part| {
        let width = part.len();
        let (x, dy) = (&x[row * channels + first..][..width], &dy[row * channels + first..][..width]);
        let (mean, deviation) = (&mean[first..][..width], &deviation[first..][..width]);
        for c in 0..width {
            part[c] += dy[c] * ((x[c] - mean[c]) * deviation[c]);
        }
    });
    let Some(dx) = dx else { return };
    let inverse = 1.0 / rows as Real;
    for c in 0..channels {
        part[c] = deviation[c] * gamma.map_or(1.0, |gamma| gamma[c]);
        other[c] = scale[c] * inverse * deviation[c];
    }
    let (factor, other, shift) = (&part[..channels], &other[..channels], &*shift);
    let count = share(rows, 8 * channels);
    each_part(dx, count * channels, |part, dx| {
        let first = part * count * channels;
        let rows = x[first..].chunks_exact(channels).zip(dy[first..].chunks_exact(channels));
        for ((x, dy), dx) in rows.zip(dx.chunks_exact_mut(channels)) {
            for c in 0..channels {
                dx[c] = factor[c] * (dy[c] - shift[c] * inverse - (x[c] - mean[c]) * other[c]);
            }
        }
    });
}
