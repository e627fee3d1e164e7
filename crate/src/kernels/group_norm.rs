//! Group normalization: groups of an image's channels, each by its own mean and variance (Wu and He, 2018).
//!
//! An image is a matrix of which batch normalization's walks make the sums of each channel; those of a group are put
//! together, and its mean and slopes given to its channels again.

use super::batch_norm::{add_moments, add_products, apply, combine, start_of, Affine, Matrix};
use super::bias::sum_of_parts;
use super::map::{map_in_place, zip_in_place};
use crate::threads::{each_of, share};
use crate::vector::{Lanes, Real, Vector};
use std::ops::Range;

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

/// Arrays of `channels` values that a part of the images wants as scratch: [`forward`], and [`gradient`].
const ARRAYS: usize = 4;
const GRADIENT_ARRAYS: usize = 8;

/// Most parts of the images.
const MOST: usize = 32;

/// Pixels whose mean the sums of an image start from.
const NEAR: usize = 4;

impl Groups {
    /// Elements of all images.
    pub fn size(&self) -> usize {
        self.batch * self.inner * self.channels
    }

    /// Values of scratch that [`forward`] wants.
    pub fn scratch(&self) -> usize {
        ARRAYS * self.batch.min(MOST) * self.channels
    }

    /// Values of scratch that [`gradient`] wants.
    pub fn gradient_scratch(&self) -> usize {
        GRADIENT_ARRAYS * self.batch.min(MOST) * self.channels
    }

    /// Images of a part.
    fn part(&self) -> usize {
        share(self.batch, 8 * self.inner * self.channels).max(self.batch.div_ceil(MOST))
    }

    fn image(&self) -> Matrix {
        Matrix { rows: self.inner, channels: self.channels }
    }

    /// The channels of each group.
    fn each(&self) -> impl Iterator<Item = Range<usize>> {
        let width = self.channels / self.groups;
        (0..self.groups).map(move |group| group * width..(group + 1) * width)
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
    let (part, size) = (g.part(), g.inner * g.channels);
    let (share, inverse) = (g.groups as Real / g.channels as Real, 1.0 / g.inner as Real);
    let [epsilon, one] = [epsilon, 1.0].map(Lanes::splat);
    let (means, deviations) = statistics.split_at_mut(g.batch * g.groups);
    let scratch = &mut scratch[..g.batch.div_ceil(part) * ARRAYS * g.channels];
    let outputs =
        [(y, part * size), (means, part * g.groups), (deviations, part * g.groups), (scratch, ARRAYS * g.channels)];
    each_of(outputs, |index, [y, means, deviations, scratch]| {
        let images = x[index * part * size..].chunks_exact(size).zip(y.chunks_exact_mut(size));
        let statistics = means.chunks_exact_mut(g.groups).zip(deviations.chunks_exact_mut(g.groups));
        let (mean, scratch) = scratch.split_at_mut(g.channels);
        let (deviation, moments) = scratch.split_at_mut(g.channels);
        for ((x, y), (means, deviations)) in images.zip(statistics) {
            channel_moments(g.image(), x, y, mean, moments);
            let (centers, squares) = moments.split_at_mut(g.channels);
            for ((group, value), variance) in g.each().zip(&mut *means).zip(&mut *deviations) {
                let of_group = centers[group.clone()].iter().zip(&squares[group.clone()]);
                *value = centers[group.clone()].iter().sum::<Real>() * share;
                let (far, near) = of_group.fold((0.0, 0.0), |(far, near), (center, square)| {
                    let distance = center - *value;
                    (far + distance * distance, near + square)
                });
                *variance = far * share + near * share * inverse;
                mean[group].fill(*value);
            }
            map_in_place(deviations, |variance| one.div(variance.add(epsilon).square_root()));
            for (group, &inverse) in g.each().zip(&*deviations) {
                deviation[group].fill(inverse);
            }
            apply(g.image(), x, affine, mean, deviation, y, centers);
        }
    });
}

/// The mean of each channel and its sum of squared distances from it, into `moments [2, channels]`; `y` is room.
fn channel_moments(image: Matrix, x: &[Real], y: &mut [Real], start: &mut [Real], moments: &mut [Real]) {
    start_of(image.channels, &x[..x.len().min(NEAR * image.channels)], start);
    moments.fill(0.0);
    if image.rows > 1 {
        add_moments(image, x, start, y, moments);
    }
    let inverse = 1.0 / image.rows as Real;
    for (sum, start) in moments.iter_mut().zip(start) {
        *sum = *start + *sum * inverse;
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
    let (part, size, room) = (g.part(), g.inner * g.channels, GRADIENT_ARRAYS * g.channels);
    let (means, deviations) = statistics.split_at(g.batch * g.groups);
    let scratch = &mut scratch[..g.batch.div_ceil(part) * room];
    each_of([(dx, part * size), (&mut *scratch, room)], |index, [dx, scratch]| {
        let (total, scratch) = scratch.split_at_mut(2 * g.channels);
        total.fill(0.0);
        for (image, dx) in dx.chunks_exact_mut(size).enumerate() {
            let n = index * part + image;
            let [x, dy] = [x, dy].map(|values| &values[n * size..][..size]);
            let [means, deviations] = [means, deviations].map(|values| &values[n * g.groups..][..g.groups]);
            g.gradient_of_image((x, dy), gamma, (means, deviations), dx, total, scratch);
        }
    });
    // Added in their order.
    sum_of_parts(scratch.chunks_exact(room), sums);
}

impl Groups {
    /// [`gradient`] of an image, whose sums join `total [2, channels]`.
    fn gradient_of_image(
        &self,
        (x, dy): (&[Real], &[Real]),
        gamma: Option<&[Real]>,
        (means, deviations): (&[Real], &[Real]),
        dx: &mut [Real],
        total: &mut [Real],
        scratch: &mut [Real],
    ) {
        let (sums, scratch) = scratch.split_at_mut(2 * self.channels);
        let (mean, scratch) = scratch.split_at_mut(self.channels);
        let (factor, scratch) = scratch.split_at_mut(self.channels);
        for (group, &value) in self.each().zip(means) {
            mean[group].fill(value);
        }
        add_products(self.image(), mean, (x, dy), Some(dx), sums, scratch);
        let (slope, start) = scratch.split_at_mut(self.channels);
        let (shifts, products) = sums.split_at_mut(self.channels);
        let share = -1.0 / (self.inner * self.channels / self.groups) as Real;
        for (group, &deviation) in self.each().zip(deviations) {
            let (mut first, mut second) = (0.0, 0.0);
            for c in group.clone() {
                let gamma = gamma.map_or(1.0, |gamma| gamma[c]);
                products[c] *= deviation;
                factor[c] = gamma * deviation;
                first += gamma * shifts[c];
                second += gamma * products[c];
            }
            let share = share * deviation;
            start[group.clone()].fill(first * share);
            slope[group].fill(second * share * deviation);
        }
        zip_in_place(total, sums, |total, sum| total.add(sum));
        combine(self.image(), [mean, factor, slope, start], [x, dy], dx, |[mean, factor, slope, start], [x, dy]| {
            dy.mul_add(factor, x.sub(mean).mul_add(slope, start))
        });
    }
}
