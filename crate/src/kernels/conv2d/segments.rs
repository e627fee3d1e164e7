//! Gradients of filters straight from the images: every pixel of the gradients contributes the outer product of its patch
//! with its channels.
//!
//! A tile keeps the sums of four patch positions and eight channels in registers while a strip of rows passes; strips are
//! small enough to stay in the first-level cache while all tiles pass over them.

use super::taps;
use crate::gemm::micro::{columns, store, zeros, Walk};
use crate::geometry::Geometry;
use crate::vector::{Real, LANES};

/// Bytes of a strip of images and gradients.
const STRIP: usize = 24 * 1024;

/// Adds what one image contributes to the sums. It has no border, and gradients and sums have `channels`, whole vectors.
pub fn add_image(geometry: &Geometry, channels: usize, x: &[Real], dy: &[Real], sums: &mut [Real]) {
    let row_bytes = (geometry.stride_h * geometry.in_w * geometry.in_c + geometry.out_w * channels) * 4;
    let strip = (STRIP / row_bytes).clamp(1, geometry.out_h);
    for first in (0..geometry.out_h).step_by(strip) {
        let rows = strip.min(geometry.out_h - first);
        add_strip(geometry, &Strip { first, rows, channels }, x, dy, sums);
    }
}

/// Some rows of the gradients of one image.
struct Strip {
    first: usize,
    rows: usize,
    channels: usize,
}

/// Adds the outer products of a strip to the sums.
fn add_strip(geometry: &Geometry, strip: &Strip, x: &[Real], dy: &[Real], sums: &mut [Real]) {
    let line = geometry.in_w * geometry.in_c;
    let walk_x = Walk {
        outer: 1,
        outer_stride: 0,
        inner: strip.rows,
        inner_stride: geometry.stride_h * line,
        len: geometry.out_w,
    };
    let walk_dy = Walk { inner_stride: geometry.out_w * strip.channels, ..walk_x };
    let start_x = strip.first * geometry.stride_h * line;
    let start_dy = strip.first * geometry.out_w * strip.channels;
    let taps = taps(geometry);
    for outer in 0..taps.outer {
        for inner in 0..taps.inner {
            let segment = Segment {
                start_x: start_x + outer * taps.outer_stride + inner * taps.inner_stride,
                start_dy,
                step_x: geometry.stride_w * geometry.in_c,
                channels: strip.channels,
                walk_x,
                walk_dy,
            };
            let first = (outer * taps.inner + inner) * taps.len * strip.channels;
            let sums = &mut sums[first..first + taps.len * strip.channels];
            let mut channel = 0;
            // Three positions have too few sums of eight channels for products to begin every half cycle.
            while taps.len == 3 && strip.channels - channel >= 3 * LANES && strip.channels - channel != 4 * LANES {
                segment.three(channel, x, dy, sums);
                channel += 3 * LANES;
            }
            while channel + 2 * LANES <= strip.channels {
                segment.down::<4, 2>(taps.len, channel, x, dy, sums);
                channel += 2 * LANES;
            }
            if channel < strip.channels {
                segment.down::<8, 1>(taps.len, channel, x, dy, sums);
            }
        }
    }
}

/// Patch positions that lie side by side, over a strip.
struct Segment {
    start_x: usize,
    start_dy: usize,
    step_x: usize,
    channels: usize,
    walk_x: Walk,
    walk_dy: Walk,
}

impl Segment {
    /// The three positions that there are for twelve channels.
    #[inline(never)]
    fn three(&self, channel: usize, x: &[Real], dy: &[Real], sums: &mut [Real]) {
        self.tile::<3, 3>(0, channel, x, dy, sums);
    }

    /// All positions for one panel of channels: tiles of P and of one more where these leave none over, else of fewer at the end.
    #[inline(never)]
    fn down<const P: usize, const NV: usize>(
        &self,
        positions: usize,
        channel: usize,
        x: &[Real],
        dy: &[Real],
        sums: &mut [Real],
    ) {
        let mut position = 0;
        // One position alone has so few sums that each would wait for itself.
        let over = positions % P;
        while P == 4 && over * (P + 1) <= positions && (positions - position) % P > 0 {
            self.tile::<5, NV>(position, channel, x, dy, sums);
            position += P + 1;
        }
        while position + P <= positions {
            self.tile::<P, NV>(position, channel, x, dy, sums);
            position += P;
        }
        match positions - position {
            0 => {}
            1 => self.tile::<1, NV>(position, channel, x, dy, sums),
            2 => self.tile::<2, NV>(position, channel, x, dy, sums),
            3 => self.tile::<3, NV>(position, channel, x, dy, sums),
            4 => self.tile::<4, NV>(position, channel, x, dy, sums),
            5 => self.tile::<5, NV>(position, channel, x, dy, sums),
            6 => self.tile::<6, NV>(position, channel, x, dy, sums),
            _ => self.tile::<7, NV>(position, channel, x, dy, sums),
        }
    }

    #[inline(always)]
    fn tile<const P: usize, const NV: usize>(
        &self,
        position: usize,
        channel: usize,
        x: &[Real],
        dy: &[Real],
        sums: &mut [Real],
    ) {
        let mut tile = zeros::<P, NV>();
        columns(
            &mut tile,
            (x, self.start_x + position, self.step_x, self.walk_x),
            (dy, self.start_dy + channel, self.channels, self.walk_dy),
        );
        store(&tile, sums, position * self.channels + channel, self.channels, NV * LANES, false);
    }
}
