//! Gradient of the filters: `df = conv(x, dy)`, summed over the batch.
//!
//! Every pixel of `dy` contributes the outer product of its patch with its channels. A tile keeps the sums of four
//! patch positions and eight channels in registers while a strip of rows passes; strips are small enough to stay
//! in the first-level cache while all tiles pass over them.

use super::{border, grouped, taps, thin};
use crate::error::Error;
use crate::gemm::micro::{columns, store, zeros, Walk};
use crate::geometry::Geometry;
use crate::vector::{copy, Real, LANES};

/// Bytes of a strip of images and gradients.
const STRIP: usize = 24 * 1024;

/// Channels of a gradient with their padding to whole vectors.
fn padded_channels(geometry: &Geometry) -> usize {
    geometry.out_c.div_ceil(LANES) * LANES
}

/// Elements of gradients whose channels were padded, 0 where they are whole vectors already; of what a thin
/// convolution takes.
fn widened_size(geometry: &Geometry) -> usize {
    let channels = padded_channels(geometry);
    let inner = geometry.without_padding();
    if thin::fits(&inner) {
        return thin::workspace(&inner);
    }
    if channels == geometry.out_c {
        0
    } else {
        geometry.batch * geometry.out_h * geometry.out_w * channels
    }
}

/// float32 values of scratch memory: the sums, widened gradients, and the images with their border.
pub fn workspace(geometry: &Geometry) -> Result<usize, Error> {
    if geometry.groups > 1 {
        return grouped::filter_gradient_workspace(geometry);
    }
    let steps = geometry.kernel_h * geometry.kernel_w * geometry.in_c;
    Ok(steps * padded_channels(geometry) + widened_size(geometry) + border::size(geometry)?)
}

/// `df = conv(x, dy)`.
pub fn filter_gradient(geometry: &Geometry, x: &[Real], dy: &[Real], df: &mut [Real], workspace: &mut [Real]) {
    if geometry.groups > 1 {
        grouped::filter_gradient(geometry, x, dy, df, workspace);
        return;
    }
    let steps = geometry.kernel_h * geometry.kernel_w * geometry.in_c;
    let padded = padded_channels(geometry);
    let (sums, rest) = workspace.split_at_mut(steps * padded);
    let (widened, bordered) = rest.split_at_mut(widened_size(geometry));
    let x = if geometry.is_padded() {
        border::copy(geometry, x, bordered);
        &*bordered
    } else {
        x
    };
    let geometry = geometry.without_padding();
    if thin::fits(&geometry) {
        thin::filter_gradient(&geometry, x, dy, df, widened);
        return;
    }
    let dy = if widened.is_empty() {
        dy
    } else {
        for (source, target) in dy.chunks_exact(geometry.out_c).zip(widened.chunks_exact_mut(padded)) {
            copy(source, &mut target[..geometry.out_c]);
            for lane in &mut target[geometry.out_c..] {
                *lane = 0.0;
            }
        }
        &*widened
    };
    sums.fill(0.0);
    let row_bytes = (geometry.stride_h * geometry.in_w * geometry.in_c + geometry.out_w * padded) * 4;
    let strip = (STRIP / row_bytes).clamp(1, geometry.out_h);
    for n in 0..geometry.batch {
        for first in (0..geometry.out_h).step_by(strip) {
            let rows = strip.min(geometry.out_h - first);
            add_strip(&geometry, &Strip { n, first, rows, channels: padded }, x, dy, sums);
        }
    }
    for (source, target) in sums.chunks_exact(padded).zip(df.chunks_exact_mut(geometry.out_c)) {
        target.copy_from_slice(&source[..geometry.out_c]);
    }
}

/// Some rows of the gradients of one image.
struct Strip {
    n: usize,
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
    let start_x = strip.n * geometry.in_h * line + strip.first * geometry.stride_h * line;
    let start_dy = (strip.n * geometry.out_h + strip.first) * geometry.out_w * strip.channels;
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
    /// All positions for one panel of channels: tiles of P, then of fewer.
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
