//! One output channel and a filter three or five taps wide, as in a last layer or the images' gradient of a first one: lanes along the
//! channels of the patch. Neighbouring outputs share the pixels, and nothing is copied or computed for the zeros of a border.

use crate::gemm::micro::slide;
use crate::geometry::Geometry;
use crate::vector::{Lanes, Real, Vector, LANES};

/// Outputs that are computed together.
const BLOCK: usize = 8;

/// The same for rows that two such blocks cover, but not two of [`BLOCK`]. Between two others it would not fit the registers:
/// it would see three taps of all its outputs.
const WIDE: usize = 11;

/// Whether this way is taken: one output channel of whole vectors of channels, and neighbours that share the pixels. Five taps seldom have a border
/// of one pixel.
pub fn fits(geometry: &Geometry) -> bool {
    geometry.out_c == 1
        && geometry.in_c % LANES == 0
        && geometry.out_w >= BLOCK + 2
        && (is_plain(geometry, 3) || is_plain(geometry, 5) && geometry.pad_left != 1)
}

/// Whether a filter is so many taps wide, without dilation, and slides over images as high as itself with a border of at most two pixels, as wide
/// left as right.
pub fn is_plain(geometry: &Geometry, taps: usize) -> bool {
    geometry.slides()
        && geometry.kernel_w == taps
        && (geometry.dilation_h, geometry.dilation_w) == (1, 1)
        && geometry.pad_left == geometry.pad_right
        && geometry.pad_left <= 2
        && geometry.in_h >= geometry.kernel_h
}

/// `y = first + conv(x, filter)` of one image.
pub fn image(geometry: &Geometry, x: &[Real], filter: &[Real], first: Real, y: &mut [Real]) {
    if geometry.in_c > 2 * LANES || geometry.kernel_w > 3 {
        blocks_of_many(geometry, x, filter, first, y);
    } else if (2 * BLOCK + 1..=2 * WIDE).contains(&geometry.out_w) {
        blocks::<WIDE>(geometry, x, filter, first, y);
    } else {
        blocks::<BLOCK>(geometry, x, filter, first, y);
    }
}

fn blocks<const P: usize>(geometry: &Geometry, x: &[Real], filter: &[Real], first: Real, y: &mut [Real]) {
    match (geometry.in_c / LANES, geometry.pad_left) {
        (1, 0) => rows::<P, 3, 1, 0>(geometry, x, filter, first, y),
        (1, 1) => rows::<P, 3, 1, 1>(geometry, x, filter, first, y),
        (1, _) => rows::<P, 3, 1, 2>(geometry, x, filter, first, y),
        (_, 0) => rows::<P, 3, 2, 0>(geometry, x, filter, first, y),
        (_, 1) => rows::<P, 3, 2, 1>(geometry, x, filter, first, y),
        _ => rows::<P, 3, 2, 2>(geometry, x, filter, first, y),
    }
}

/// The same for more than two vectors of channels, or five taps.
fn blocks_of_many(geometry: &Geometry, x: &[Real], filter: &[Real], first: Real, y: &mut [Real]) {
    match (geometry.kernel_w, geometry.pad_left) {
        (3, 0) => rows::<BLOCK, 3, 0, 0>(geometry, x, filter, first, y),
        (3, 1) => rows::<BLOCK, 3, 0, 1>(geometry, x, filter, first, y),
        (3, _) => rows::<BLOCK, 3, 0, 2>(geometry, x, filter, first, y),
        (_, 0) => rows::<BLOCK, 5, 0, 0>(geometry, x, filter, first, y),
        _ => rows::<BLOCK, 5, 0, 2>(geometry, x, filter, first, y),
    }
}

/// All rows of outputs of T taps, over pixels of V vectors, or of any number where that is zero, and a border of B pixels left and right.
#[inline(never)]
fn rows<const P: usize, const T: usize, const V: usize, const B: usize>(
    geometry: &Geometry,
    x: &[Real],
    filter: &[Real],
    first: Real,
    y: &mut [Real],
) {
    let Geometry { in_h, in_c, out_w, kernel_h, pad_top, .. } = *geometry;
    let vectors = if V == 0 { in_c / LANES } else { V };
    let pixel = vectors * LANES;
    let line = geometry.in_w * pixel;
    let bias = Lanes::splat(first);
    let last = out_w - P;
    for (i, out) in y.chunks_exact_mut(out_w).enumerate() {
        // The kernel's rows that see the image.
        let begin = pad_top.saturating_sub(i);
        let end = kernel_h.min(in_h + pad_top - i);
        let start = (i + begin - pad_top) * line;
        let pixels = |from: usize| (x, start + from * pixel, line, end - begin);
        let filter = &filter[begin * T * pixel..];
        let mut done = 0;
        while done < out_w {
            // The last blocks overlap what is done already: the same values are computed again.
            let from = if done < last { done.min(last - B) } else { last };
            let mut sums = [Lanes::splat(0.0); P];
            if from == 0 {
                slide::<P, T, V, B, 0>(&mut sums, pixels(0), vectors, filter);
            } else if from == last || P == WIDE {
                slide::<P, T, V, 0, B>(&mut sums, pixels(from - B), vectors, filter);
            } else {
                slide::<P, T, V, 0, 0>(&mut sums, pixels(from - B), vectors, filter);
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
