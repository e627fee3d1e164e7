//! Gradient of the filters: `df = conv(x, dy)`, summed over the batch.
//!
//! Every pixel of `dy` contributes the outer product of its patch with its channels. A tile keeps the sums of four
//! patch positions and eight channels in registers while a strip of rows passes; strips are small enough to stay
//! in the first-level cache while all tiles pass over them.

use super::{border, cut, grouped, planar, taps, thin, winograd, MOST_PARTS};
use crate::error::{checked_product, Error};
use crate::gemm::micro::{columns, store, zeros, Walk};
use crate::geometry::Geometry;
use crate::kernels::ending::Ending;
use crate::kernels::map::zip_in_place;
use crate::kernels::matmul::{matmul, Product};
use crate::threads::each_part;
use crate::vector::{copy, Real, Vector, LANES};

/// Bytes of a strip of images and gradients.
const STRIP: usize = 24 * 1024;

/// Most elements of all sums together.
const MOST_SUMS: usize = 4 << 20;

/// Fewest channels on both sides, and fewest pairs of them, for which the gradient of one tap is computed as a matrix
/// product: both sides are packed for it.
const FEWEST: usize = 64;
const FEWEST_PAIRS: usize = 8192;

/// The product that the gradient of filters of one tap is: of the transposed images with the gradients.
fn product(geometry: &Geometry) -> Option<Product> {
    let Geometry { kernel_h, kernel_w, stride_h, stride_w, groups, in_c: m, out_c: n, .. } = *geometry;
    let one = (kernel_h, kernel_w, stride_h, stride_w, groups) == (1, 1, 1, 1, 1) && !geometry.is_padded();
    let k = geometry.batch * geometry.out_h * geometry.out_w;
    (one && m.min(n) >= FEWEST && m * n >= FEWEST_PAIRS).then_some(Product {
        m,
        n,
        k,
        transpose_a: true,
        transpose_b: false,
    })
}

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
    if winograd::fits(geometry) {
        return winograd::filter_gradient_workspace(&winograd::Convolution::forward(geometry));
    }
    if let Some(product) = product(geometry) {
        return product.workspace();
    }
    if planar::fits(geometry) {
        return planar::workspace(geometry);
    }
    let (_, parts) = cut(geometry, most_parts(geometry));
    let sums = checked_product(&[parts, sums_size(geometry)])?;
    Ok(sums + widened_size(geometry) + border::size(geometry)?)
}

/// Elements of the sums of one part of the batch.
fn sums_size(geometry: &Geometry) -> usize {
    geometry.kernel_h * geometry.kernel_w * geometry.in_c * padded_channels(geometry)
}

/// Parts of a batch, each with sums of its own.
fn most_parts(geometry: &Geometry) -> usize {
    (MOST_SUMS / sums_size(geometry)).clamp(1, MOST_PARTS)
}

/// `df = conv(x, dy)`.
pub fn filter_gradient(geometry: &Geometry, x: &[Real], dy: &[Real], df: &mut [Real], workspace: &mut [Real]) {
    if geometry.groups > 1 {
        return grouped::filter_gradient(geometry, x, dy, df, workspace);
    }
    if winograd::fits(geometry) {
        return winograd::filter_gradient(&winograd::Convolution::forward(geometry), x, dy, df, workspace);
    }
    if let Some(product) = product(geometry) {
        return matmul(product, x, dy, None, df, Ending::NONE, workspace);
    }
    if planar::fits(geometry) {
        return planar::filter_gradient(geometry, x, dy, df, workspace);
    }
    let (images, parts) = cut(geometry, most_parts(geometry));
    let (sums, rest) = workspace.split_at_mut(parts * sums_size(geometry));
    let (widened, bordered) = rest.split_at_mut(widened_size(geometry));
    let x = if geometry.is_padded() {
        let (input, size) = (geometry.in_h * geometry.in_w * geometry.in_c, bordered.len() / geometry.batch);
        each_part(bordered, images * size, |part, bordered| {
            let geometry = geometry.of_images(bordered.len() / size);
            border::copy(&geometry, &x[part * images * input..][..geometry.batch * input], bordered);
        });
        &*bordered
    } else {
        x
    };
    let geometry = geometry.without_padding();
    if thin::fits(&geometry) {
        thin::filter_gradient(&geometry, x, dy, df, widened);
        return;
    }
    let padded = padded_channels(&geometry);
    let dy = if widened.is_empty() {
        dy
    } else {
        let pixels = images * geometry.out_h * geometry.out_w;
        each_part(widened, pixels * padded, |part, widened| {
            let dy = dy[part * pixels * geometry.out_c..].chunks_exact(geometry.out_c);
            for (source, target) in dy.zip(widened.chunks_exact_mut(padded)) {
                copy(source, &mut target[..geometry.out_c]);
                for lane in &mut target[geometry.out_c..] {
                    *lane = 0.0;
                }
            }
        });
        &*widened
    };
    let row_bytes = (geometry.stride_h * geometry.in_w * geometry.in_c + geometry.out_w * padded) * 4;
    let strip = (STRIP / row_bytes).clamp(1, geometry.out_h);
    each_part(sums, sums_size(&geometry), |part, sums| {
        sums.fill(0.0);
        for n in part * images..((part + 1) * images).min(geometry.batch) {
            for first in (0..geometry.out_h).step_by(strip) {
                let rows = strip.min(geometry.out_h - first);
                add_strip(&geometry, &Strip { n, first, rows, channels: padded }, x, dy, sums);
            }
        }
    });
    let (total, others) = sums.split_at_mut(sums_size(&geometry));
    for part in others.chunks_exact(total.len()) {
        zip_in_place(total, part, |total, sum| total.add(sum));
    }
    for (source, target) in total.chunks_exact(padded).zip(df.chunks_exact_mut(geometry.out_c)) {
        copy(&source[..geometry.out_c], target);
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
