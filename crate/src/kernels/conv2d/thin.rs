//! One input channel and few filters, as in the seed's network: lanes along the width of the image.
//!
//! With one channel a patch has nothing contiguous to offer but its width, and with few filters the lanes of a
//! vector of channels would stay empty. So four neighbouring outputs of one filter share a vector.

use crate::geometry::Geometry;
use crate::kernels::activation::{forward_in_place, Activation};
use crate::vector::{Vector, F32x4, LANES};

/// Most filters for which this pays; with more the tiles over channels are full.
const MOST_FILTERS: usize = 4;

/// Vectors of a full block of outputs.
const VECTORS: usize = 5;

/// Whether this way is taken: one channel, stride 1 along the width, no group.
pub fn fits(geometry: &Geometry) -> bool {
    geometry.in_c == 1
        && geometry.out_c <= MOST_FILTERS
        && geometry.stride_w == 1
        && geometry.out_w >= LANES
        && geometry.groups == 1
        && !geometry.is_padded()
}

/// `y = activation(conv(x, filter) + bias)`.
pub fn forward(
    geometry: &Geometry,
    x: &[f32],
    filter: &[f32],
    bias: Option<&[f32]>,
    y: &mut [f32],
    activation: Activation,
) {
    let filters = geometry.out_c;
    let image = geometry.in_h * geometry.in_w;
    for (index, out) in y.chunks_exact_mut(geometry.out_w * filters).enumerate() {
        let (n, i) = (index / geometry.out_h, index % geometry.out_h);
        let rows = &x[n * image + i * geometry.stride_h * geometry.in_w..];
        for f in 0..filters {
            let start = bias.map_or(0.0, |bias| bias[f]);
            let one = One { geometry, filter, f, start };
            let mut column = 0;
            while column < geometry.out_w {
                // The last blocks overlap what is done already: the same values are computed again.
                let left = geometry.out_w - column;
                if left >= VECTORS * LANES {
                    one.block::<VECTORS>(rows, column, out);
                    column += VECTORS * LANES;
                } else if left >= 2 * LANES {
                    one.block::<2>(rows, column, out);
                    column += 2 * LANES;
                } else {
                    column = if left < LANES { geometry.out_w - LANES } else { column };
                    one.block::<1>(rows, column, out);
                    column += LANES;
                }
            }
        }
        forward_in_place(activation, out);
    }
}

/// One filter of a convolution.
struct One<'a> {
    geometry: &'a Geometry,
    filter: &'a [f32],
    f: usize,
    start: f32,
}

impl One<'_> {
    /// `V` vectors of outputs from `column` on.
    #[inline(always)]
    fn block<const V: usize>(&self, rows: &[f32], column: usize, out: &mut [f32]) {
        let geometry = self.geometry;
        let filters = geometry.out_c;
        let mut sums = [F32x4::splat(self.start); V];
        for p in 0..geometry.kernel_h {
            for q in 0..geometry.kernel_w {
                let tap = F32x4::splat(self.filter[(p * geometry.kernel_w + q) * filters + self.f]);
                let first = p * geometry.dilation_h * geometry.in_w + q * geometry.dilation_w + column;
                let pixels = &rows[first..first + V * LANES];
                for v in 0..V {
                    sums[v] = F32x4::load(&pixels[v * LANES..]).mul_add(tap, sums[v]);
                }
            }
        }
        if filters == 1 {
            let target = &mut out[column..column + V * LANES];
            for v in 0..V {
                sums[v].store(&mut target[v * LANES..]);
            }
        } else {
            for v in 0..V {
                for (lane, value) in sums[v].to_array().into_iter().enumerate() {
                    out[(column + v * LANES + lane) * filters + self.f] = value;
                }
            }
        }
    }
}

/// `df = conv(x, dy)`, in two steps: `planes` gets the gradients of each filter by itself.
pub fn filter_gradient(geometry: &Geometry, x: &[f32], dy: &[f32], df: &mut [f32], planes: &mut [f32]) {
    let filters = geometry.out_c;
    let image = geometry.in_h * geometry.in_w;
    let outputs = geometry.out_h * geometry.out_w;
    df.fill(0.0);
    for (n, dy) in dy.chunks_exact(outputs * filters).enumerate() {
        let x = &x[n * image..(n + 1) * image];
        for f in 0..filters {
            let plane = if filters == 1 {
                dy
            } else {
                for (value, gradients) in planes.iter_mut().zip(dy.chunks_exact(filters)) {
                    *value = gradients[f];
                }
                &planes[..outputs]
            };
            for p in 0..geometry.kernel_h {
                let mut q = 0;
                // Three taps of three rows at a time would need their own shape; nine sums are one kernel of 3×3.
                while q < geometry.kernel_w {
                    let taps = (geometry.kernel_w - q).min(3);
                    let target = |tap: usize| (p * geometry.kernel_w + q + tap) * filters + f;
                    let sums = match taps {
                        3 => correlate::<3>(geometry, x, plane, p, q),
                        2 => correlate::<2>(geometry, x, plane, p, q),
                        _ => correlate::<1>(geometry, x, plane, p, q),
                    };
                    for tap in 0..taps {
                        df[target(tap)] += sums[tap];
                    }
                    q += taps;
                }
            }
        }
    }
}

/// Sums of products of one image with the gradients `dy` of one filter, shifted by taps `q ..` of kernel row `p`.
#[inline(always)]
fn correlate<const T: usize>(geometry: &Geometry, x: &[f32], dy: &[f32], p: usize, q: usize) -> [f32; 3] {
    let mut sums = [[F32x4::splat(0.0); 2]; T];
    let mut rest = [0.0; 3];
    for (i, gradients) in dy.chunks_exact(geometry.out_w).enumerate() {
        let first = (i * geometry.stride_h + p * geometry.dilation_h) * geometry.in_w + q * geometry.dilation_w;
        let reach = geometry.out_w + (T - 1) * geometry.dilation_w;
        let pixels = &x[first..first + reach];
        let chunks = gradients.chunks_exact(LANES);
        let tail = chunks.remainder();
        for (j, gradient) in chunks.enumerate() {
            let gradient = F32x4::load(gradient);
            for t in 0..T {
                let pixel = F32x4::load(&pixels[j * LANES + t * geometry.dilation_w..]);
                sums[t][j % 2] = pixel.mul_add(gradient, sums[t][j % 2]);
            }
        }
        let done = geometry.out_w - tail.len();
        for (j, gradient) in tail.iter().enumerate() {
            for t in 0..T {
                rest[t] += pixels[done + j + t * geometry.dilation_w] * gradient;
            }
        }
    }
    for t in 0..T {
        rest[t] += sums[t][0].add(sums[t][1]).sum();
    }
    rest
}
