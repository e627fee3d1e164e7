//! One output channel, as in the images' gradient of a first layer: lanes along the channels of the patch.

use super::taps;
use crate::gemm::micro::{dots, slide, Walk};
use crate::geometry::Geometry;
use crate::kernels::activation::{forward_in_place, Activation};
use crate::vector::{Lanes, Real, Vector, LANES};

/// Whether this way is taken: one filter, and segments of a patch that are whole vectors.
pub fn fits(geometry: &Geometry) -> bool {
    geometry.out_c == 1 && taps(geometry).len % LANES == 0
}

/// `y = activation(conv(x, filter) + bias)`. With one filter its taps lie as the patch does: nothing is packed.
pub fn forward(
    geometry: &Geometry,
    x: &[Real],
    filter: &[Real],
    bias: Option<&[Real]>,
    y: &mut [Real],
    activation: Activation,
) {
    let first = bias.map_or(0.0, |bias| bias[0]);
    let image = geometry.in_h * geometry.in_w * geometry.in_c;
    let line = geometry.stride_h * geometry.in_w * geometry.in_c;
    for (n, out) in y.chunks_exact_mut(geometry.out_h * geometry.out_w).enumerate() {
        for (i, out) in out.chunks_exact_mut(geometry.out_w).enumerate() {
            let start = n * image + i * line;
            match geometry.in_c {
                _ if !neighbours_overlap(geometry) => row(geometry, x, start, filter, first, out),
                4 => sliding_row::<1>(geometry, x, start, filter, first, out),
                8 => sliding_row::<2>(geometry, x, start, filter, first, out),
                _ => row(geometry, x, start, filter, first, out),
            }
        }
        forward_in_place(activation, out);
    }
}

/// Whether neighbouring outputs share pixels in the way that [`slide`] wants, and whether a row has eight of them.
fn neighbours_overlap(geometry: &Geometry) -> bool {
    geometry.kernel_w == 3 && geometry.stride_w == 1 && geometry.dilation_w == 1 && geometry.out_w >= 8
}

/// One row of outputs of pixels of V vectors, eight at a time.
#[inline(never)]
fn sliding_row<const V: usize>(
    geometry: &Geometry,
    x: &[Real],
    start: usize,
    filter: &[Real],
    first: Real,
    out: &mut [Real],
) {
    let line = geometry.dilation_h * geometry.in_w * geometry.in_c;
    let bias = Lanes::splat(first);
    let mut done = 0;
    while done < out.len() {
        // The last block overlaps what is done already: the same values are computed again.
        let from = done.min(out.len() - 8);
        let mut sums = [Lanes::splat(0.0); 8];
        slide::<8, 3, V>(&mut sums, (x, start + from * V * LANES, line, geometry.kernel_h), filter);
        for (half, out) in out[from..from + 8].chunks_exact_mut(LANES).enumerate() {
            let lanes = Lanes::interleave::<4>(std::array::from_fn(|p| sums[half * LANES + p]));
            lanes[0].add(lanes[2]).add(lanes[1].add(lanes[3])).add(bias).store(out);
        }
        done = from + 8;
    }
}

/// One row of outputs: eight at a time, then four; a single sum would wait for itself.
#[inline(never)]
fn row(geometry: &Geometry, x: &[Real], start: usize, filter: &[Real], first: Real, out: &mut [Real]) {
    let pixel = geometry.stride_w * geometry.in_c;
    let walk = taps(geometry);
    let mut done = 0;
    while done + 8 <= out.len() {
        block::<8>((x, start + done * pixel, pixel, walk), filter, first, &mut out[done..done + 8]);
        done += 8;
    }
    while done < out.len() && out.len() >= 4 {
        // The last block overlaps what is done already: the same values are computed again.
        let from = done.min(out.len() - 4);
        block::<4>((x, start + from * pixel, pixel, walk), filter, first, &mut out[from..from + 4]);
        done = from + 4;
    }
    for place in done..out.len() {
        block::<1>((x, start + place * pixel, pixel, walk), filter, first, &mut out[place..=place]);
    }
}

#[inline(always)]
fn block<const P: usize>(pixels: (&[Real], usize, usize, Walk), filter: &[Real], first: Real, out: &mut [Real]) {
    let mut sums = [Lanes::splat(0.0); P];
    dots(&mut sums, pixels, filter);
    for (value, sum) in out.iter_mut().zip(sums) {
        *value = sum.sum() + first;
    }
}
