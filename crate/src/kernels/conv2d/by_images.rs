//! Gradients of filters, image by image: a part of the batch has sums of its own, and room for one image with its border and
//! for its gradients. The sums of the parts are added in their order.

use super::{border, by_definition, cut, segments, thin_gradient, MOST_PARTS};
use crate::error::{checked_product, Error};
use crate::gemm::pack::transpose;
use crate::geometry::Geometry;
use crate::kernels::map::zip_in_place;
use crate::threads::each_part;
use crate::vector::{copy, Real, Vector, LANES};
use std::slice::ChunksExact;

/// Most elements of all sums together.
const MOST_SUMS: usize = 4 << 20;

/// Where the gradients of an image's outputs come from.
pub trait Gradients: Sync {
    /// Those of an image. `own` is memory of the part that it belongs to, which stays as it was left; `fresh` says that
    /// this is the part's first image.
    fn of<'a>(&'a self, image: usize, fresh: bool, own: &'a mut [Real]) -> &'a [Real];
}

/// They are there, `size` of each image.
pub struct Given<'a> {
    /// Of all images.
    pub dy: &'a [Real],
    /// Of one.
    pub size: usize,
}

impl Gradients for Given<'_> {
    fn of<'a>(&'a self, image: usize, _: bool, _: &'a mut [Real]) -> &'a [Real] {
        &self.dy[image * self.size..][..self.size]
    }
}

/// What a part has in its memory, in this order behind what is the gradients' own.
struct Sizes {
    sums: usize,
    bordered: usize,
    /// The sums with exchanged axes, or the gradients of an image and some zeros.
    other: usize,
}

impl Sizes {
    fn of(geometry: &Geometry) -> Result<Self, Error> {
        let inner = geometry.of_images(1).without_padding();
        let channels = channels_of_sums(&inner);
        let sums = checked_product(&[geometry.kernel_h * geometry.kernel_w, geometry.in_c, channels])?;
        let other = if turns(&inner) {
            sums
        } else if channels == geometry.out_c {
            0
        } else {
            inner.output_size() + LANES
        };
        Ok(Self { sums, bordered: border::size(&geometry.of_images(1))?, other })
    }

    fn all(&self) -> usize {
        self.sums + self.bordered + self.other
    }

    /// Parts of a batch, at most.
    fn most_parts(&self) -> usize {
        (MOST_SUMS / self.sums).clamp(1, MOST_PARTS)
    }
}

/// Whether sums are computed with exchanged axes.
fn turns(inner: &Geometry) -> bool {
    !thin_gradient::fits(inner) && segments::turns(inner)
}

/// Filters that the sums have: whole vectors, except for few filters over one channel and where the lanes are no filters.
fn channels_of_sums(inner: &Geometry) -> usize {
    if thin_gradient::fits(inner) || turns(inner) {
        inner.out_c
    } else {
        inner.out_c.next_multiple_of(LANES)
    }
}

/// float32 values of scratch memory, where each part has `own` values that are the gradients'.
pub fn workspace(geometry: &Geometry, own: usize) -> Result<usize, Error> {
    let sizes = Sizes::of(geometry)?;
    let (_, parts) = cut(geometry, sizes.most_parts());
    checked_product(&[parts, sizes.all() + own])
}

/// The memory of the parts, which begins with what the gradients have left there.
pub fn parts<'a>(geometry: &Geometry, own: usize, workspace: &'a [Real]) -> ChunksExact<'a, Real> {
    workspace.chunks_exact(own + Sizes::of(geometry).map_or(1, |sizes| sizes.all()))
}

/// `df = conv(x, dy)`, summed over the batch.
pub fn filter_gradient(
    geometry: &Geometry,
    x: &[Real],
    (gradients, own): (&impl Gradients, usize),
    df: &mut [Real],
    workspace: &mut [Real],
) {
    let Ok(sizes) = Sizes::of(geometry) else { return };
    let (images, part_size) = (cut(geometry, sizes.most_parts()).0, own + sizes.all());
    let (one, input) = (geometry.of_images(1), geometry.input_size() / geometry.batch);
    let inner = one.without_padding();
    each_part(workspace, part_size, |part, scratch| {
        let (own, rest) = scratch.split_at_mut(own);
        let (sums, rest) = rest.split_at_mut(sizes.sums);
        let (bordered, other) = rest.split_at_mut(sizes.bordered);
        sums.fill(0.0);
        other.fill(0.0);
        let first = part * images;
        for image in first..(first + images).min(geometry.batch) {
            let mut x = &x[image * input..][..input];
            if geometry.is_padded() {
                border::copy(&one, x, bordered);
                x = bordered;
            }
            add_image(&inner, x, gradients.of(image, image == first, own), sums, other);
        }
        if turns(&inner) {
            transpose(other, sizes.sums / geometry.out_c, geometry.out_c, sums);
        }
    });
    for (part, scratch) in parts(geometry, own, workspace).enumerate() {
        add_sums(&scratch[own..][..sizes.sums], geometry.out_c, part == 0, df);
    }
    if geometry.is_padded() && by_definition::may_have_nan(df) {
        mend(geometry, x, (gradients, own), df, workspace);
    }
}

/// [`by_definition::mend`] for such gradients, each of which may change its part's memory as it did before.
#[cold]
fn mend(
    geometry: &Geometry,
    x: &[Real],
    (gradients, own): (&impl Gradients, usize),
    df: &mut [Real],
    workspace: &mut [Real],
) {
    let Ok(sizes) = Sizes::of(geometry) else { return };
    let (images, input) = (cut(geometry, sizes.most_parts()).0, geometry.input_size() / geometry.batch);
    let (first, others) = workspace.split_at_mut(own + sizes.all());
    let (first, marks) = first.split_at_mut(own);
    let marks = by_definition::mark(df, marks);
    for finite in by_definition::ROUNDS {
        let others = others.chunks_exact_mut(own + sizes.all()).map(|part| &mut part[..own]);
        for (part, own) in std::iter::once(&mut *first).chain(others).enumerate() {
            for image in part * images..((part + 1) * images).min(geometry.batch) {
                let dy = gradients.of(image, image == part * images, own);
                by_definition::add_image(geometry, &x[image * input..][..input], dy, finite, marks, df);
            }
        }
    }
}

/// Adds what an image without border contributes to the sums, or to those with exchanged axes.
fn add_image(inner: &Geometry, x: &[Real], dy: &[Real], sums: &mut [Real], other: &mut [Real]) {
    if thin_gradient::fits(inner) {
        return thin_gradient::add_image(inner, x, dy, sums);
    }
    if turns(inner) {
        return segments::add_image_turned(inner, x, dy, other);
    }
    let channels = channels_of_sums(inner);
    if channels == inner.out_c {
        return segments::add_image(inner, channels, x, dy, sums);
    }
    // The vectors of a pixel reach into the next one, whose lanes are left out in the end.
    copy(dy, &mut other[..dy.len()]);
    segments::add_image(inner, channels, x, other, sums);
}

/// Adds the sums of a part to the gradients, or begins with them.
fn add_sums(sums: &[Real], channels: usize, fresh: bool, df: &mut [Real]) {
    let padded = sums.len() / (df.len() / channels);
    // All at once where nothing is left out.
    let (padded, channels) = if padded == channels { (sums.len(), df.len()) } else { (padded, channels) };
    for (sums, df) in sums.chunks_exact(padded).zip(df.chunks_exact_mut(channels)) {
        if fresh {
            copy(&sums[..channels], df);
        } else {
            zip_in_place(df, &sums[..channels], |df, sum| df.add(sum));
        }
    }
}
