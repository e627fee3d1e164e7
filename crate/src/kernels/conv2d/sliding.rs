//! One output channel and a filter three taps wide, as in the images' gradient of a first layer: lanes along the channels
//! of the patch. Neighbouring outputs share the pixels, and nothing is copied or computed for the zeros of a border.

use crate::gemm::micro::slide;
use crate::geometry::Geometry;
use crate::vector::{Lanes, Real, Vector, LANES};

/// Outputs that are computed together.
const BLOCK: usize = 8;

/// Whether this way is taken: one output channel of one or two vectors of channels, 3 taps along the width, stride 1, no
/// group, and a border of at most two pixels, as wide left as right, which is seen to its end.
pub fn fits(geometry: &Geometry) -> bool {
    geometry.out_c == 1
        && (geometry.in_c == LANES || geometry.in_c == 2 * LANES)
        && geometry.kernel_w == 3
        && (geometry.stride_h, geometry.stride_w, geometry.dilation_w, geometry.groups) == (1, 1, 1, 1)
        && geometry.pad_left == geometry.pad_right
        && geometry.pad_left <= 2
        && geometry.out_w >= BLOCK + 2
        && geometry.pad_top < geometry.span_h()
        && geometry.in_h >= geometry.span_h()
        && geometry.out_h + geometry.span_h() == geometry.padded_h() + 1
        && geometry.out_w + geometry.span_w() == geometry.padded_w() + 1
}

/// `y = first + conv(x, filter)` of one image.
pub fn image(geometry: &Geometry, x: &[Real], filter: &[Real], first: Real, y: &mut [Real]) {
    for (i, out) in y.chunks_exact_mut(geometry.out_w).enumerate() {
        match (geometry.in_c / LANES, geometry.pad_left) {
            (1, 0) => row::<1, 0>(geometry, i, x, filter, first, out),
            (1, 1) => row::<1, 1>(geometry, i, x, filter, first, out),
            (1, _) => row::<1, 2>(geometry, i, x, filter, first, out),
            (_, 0) => row::<2, 0>(geometry, i, x, filter, first, out),
            (_, 1) => row::<2, 1>(geometry, i, x, filter, first, out),
            _ => row::<2, 2>(geometry, i, x, filter, first, out),
        }
    }
}

/// Row `i` of the outputs, over pixels of V vectors and a border of B pixels left and right.
#[inline(never)]
fn row<const V: usize, const B: usize>(
    geometry: &Geometry,
    i: usize,
    x: &[Real],
    filter: &[Real],
    first: Real,
    out: &mut [Real],
) {
    let pixel = V * LANES;
    let line = geometry.in_w * pixel;
    // The kernel's rows that see the image.
    let begin = geometry.pad_top.saturating_sub(i).div_ceil(geometry.dilation_h);
    let end = geometry.kernel_h.min((geometry.in_h + geometry.pad_top - i).div_ceil(geometry.dilation_h));
    let start = (i + begin * geometry.dilation_h - geometry.pad_top) * line;
    let pixels = |from: usize| (x, start + from * pixel, geometry.dilation_h * line, end - begin);
    let filter = &filter[begin * 3 * pixel..];
    let bias = Lanes::splat(first);
    let last = out.len() - BLOCK;
    let mut done = 0;
    while done < out.len() {
        // The last blocks overlap what is done already: the same values are computed again.
        let from = if done < last { done.min(last - B) } else { last };
        let mut sums = [Lanes::splat(0.0); BLOCK];
        if from == 0 {
            slide::<BLOCK, 3, V, B, 0>(&mut sums, pixels(0), filter);
        } else if from == last {
            slide::<BLOCK, 3, V, 0, B>(&mut sums, pixels(from - B), filter);
        } else {
            slide::<BLOCK, 3, V, 0, 0>(&mut sums, pixels(from - B), filter);
        }
        for (half, out) in out[from..from + BLOCK].chunks_exact_mut(LANES).enumerate() {
            let lanes = Lanes::interleave::<4>(std::array::from_fn(|p| sums[half * LANES + p]));
            lanes[0].add(lanes[2]).add(lanes[1].add(lanes[3])).add(bias).store(out);
        }
        done = from + BLOCK;
    }
}
