//! Gradients of filters straight from the images: every pixel of the gradients contributes the outer product of its patch
//! with its channels.
//!
//! A tile keeps the sums of four patch positions and eight channels in registers while a strip of rows passes; strips are
//! small enough to stay in the first-level cache while all tiles pass over them, unless they would have too few pixels. Lanes
//! are filters, or where some of them would stay empty what lies side by side in a patch.

use super::taps;
use crate::gemm::micro::{all_in_sixes, columns, store, zeros, Walk, SIX};
use crate::geometry::Geometry;
use crate::vector::{Real, LANES};

/// Bytes of a strip of images and gradients.
const STRIP: usize = 24 * 1024;

/// Fewest pixels of a strip, where an image has them, even if they take more bytes: a tile's sums are read and written once for all
/// of them, and what it sees of each, a cache line or two, stays in the first-level cache.
const FEWEST: usize = 48;

/// Adds what one image contributes to the sums `[tap, channel of the image, filter]`. It has no border, and there are `channels`
/// filters of sums, whole vectors. Behind the gradients of the last pixel there are so many values that a vector which begins
/// with a filter can be read.
pub fn add_image(geometry: &Geometry, channels: usize, x: &[Real], dy: &[Real], sums: &mut [Real]) {
    each_strip(geometry, |strip| {
        strip.each_segment(geometry, |place, from, len| {
            let sums = &mut sums[place * channels..][..len * channels];
            let outer = Outer { positions: strip.side_of_x(from), vectors: strip.side_of_dy(), stride: channels };
            outer.add(len, channels, x, dy, sums);
        });
    });
}

/// Whether lanes along what lies side by side in the images are all full, and along the filters some would stay empty.
pub fn turns(geometry: &Geometry) -> bool {
    geometry.out_c % LANES > 0 && taps(geometry).len % LANES == 0
}

/// Adds what one image contributes to the sums `[filter, tap, channel of the image]`, where [`turns`] says so. It has no border.
pub fn add_image_turned(geometry: &Geometry, x: &[Real], dy: &[Real], sums: &mut [Real]) {
    let stride = geometry.kernel_h * geometry.kernel_w * geometry.in_c;
    each_strip(geometry, |strip| {
        strip.each_segment(geometry, |place, from, len| {
            let outer = Outer { positions: strip.side_of_dy(), vectors: strip.side_of_x(from), stride };
            outer.add(geometry.out_c, len, dy, x, &mut sums[place..]);
        });
    });
}

/// Rows of an image's gradients that are a strip.
fn rows_of_strip(geometry: &Geometry) -> usize {
    let line = geometry.stride_h * geometry.in_w * geometry.in_c;
    let rows = STRIP / 4 / (line + geometry.out_w * geometry.out_c);
    rows.max(FEWEST.div_ceil(geometry.out_w)).min(geometry.out_h)
}

/// Gradients of a strip: so many share that the sums are read and written. The image has no border.
pub fn pixels_of_strip(geometry: &Geometry) -> usize {
    rows_of_strip(geometry) * geometry.out_w
}

/// Calls `work` with strips of the rows of an image's gradients.
fn each_strip(geometry: &Geometry, mut work: impl FnMut(&Strip)) {
    let line = geometry.stride_h * geometry.in_w * geometry.in_c;
    let rows = rows_of_strip(geometry);
    for first in (0..geometry.out_h).step_by(rows) {
        let walk = |inner_stride| Walk {
            outer: 1,
            outer_stride: 0,
            inner: rows.min(geometry.out_h - first),
            inner_stride,
            len: geometry.out_w,
        };
        let (step_x, step_dy) = (geometry.stride_w * geometry.in_c, geometry.out_c);
        let row = geometry.out_w * step_dy;
        work(&Strip {
            x: Side { start: first * line, step: step_x, walk: walk(line) },
            dy: Side { start: first * row, step: step_dy, walk: walk(row) },
        });
    }
}

/// Some rows of gradients of an image, and what they see through the first tap.
struct Strip {
    x: Side,
    dy: Side,
}

impl Strip {
    /// Calls `work` with the place of the first sum of each segment of a patch, counted in values of a patch, where it begins
    /// in the image, and its length.
    fn each_segment(&self, geometry: &Geometry, mut work: impl FnMut(usize, usize, usize)) {
        let taps = taps(geometry);
        for outer in 0..taps.outer {
            for inner in 0..taps.inner {
                let place = (outer * taps.inner + inner) * taps.len;
                work(place, outer * taps.outer_stride + inner * taps.inner_stride, taps.len);
            }
        }
    }

    fn side_of_x(&self, from: usize) -> Side {
        Side { start: self.x.start + from, ..self.x }
    }

    fn side_of_dy(&self) -> Side {
        self.dy
    }
}

