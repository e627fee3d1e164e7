//! Gradient of images of five or six channels by wide filters: what a gradient of an output gives to all the pixels
//! of a row that it sees lies side by side, as channels of a convolution with filters one tap wide, and is summed for each pixel
//! then. Lanes along the width of the images ([`super::wide`]) would multiply by the zeros beyond a row's ends, which are many where
//! rows are short; and lanes along so few channels would stay empty.
//!
//! Sums are taken in another order than by the other ways.

use super::forward::{self, each_image};
use super::input_gradient::reversed;
use super::{axis, cut, wide, MOST_PARTS};
use crate::error::{checked_product, Error};
use crate::geometry::Geometry;
use crate::kernels::ending::Ending;
use crate::vector::{Lanes, Real, Vector, LANES};

/// Whether this way is taken.
pub fn fits(geometry: &Geometry) -> bool {
    let Geometry { in_w, in_c, out_w, kernel_w, .. } = *geometry;
    let row = kernel_w * in_c;
    // Products of a row of taps; an eighth more for the sums in the end.
    let products = out_w * row.next_multiple_of(LANES);
    let others = in_w.next_multiple_of(LANES) * row;
    (5..=6).contains(&in_c) && wide::fits(&reversed(geometry)) && products + products / 8 < others
}

/// The convolution of an output's gradients, whose outputs are what they give to the pixels of a row.
fn by_rows(geometry: &Geometry) -> Geometry {
    Geometry {
        out_w: geometry.out_w,
        out_c: geometry.kernel_w * geometry.in_c,
        kernel_w: 1,
        pad_left: 0,
        pad_right: 0,
        ..reversed(geometry)
    }
}

/// float32 values of scratch memory: the filters in this order, and packed, and outputs of an image.
pub fn workspace(geometry: &Geometry) -> Result<usize, Error> {
    let scratch = checked_product(&[cut(geometry, MOST_PARTS).1, made(geometry)?])?;
    Ok(geometry.filter_size() + forward::packed(&by_rows(geometry)) + scratch)
}

/// Outputs of [`by_rows`] for an image.
fn made(geometry: &Geometry) -> Result<usize, Error> {
    checked_product(&[geometry.in_h, geometry.out_w, geometry.kernel_w * geometry.in_c])
}

/// `dx` from `dy` and the filters, ended image by image.
pub fn input_gradient(
    geometry: &Geometry,
    dy: &[Real],
    filter: &[Real],
    dx: &mut [Real],
    ending: Ending,
    workspace: &mut [Real],
) {
    let rows = by_rows(geometry);
    let (turned, workspace) = workspace.split_at_mut(geometry.filter_size());
    let (packed, scratch) = workspace.split_at_mut(forward::packed(&rows));
    turn(geometry, filter, turned);
    forward::prepare(&rows, turned, None, packed);
    let (turned, packed, axes) = (&*turned, &*packed, axis::forward(&rows));
    let (gradients, pixels) = (geometry.output_size() / geometry.batch, geometry.input_size() / geometry.batch);
    let images = cut(geometry, MOST_PARTS).0;
    each_image(dx, (images, pixels), (scratch, made(geometry).unwrap_or(0)), |part, dx, made| {
        let dy = dy[part * images * gradients..].chunks_exact(gradients);
        let ending = ending.after(part * images * pixels);
        for (n, (dy, dx)) in dy.zip(dx.chunks_exact_mut(pixels)).enumerate() {
            forward::image(&rows, &axes, dy, (turned, None), packed, made, &mut []);
            fold(geometry, made, dx);
            ending.after(n * pixels).apply(dx);
        }
    });
}

/// `turned[p, o, q, c] = filter[kernel_h − 1 − p, q, c, o]`.
fn turn(geometry: &Geometry, filter: &[Real], turned: &mut [Real]) {
    let (outputs, row) = (geometry.out_c, geometry.kernel_w * geometry.in_c);
    let rows = filter.chunks_exact(row * outputs).rev();
    for (source, target) in rows.zip(turned.chunks_exact_mut(row * outputs)) {
        for (o, target) in target.chunks_exact_mut(row).enumerate() {
            for (index, value) in target.iter_mut().enumerate() {
                *value = source[index * outputs + o];
            }
        }
    }
}

/// Sums for each pixel what it is given.
#[inline(never)]
fn fold(geometry: &Geometry, made: &[Real], dx: &mut [Real]) {
    let Geometry { in_w, in_c, out_w, kernel_w, pad_left, .. } = *geometry;
    let row = kernel_w * in_c;
    // Two vectors that overlap.
    let last = in_c - LANES;
    for (made, dx) in made.chunks_exact(out_w * row).zip(dx.chunks_exact_mut(in_w * in_c)) {
        for (x, dx) in dx.chunks_exact_mut(in_c).enumerate() {
            let seen = x + pad_left;
            let mut sums = [Lanes::splat(0.0); 2];
            for q in (seen + 1).saturating_sub(out_w)..kernel_w.min(seen + 1) {
                let given = &made[(seen - q) * row + q * in_c..][..in_c];
                sums = [sums[0].add(Lanes::load(given)), sums[1].add(Lanes::load(&given[last..]))];
            }
            sums[0].store(dx);
            sums[1].store(&mut dx[last..]);
        }
    }
}
