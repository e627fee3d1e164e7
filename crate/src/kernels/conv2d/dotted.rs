//! One output channel, as in the images' gradient of a first layer: lanes along the channels of the patch.

use super::taps;
use crate::gemm::micro::dots;
use crate::geometry::Geometry;
use crate::kernels::activation::{forward_in_place, Activation};
use crate::vector::{F32x4, Vector, LANES};

/// Whether this way is taken: one filter, and segments of a patch that are whole vectors.
pub fn fits(geometry: &Geometry) -> bool {
    geometry.out_c == 1 && taps(geometry).len % LANES == 0
}

/// `y = activation(conv(x, filter) + bias)`. With one filter its taps lie as the patch does: nothing is packed.
pub fn forward(
    geometry: &Geometry,
    x: &[f32],
    filter: &[f32],
    bias: Option<&[f32]>,
    y: &mut [f32],
    activation: Activation,
) {
    let first = bias.map_or(0.0, |bias| bias[0]);
    let image = geometry.in_h * geometry.in_w * geometry.in_c;
    let line = geometry.stride_h * geometry.in_w * geometry.in_c;
    for (n, out) in y.chunks_exact_mut(geometry.out_h * geometry.out_w).enumerate() {
        for (i, out) in out.chunks_exact_mut(geometry.out_w).enumerate() {
            row(geometry, x, n * image + i * line, filter, first, out);
        }
        forward_in_place(activation, out);
    }
}

/// One row of outputs.
#[inline(never)]
fn row(geometry: &Geometry, x: &[f32], start: usize, filter: &[f32], first: f32, out: &mut [f32]) {
    let pixel = geometry.stride_w * geometry.in_c;
    let walk = taps(geometry);
    let mut done = 0;
    for part in out.chunks_exact_mut(2 * LANES) {
        let mut sums = [F32x4::splat(0.0); 2 * LANES];
        dots(&mut sums, (x, start + done * pixel, pixel, walk), filter);
        for (value, sum) in part.iter_mut().zip(sums) {
            *value = sum.sum() + first;
        }
        done += 2 * LANES;
    }
    for value in &mut out[done..] {
        let mut sums = [F32x4::splat(0.0)];
        dots(&mut sums, (x, start + done * pixel, pixel, walk), filter);
        *value = sums[0].sum() + first;
        done += 1;
    }
}
