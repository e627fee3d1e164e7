//! One output channel and a filter three taps wide, as in the images' gradient of a first layer: lanes along the channels
//! of the patch. Neighbouring outputs share the pixels, and nothing is copied or computed for the zeros of a border.

use crate::gemm::micro::slide;
use crate::geometry::Geometry;
use crate::vector::{Lanes, Real, Vector, LANES};

/// Outputs that are computed together.
const BLOCK: usize = 8;

/// The same for rows that two such blocks cover, but not two of [`BLOCK`]. Between two others it would not fit the registers:
/// it would see three taps of all its outputs.
const WIDE: usize = 11;

/// Whether this way is taken: one output channel of one or two vectors of channels, and neighbours that share the pixels.
pub fn fits(geometry: &Geometry) -> bool {
    geometry.out_c == 1
        && (geometry.in_c == LANES || geometry.in_c == 2 * LANES)
        && geometry.out_w >= BLOCK + 2
        && is_plain(geometry)
}

/// Whether a filter is 3 taps wide, with stride 1, no group, no dilation, and a border of at most two pixels, as wide left as
/// right, which is seen to its end; and whether every row of outputs sees a row of the image.
pub fn is_plain(geometry: &Geometry) -> bool {
    geometry.kernel_w == 3
        && (geometry.stride_h, geometry.stride_w, geometry.groups) == (1, 1, 1)
        && (geometry.dilation_h, geometry.dilation_w) == (1, 1)
        && geometry.pad_left == geometry.pad_right
        && geometry.pad_left <= 2
        && geometry.pad_top < geometry.kernel_h
        && geometry.pad_bottom < geometry.kernel_h
        && geometry.in_h >= geometry.kernel_h
        && geometry.out_h + geometry.kernel_h == geometry.padded_h() + 1
        && geometry.out_w + geometry.kernel_w == geometry.padded_w() + 1
}

/// `y = first + conv(x, filter)` of one image.
pub fn image(geometry: &Geometry, x: &[Real], filter: &[Real], first: Real, y: &mut [Real]) {
    if (2 * BLOCK + 1..=2 * WIDE).contains(&geometry.out_w) {
        blocks::<WIDE>(geometry, x, filter, first, y);
    } else {
        blocks::<BLOCK>(geometry, x, filter, first, y);
    }
}

fn blocks<const P: usize>(geometry: &Geometry, x: &[Real], filter: &[Real], first: Real, y: &mut [Real]) {
    match (geometry.in_c / LANES, geometry.pad_left) {
        (1, 0) => rows::<P, 1, 0>(geometry, x, filter, first, y),
        (1, 1) => rows::<P, 1, 1>(geometry, x, filter, first, y),
        (1, _) => rows::<P, 1, 2>(geometry, x, filter, first, y),
        (_, 0) => rows::<P, 2, 0>(geometry, x, filter, first, y),
        (_, 1) => rows::<P, 2, 1>(geometry, x, filter, first, y),
        _ => rows::<P, 2, 2>(geometry, x, filter, first, y),
    }
}

/// All rows of outputs, over pixels of V vectors and a border of B pixels left and right.
#[inline(never)]
fn rows<const P: usize, const V: usize, const B: usize>(
    geometry: &Geometry,
    x: &[Real],
    filter: &[Real],
    first: Real,
    y: &mut [Real],
) {
    let pixel = V * LANES;
    let Geometry { in_h, out_w, kernel_h, pad_top, .. } = *geometry;
    let line = geometry.in_w * pixel;
    let bias = Lanes::splat(first);
    let last = out_w - P;
    for (i, out) in y.chunks_exact_mut(out_w).enumerate() {
        // The kernel's rows that see the image.
        let begin = pad_top.saturating_sub(i);
        let end = kernel_h.min(in_h + pad_top - i);
        let start = (i + begin - pad_top) * line;
        let pixels = |from: usize| (x, start + from * pixel, line, end - begin);
        let filter = &filter[begin * 3 * pixel..];
        let mut done = 0;
        while done < out_w {
            // The last blocks overlap what is done already: the same values are computed again.
            let from = if done < last { done.min(last - B) } else { last };
            let mut sums = [Lanes::splat(0.0); P];
            if from == 0 {
                slide::<P, 3, V, B, 0>(&mut sums, pixels(0), filter);
            } else if from == last || P == WIDE {
                slide::<P, 3, V, 0, B>(&mut sums, pixels(from - B), filter);
            } else {
                slide::<P, 3, V, 0, 0>(&mut sums, pixels(from - B), filter);
            }
            let out = &mut out[from..from + P];
            for four in 0..P.div_ceil(LANES) {
                // The last four may overlap the ones before them.
                let at = (four * LANES).min(P - LANES);
                let lanes = Lanes::interleave::<4>(std::array::from_fn(|p| sums[at + p]));
                lanes[0].add(lanes[2]).add(lanes[1].add(lanes[3])).add(bias).store(&mut out[at..]);
            }
            done = from + P;
        }
    }
}
