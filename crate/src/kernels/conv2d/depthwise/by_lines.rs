//! Channels whose number is a multiple of a large power of two: neighbouring pixels then share few sets of a first-level cache, which
//! has forgotten a row before its next channels are read. A cache line of channels is taken at a time, or a few of small images: its
//! pixels are copied beside each other, and so are its outputs before they go to their places.

use super::super::axis::Axis;
use super::march::places;
use super::rows::{self, Filters};
use crate::error::{checked_product, Error};
use crate::geometry::Geometry;
use crate::vector::{Lanes, Real, Vector, LANES, LINE};

/// Most places for a row's pixels where copies pay, see [`places`]: those of multiples of 512 channels.
const FEW: usize = 4;

/// Whether images of as many output channels as input channels are taken so: where filters see each pixel nine times at least, and a row
/// has several times as many pixels as there are places for, but is not so short that beginning it is what takes time.
pub fn fits(g: &Geometry) -> bool {
    let places = places(g.in_c);
    let often = g.in_c == g.out_c && (g.stride_h, g.stride_w) == (1, 1) && g.kernel_h.min(g.kernel_w) > 2;
    often && places <= FEW && g.in_w.min(g.out_w) >= (3 * places).max(2 * g.kernel_w)
}

/// Most elements of the copies where they are of several lines: four fifths of most processors' first-level caches.
const NEAR: usize = 6400;

/// Channels that are taken at a time: so many lines as stay near. Of small images one would be so little that beginning its rows is what takes time.
pub fn width(g: &Geometry) -> usize {
    let is_near = |lines: &usize| of_width(g, lines * LINE).is_ok_and(|size| size <= NEAR);
    [4, 2].into_iter().find(is_near).unwrap_or(1) * LINE
}

/// Elements of the copies of an image and of its outputs.
pub fn size(g: &Geometry) -> Result<usize, Error> {
    of_width(g, width(g))
}

/// The same, of so many channels.
fn of_width(g: &Geometry, width: usize) -> Result<usize, Error> {
    Ok(checked_product(&[g.in_h, g.in_w, width])? + checked_product(&[g.out_h, g.out_w, width])?)
}

/// [`rows::image`] of an image of whole cache lines of channels, `width` channels at a time.
pub fn image(
    axes: &[Axis; 2],
    ([channels, input, output], width): ([usize; 3], usize),
    (x, filters): (&[Real], &Filters),
    y: &mut [Real],
    copies: &mut [Real],
) {
    let (seen, copies) = copies.split_at_mut(x.len() / channels * width);
    let out = &mut copies[..y.len() / channels * width];
    for first in (0..channels).step_by(width) {
        gather(x, channels, (first, width), seen);
        let packed = &filters.packed[first * filters.vectors..];
        rows::image(axes, [width, input, output], (seen, 0, &Filters { packed, ..*filters }), (out, 0));
        copy_each(width, out.chunks_exact(width).zip(y.chunks_exact_mut(channels).map(|pixel| &mut pixel[first..])));
    }
}

/// Copies `width` channels of every pixel, from channel `first` on.
pub fn gather(image: &[Real], channels: usize, (first, width): (usize, usize), copies: &mut [Real]) {
    let pixels = image.chunks_exact(channels).map(|pixel| &pixel[first..]);
    copy_each(width, pixels.zip(copies.chunks_exact_mut(width)));
}

/// Copies the first `width` values of each pair. The compiler knows how many vectors they are and makes no loop of them: by copies of columns
/// of any width, such as `pack_panel`, filters' gradients take 4 % longer and the others 15.
fn copy_each<'a>(width: usize, pairs: impl Iterator<Item = (&'a [Real], &'a mut [Real])>) {
    match width / LINE {
        1 => pairs.for_each(|(from, to)| copy::<1>(from, to)),
        2 => pairs.for_each(|(from, to)| copy::<2>(from, to)),
        _ => pairs.for_each(|(from, to)| copy::<4>(from, to)),
    }
}

/// Copies N cache lines.
#[inline(always)]
fn copy<const N: usize>(from: &[Real], to: &mut [Real]) {
    let (from, to) = (&from[..N * LINE], &mut to[..N * LINE]);
    for line in 0..N {
        let at = |v: usize| line * LINE + v * LANES;
        let vectors: [Lanes; LINE / LANES] = std::array::from_fn(|v| Lanes::load(&from[at(v)..]));
        for (v, vector) in vectors.into_iter().enumerate() {
            vector.store(&mut to[at(v)..]);
        }
    }
}
