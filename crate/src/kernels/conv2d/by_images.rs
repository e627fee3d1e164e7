//! Gradients of filters, image by image: a part of the batch has sums of its own, and room for one image with its border and
//! for its gradients. The sums of the parts are added in their order.

use super::{border, by_definition, segments, thin_gradient, MOST_PARTS};
use crate::error::{checked_product, Error};
use crate::gemm::pack::transpose;
use crate::geometry::Geometry;
use crate::kernels::map::zip_in_place;
use crate::kernels::slabs::Slabs;
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
    /// For parts that are images, or rows of one.
    fn of(geometry: &Geometry, slabs: &Slabs) -> Result<Self, Error> {
        let rows = slabs.rows().min(geometry.out_h);
        let inner = Geometry { out_h: rows, ..geometry.of_images(1).without_padding() };
        let channels = channels_of_sums(&inner);
        let other = if turns(&inner) {
            sums_size(geometry)?
        } else if channels == geometry.out_c {
            0
        } else {
            inner.output_size() + LANES
        };
        Ok(Self { sums: sums_size(geometry)?, bordered: slabs.bordered_image()?, other })
    }

    fn all(&self) -> usize {
        self.sums + self.bordered + self.other
    }
}

/// Elements of the sums of a part.
fn sums_size(geometry: &Geometry) -> Result<usize, Error> {
    let channels = channels_of_sums(&geometry.of_images(1).without_padding());
    checked_product(&[geometry.kernel_h * geometry.kernel_w, geometry.in_c, channels])
}

/// How the batch is cut, where each part has `own` values that are the gradients': with some, an image's gradients are made for a part,
/// and rows would have them made again.
fn slabs(geometry: &Geometry, own: usize) -> Slabs<'_> {
    let most = (MOST_SUMS / sums_size(geometry).unwrap_or(1).max(1)).clamp(1, MOST_PARTS);
    let least = if own == 0 { 4 * geometry.span_h() } else { geometry.out_h };
    Slabs::new(geometry, geometry.operations(), most, least)
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
    let slabs = slabs(geometry, own);
    checked_product(&[slabs.parts(), Sizes::of(geometry, &slabs)?.all() + own])
}

/// The memory of the parts, which begins with what the gradients have left there.
pub fn parts<'a>(geometry: &Geometry, own: usize, workspace: &'a [Real]) -> ChunksExact<'a, Real> {
    let sizes = Sizes::of(geometry, &slabs(geometry, own));
    workspace.chunks_exact(own + sizes.map_or(1, |sizes| sizes.all()))
}

/// Calls `work` with what each image of a part is, or its rows: the convolution, the pixels and the gradients.
fn each_image(
    slabs: &Slabs,
    part: usize,
    x: &[Real],
    (gradients, own): (&impl Gradients, &mut [Real]),
    mut work: impl FnMut(&Geometry, &[Real], &[Real]),
) {
    let (all, inputs) = slabs.part(part);
    let one = all.of_images(1);
    let (image, row, size) = (slabs.first_image(part), slabs.first_row(part), one.output_size());
    for (n, x) in x[inputs].chunks_exact(one.input_size()).enumerate() {
        let dy = gradients.of(image + n, n == 0, own);
        work(&one, x, &dy[row * one.out_w * one.out_c..][..size]);
    }
}

/// `df = conv(x, dy)`, summed over the batch.
pub fn filter_gradient(
    geometry: &Geometry,
    x: &[Real],
    (gradients, own): (&impl Gradients, usize),
    df: &mut [Real],
    workspace: &mut [Real],
) {
    let slabs = slabs(geometry, own);
    let Ok(sizes) = Sizes::of(geometry, &slabs) else { return };
    let workspace = &mut workspace[..slabs.parts() * (own + sizes.all())];
    let turned = turns(&geometry.of_images(1).without_padding());
    each_part(workspace, own + sizes.all(), |part, scratch| {
        let (own, rest) = scratch.split_at_mut(own);
        let (sums, rest) = rest.split_at_mut(sizes.sums);
        let (bordered, other) = rest.split_at_mut(sizes.bordered);
        sums.fill(0.0);
        other.fill(0.0);
        let inner = slabs.part(part).0.of_images(1).without_padding();
        each_image(&slabs, part, x, (gradients, own), |one, x, dy| {
            let x = if geometry.is_padded() {
                border::copy(one, x, bordered);
                &*bordered
            } else {
                x
            };
            add_image(&inner, x, dy, sums, other);
        });
        if turned {
            transpose(other, sizes.sums / geometry.out_c, geometry.out_c, sums);
        }
    });
    for (part, scratch) in workspace.chunks_exact(own + sizes.all()).enumerate() {
        add_sums(&scratch[own..][..sizes.sums], geometry.out_c, part == 0, df);
    }
    if geometry.is_padded() && by_definition::may_have_nan(df) {
        mend(&slabs, x, (gradients, own), df, (workspace, own + sizes.all()));
    }
}

/// [`by_definition::mend`] for such gradients, each of which may change its part's memory as it did before.
#[cold]
fn mend(
    slabs: &Slabs,
    x: &[Real],
    (gradients, own): (&impl Gradients, usize),
    df: &mut [Real],
    (workspace, size): (&mut [Real], usize),
) {
    let (first, others) = workspace.split_at_mut(size);
    let (first, marks) = first.split_at_mut(own);
    let marks = by_definition::mark(df, marks);
    for finite in by_definition::ROUNDS {
        let others = others.chunks_exact_mut(size).map(|part| &mut part[..own]);
        for (part, own) in std::iter::once(&mut *first).chain(others).enumerate() {
            each_image(slabs, part, x, (gradients, own), |one, x, dy| {
                by_definition::add_image(one, x, dy, finite, marks, df);
            });
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