/// How one side of the outer products goes over its array, from pixel to pixel.
#[derive(Clone, Copy)]
struct Side {
    start: usize,
    step: usize,
    walk: Walk,
}

/// Outer products of the positions of one side, value by value, with those of the other, vector by vector, over a strip.
struct Outer {
    positions: Side,
    vectors: Side,
    /// From the sums of one position to those of the next.
    stride: usize,
}

impl Outer {
    /// Adds the products of so many positions with so many channels, whole vectors.
    fn add(&self, positions: usize, channels: usize, a: &[Real], b: &[Real], sums: &mut [Real]) {
        let mut channel = 0;
        loop {
            let left = channels - channel;
            // With few positions there are enough sums for products to begin every half cycle only if more vectors take part.
            let vectors = match positions {
                1 if left >= 8 * LANES => 8,
                1 | 2 if left >= 4 * LANES => 4,
                3 if left >= 3 * LANES && left != 4 * LANES => 3,
                _ => (left / LANES).min(2),
            };
            match (positions, vectors) {
                (_, 0) => return,
                (_, 8) => self.one::<1, 8>(channel, a, b, sums),
                (1, 4) => self.one::<1, 4>(channel, a, b, sums),
                (_, 4) => self.one::<2, 4>(channel, a, b, sums),
                (_, 3) => self.one::<3, 3>(channel, a, b, sums),
                (_, 2) => match all_in_sixes(positions) {
                    Some(cut) => self.in_sixes(cut, channel, a, b, sums),
                    None => self.down::<4, 2>(positions, channel, a, b, sums),
                },
                _ => self.down::<8, 1>(positions, channel, a, b, sums),
            }
            channel += vectors * LANES;
        }
    }

    /// All positions, which are a tile.
    #[inline(never)]
    fn one<const P: usize, const NV: usize>(&self, channel: usize, a: &[Real], b: &[Real], sums: &mut [Real]) {
        self.tile::<P, NV>(0, channel, a, b, sums);
    }

    /// All positions for one panel of channels: tiles of P, or of fewer. Of two vectors they may be five, where one would be
    /// left over.
    #[inline(never)]
    fn down<const P: usize, const NV: usize>(
        &self,
        positions: usize,
        channel: usize,
        a: &[Real],
        b: &[Real],
        sums: &mut [Real],
    ) {
        let mut position = 0;
        let fives = match positions % P {
            1 if NV == 2 && positions > P => 1,
            2 if NV == 2 && positions > 2 * P => 2,
            _ => 0,
        };
        while position + P <= positions - 5 * fives && (NV, positions) != (2, 6) {
            self.tile::<P, NV>(position, channel, a, b, sums);
            position += P;
        }
        while position < positions {
            let left = positions - position;
            let size = match left {
                5 | 10 if NV == 2 => 5,
                6 if NV == 2 => 3,
                _ => left,
            };
            match size {
                1 => self.tile::<1, NV>(position, channel, a, b, sums),
                2 => self.tile::<2, NV>(position, channel, a, b, sums),
                3 => self.tile::<3, NV>(position, channel, a, b, sums),
                4 => self.tile::<4, NV>(position, channel, a, b, sums),
                5 => self.tile::<5, NV>(position, channel, a, b, sums),
                6 if NV == 1 => self.tile::<6, NV>(position, channel, a, b, sums),
                _ => self.tile::<7, NV>(position, channel, a, b, sums),
            }
            position += size;
        }
    }

    /// All positions for two vectors of channels: tiles of six, five and four.
    #[inline(never)]
    fn in_sixes(&self, [sixes, fives, fours]: [usize; 3], channel: usize, a: &[Real], b: &[Real], sums: &mut [Real]) {
        let (after_fives, all) = (sixes + fives, sixes + fives + fours);
        for position in (0..sixes).step_by(SIX) {
            self.tile::<SIX, 2>(position, channel, a, b, sums);
        }
        for position in (sixes..after_fives).step_by(5) {
            self.tile::<5, 2>(position, channel, a, b, sums);
        }
        for position in (after_fives..all).step_by(4) {
            self.tile::<4, 2>(position, channel, a, b, sums);
        }
    }

    #[inline(always)]
    fn tile<const P: usize, const NV: usize>(
        &self,
        position: usize,
        channel: usize,
        a: &[Real],
        b: &[Real],
        sums: &mut [Real],
    ) {
        let (positions, vectors) = (self.positions, self.vectors);
        let mut tile = zeros::<P, NV>();
        columns(
            &mut tile,
            (a, positions.start + position, positions.step, positions.walk),
            (b, vectors.start + channel, vectors.step, vectors.walk),
        );
        store(&tile, sums, position * self.stride + channel, self.stride, NV * LANES, false);
    }
}
