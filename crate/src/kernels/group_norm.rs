//! Group normalization: groups of an image's channels, each by its own mean and variance (Wu and He, 2018).

use super::batch_norm::Affine;
use crate::vector::Real;

/// Sizes: images of `inner` pixels with `channels` values each, in groups of neighbours.
#[derive(Clone, Copy, Debug)]
pub struct Groups {
    /// Number of images.
    pub batch: usize,
    /// Pixels of an image.
    pub inner: usize,
    /// Values of a pixel.
    pub channels: usize,
    /// Number of groups; it divides the channels.
    pub groups: usize,
}

/// Arrays of `channels` values that [`forward`] and [`gradient`] want as scratch.
pub const SCRATCH: usize = 5;

/// Pixels whose values are added before they join the others, so that long sums lose less.
const BLOCK: usize = 256;

impl Groups {
    /// Elements of all images.
    pub fn size(&self) -> usize {
        self.batch * self.inner * self.channels
    }

    fn width(&self) -> usize {
        self.channels / self.groups
    }

    /// Calls `change` with every group's number and the channels that belong to it.
    fn each(&self, mut change: impl FnMut(usize, std::ops::Range<usize>)) {
        for group in 0..self.groups {
            change(group, group * self.width()..(group + 1) * self.width());
        }
    }

    /// `total[c] = Σ over pixels of term(pixel's values, c)`.
    fn sums(&self, image: &[Real], total: &mut [Real], block: &mut [Real], term: impl Fn(Real, usize) -> Real) {
        total.fill(0.0);
        for pixels in image.chunks(BLOCK * self.channels) {
            block.fill(0.0);
            for pixel in pixels.chunks_exact(self.channels) {
                for c in 0..self.channels {
                    block[c] += term(pixel[c], c);
                }
            }
            for c in 0..self.channels {
                total[c] += block[c];
            }
        }
    }
}

/// `y = γ·(x − mean)/√(variance + ε) + β`; `statistics [2, batch, groups]` keeps mean and 1/√(variance + ε).
pub fn forward(
    g: Groups,
    x: &[Real],
    affine: Affine,
    epsilon: Real,
    statistics: &mut [Real],
    y: &mut [Real],
    scratch: &mut [Real],
) {
    let (size, count) = (g.inner * g.channels, (g.inner * g.width()) as Real);
    let (means, deviations) = statistics.split_at_mut(g.batch * g.groups);
    let [total, block, mean, factor, _] = arrays(scratch, g.channels);
    for (n, (x, y)) in x.chunks_exact(size).zip(y.chunks_exact_mut(size)).enumerate() {
        g.sums(x, total, block, |x, _| x);
        g.each(|group, range| {
            let value = total[range.clone()].iter().sum::<Real>() / count;
            mean[range].fill(value);
            means[n * g.groups + group] = value;
        });
        g.sums(x, total, block, |x, c| (x - mean[c]) * (x - mean[c]));
        g.each(|group, range| {
            let variance = total[range.clone()].iter().sum::<Real>() / count;
            let value = 1.0 / (variance + epsilon).sqrt();
            deviations[n * g.groups + group] = value;
            for c in range {
                factor[c] = value * affine.gamma.map_or(1.0, |gamma| gamma[c]);
            }
        });
        for (x, y) in x.chunks_exact(g.channels).zip(y.chunks_exact_mut(g.channels)) {
            for c in 0..g.channels {
                y[c] = (x[c] - mean[c]) * factor[c] + affine.beta.map_or(0.0, |beta| beta[c]);
            }
        }
    }
}

/// Gradients of [`forward`]: `sums [2, channels]` gets dβ and dγ; with x̂ the normalized input and means over a group,
/// `dx = (dy·γ − mean(dy·γ) − x̂·mean(dy·γ·x̂))/√(variance + ε)`.
#[allow(clippy::too_many_arguments)]
pub fn gradient(
    g: Groups,
    x: &[Real],
    gamma: Option<&[Real]>,
    statistics: &[Real],
    dy: &[Real],
    dx: &mut [Real],
    sums: &mut [Real],
    scratch: &mut [Real],
) {
    let (size, count) = (g.inner * g.channels, (g.inner * g.width()) as Real);
    let (means, deviations) = statistics.split_at(g.batch * g.groups);
    let (shift, scale) = sums.split_at_mut(g.channels);
    shift.fill(0.0);
    scale.fill(0.0);
    let [total, block, product, offset, slope] = arrays(scratch, g.channels);
    for n in 0..g.batch {
        let range = n * size..(n + 1) * size;
        let (x, dy, dx) = (&x[range.clone()], &dy[range.clone()], &mut dx[range]);
        let (mean, deviation) = (&means[n * g.groups..], &deviations[n * g.groups..]);
        // dx gets x̂, which both sums and the result read.
        for (x, dx) in x.chunks_exact(g.channels).zip(dx.chunks_exact_mut(g.channels)) {
            g.each(|group, range| {
                for c in range {
                    dx[c] = (x[c] - mean[group]) * deviation[group];
                }
            });
        }
        g.sums(dy, total, block, |dy, _| dy);
        product.fill(0.0);
        for (dy, normal) in dy.chunks(BLOCK * g.channels).zip(dx.chunks(BLOCK * g.channels)) {
            block.fill(0.0);
            for (dy, normal) in dy.chunks_exact(g.channels).zip(normal.chunks_exact(g.channels)) {
                for c in 0..g.channels {
                    block[c] += dy[c] * normal[c];
                }
            }
            for c in 0..g.channels {
                product[c] += block[c];
            }
        }
        for c in 0..g.channels {
            shift[c] += total[c];
            scale[c] += product[c];
        }
        let factor = |c: usize| gamma.map_or(1.0, |gamma| gamma[c]);
        g.each(|group, range| {
            let over = |values: &[Real]| range.clone().map(|c| values[c] * factor(c)).sum::<Real>() / count;
            let (first, second) = (over(total), over(product));
            for c in range.clone() {
                offset[c] = first * deviation[group];
                slope[c] = second * deviation[group];
            }
        });
        g.each(|group, range| {
            for c in range {
                block[c] = factor(c) * deviation[group];
            }
        });
        for (dy, dx) in dy.chunks_exact(g.channels).zip(dx.chunks_exact_mut(g.channels)) {
            for c in 0..g.channels {
                dx[c] = dy[c] * block[c] - offset[c] - dx[c] * slope[c];
            }
        }
    }
}

fn arrays(scratch: &mut [Real], channels: usize) -> [&mut [Real]; SCRATCH] {
    let mut rest = scratch;
    std::array::from_fn(|_| {
        let (array, others) = std::mem::take(&mut rest).split_at_mut(channels);
        rest = others;
        array
    })
}
