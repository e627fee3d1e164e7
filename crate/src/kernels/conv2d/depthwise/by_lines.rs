//! Channels whose number is a multiple of a large power of two: neighbouring pixels then share few sets of a first-level cache, which
//! has forgotten a row before its next channels are read. A cache line of channels is taken at a time: its pixels are copied
//! beside each other, and so are its outputs before they go to their places.

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

/// Elements of the copies of an image and of its outputs.
pub fn size(g: &Geometry) -> Result<usize, Error> {
    Ok(checked_product(&[g.in_h, g.in_w, LINE])? + checked_product(&[g.out_h, g.out_w, LINE])?)
}

/// [`rows::image`] of an image of whole cache lines of channels.
pub fn image(
    axes: &[Axis; 2],
    [channels, input, output]: [usize; 3],
    (x, filters): (&[Real], &Filters),
    y: &mut [Real],
    copies: &mut [Real],
) {
    let (seen, copies) = copies.split_at_mut(x.len() / channels * LINE);
    let out = &mut copies[..y.len() / channels * LINE];
    for first in (0..channels).step_by(LINE) {
        gather(x, channels, first, seen);
        let packed = &filters.packed[first * filters.vectors..];
        rows::image(axes, [LINE, input, output], (seen, 0, &Filters { packed, ..*filters }), (out, 0));
        for (line, pixel) in out.chunks_exact(LINE).zip(y.chunks_exact_mut(channels)) {
            copy_line(line, &mut pixel[first..first + LINE]);
        }
    }
}

/// Copies a cache line of channels of every pixel, from channel `first` on.
pub fn gather(image: &[Real], channels: usize, first: usize, lines: &mut [Real]) {
    for (pixel, line) in image.chunks_exact(channels).zip(lines.chunks_exact_mut(LINE)) {
        copy_line(&pixel[first..first + LINE], line);
    }
}

/// Whole vectors, so many that the compiler knows: no loop. By copies of columns of any width, such as `pack_panel`, filters'
/// gradients take 4 % longer and the others 15.
#[inline(always)]
fn copy_line(from: &[Real], to: &mut [Real]) {
    let (from, to) = (&from[..LINE], &mut to[..LINE]);
    let vectors: [Lanes; LINE / LANES] = std::array::from_fn(|v| Lanes::load(&from[v * LANES..]));
    for (v, vector) in vectors.into_iter().enumerate() {
        vector.store(&mut to[v * LANES..]);
    }
}
