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
    let pixels = g.in_h * g.in_w + g.out_h * g.out_w;
    let lines = [4, 2].into_iter().find(|lines| pixels * lines * LINE <= NEAR);
    lines.unwrap_or(1) * LINE
}

/// Elements of the copies of an image and of its outputs.
pub fn size(g: &Geometry) -> Result<usize, Error> {
    Ok(checked_product(&[g.in_h, g.in_w, width(g)])? + checked_product(&[g.out_h, g.out_w, width(g)])?)
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
        each_width(width, Scatter { copies: out, image: &mut *y, channels, first });
    }
}

/// Copies `width` channels of every pixel, from channel `first` on.
pub fn gather(image: &[Real], channels: usize, (first, width): (usize, usize), copies: &mut [Real]) {
    each_width(width, Gather { image, channels, first, copies });
}

/// What is done with N cache lines of every pixel.
trait OfLines {
    fn run<const N: usize>(self);
}

/// Does it for the widths that there are: the compiler knows how many vectors they have, and makes no loop of them. By copies of columns of
/// any width, such as `pack_panel`, filters' gradients take 4 % longer and the others 15.
fn each_width(width: usize, work: impl OfLines) {
    match width / LINE {
        1 => work.run::<1>(),
        2 => work.run::<2>(),
        _ => work.run::<4>(),
    }
}

/// From an image to the copies.
struct Gather<'a> {
    image: &'a [Real],
    channels: usize,
    first: usize,
    copies: &'a mut [Real],
}

impl OfLines for Gather<'_> {
    fn run<const N: usize>(self) {
        let pixels = self.image.chunks_exact(self.channels);
        for (pixel, copies) in pixels.zip(self.copies.chunks_exact_mut(N * LINE)) {
            copy::<N>(&pixel[self.first..], copies);
        }
    }
}

/// From the copies to an image.
struct Scatter<'a> {
    copies: &'a [Real],
    image: &'a mut [Real],
    channels: usize,
    first: usize,
}

impl OfLines for Scatter<'_> {
    fn run<const N: usize>(self) {
        let pixels = self.image.chunks_exact_mut(self.channels);
        for (pixel, copies) in pixels.zip(self.copies.chunks_exact(N * LINE)) {
            copy::<N>(copies, &mut pixel[self.first..]);
        }
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
