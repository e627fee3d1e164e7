//! Few output channels that are no whole vectors, as in a small first layer and its images' gradient: lanes along the width of
//! an image, whose channels are laid out as planes with a border left and right. Lanes along the output channels would stay
//! empty, and lanes along those of the patch too, or they would have to be added up at every output.

use super::by_definition::are_finite;
use super::{dotted, planar};
use crate::error::{checked_product, Error};
use crate::gemm::micro::{wide, Tile};
use crate::geometry::Geometry;
use crate::vector::{copy, Lanes, Real, Vector, FUSED, LANES};

/// Most output channels for which this pays; and with rows of so few taps that lanes along the output channels take less time with some empty, where
/// products are fused.
const MOST: usize = 6;
const MOST_OF_SHORT: usize = 3;
const SHORT: usize = 3;

/// Fewest taps: an image is laid out anew for them.
const TAPS: usize = 4;

/// Half of six filters.
const HALF: usize = 3;

/// Whether so many filters are computed half by half: where products and sums are instructions of their own, six times two sums do
/// not fit the registers, but three times three do.
const fn by_halves(filters: usize) -> bool {
    !FUSED && filters == 2 * HALF
}

/// Whether this way is taken.
pub fn fits(geometry: &Geometry) -> bool {
    let most = if geometry.kernel_w > SHORT || !FUSED { MOST } else { MOST_OF_SHORT };
    geometry.out_c <= most
        && geometry.out_c != LANES
        && geometry.kernel_h * geometry.kernel_w >= TAPS
        && geometry.out_w >= 2 * LANES
        && geometry.slides()
        && (geometry.dilation_h, geometry.dilation_w) == (1, 1)
        && !dotted::fits(geometry)
}

/// float32 values of scratch memory for an image, or for so many rows of its outputs; 0 where this way is not taken.
pub fn scratch(geometry: &Geometry, rows: usize) -> Result<usize, Error> {
    if !fits(geometry) {
        return Ok(0);
    }
    let seen = geometry.span_of(rows.min(geometry.out_h)).min(geometry.in_h);
    // The last vector of a row may reach beyond it.
    Ok(checked_product(&[geometry.in_c, seen, geometry.padded_w()])? + LANES)
}

/// [`scratch`] for these filters, 0 where one is not finite and there is a border: it would be multiplied by zeros that
/// the convolution does not have. The outputs are computed as if this way did not exist then, in the same order.
pub fn scratch_for(geometry: &Geometry, rows: usize, filter: &[Real]) -> usize {
    if geometry.is_padded() && fits(geometry) && !are_finite(filter) {
        return 0;
    }
    scratch(geometry, rows).unwrap_or(0)
}

/// `y = bias + conv(x, filter)` of one image.
pub fn image(
    geometry: &Geometry,
    x: &[Real],
    filter: &[Real],
    bias: Option<&[Real]>,
    y: &mut [Real],
    planes: &mut [Real],
) {
    lay_out(geometry, x, planes);
    let rows = Rows { geometry, planes, filter, bias };
    match geometry.out_c {
        1 => rows.all::<1>(8, y),
        2 => rows.all::<2>(4, y),
        3 => rows.all::<3>(3, y),
        5 => rows.all::<5>(2, y),
        _ => rows.all::<6>(if by_halves(6) { 3 } else { 2 }, y),
    }
}

/// Puts an image into planes, row by row: what a row of outputs sees lies together.
fn lay_out(geometry: &Geometry, x: &[Real], planes: &mut [Real]) {
    let Geometry { in_w, in_c, pad_left, .. } = *geometry;
    let line = geometry.padded_w();
    for (index, row) in planes.chunks_exact_mut(line).enumerate() {
        row[..pad_left].iter_mut().for_each(|value| *value = 0.0);
        row[pad_left + in_w..].iter_mut().for_each(|value| *value = 0.0);
        if in_c == 1 && index < geometry.in_h {
            copy(&x[index * in_w..][..in_w], &mut row[pad_left..pad_left + in_w]);
        }
    }
    if in_c > 1 {
        planar::lay_out(&Geometry { pad_top: 0, ..*geometry }, x, 0, in_c, (planes, line, in_c * line));
    }
}

/// Rows of outputs.
struct Rows<'a> {
    geometry: &'a Geometry,
    planes: &'a [Real],
    filter: &'a [Real],
    bias: Option<&'a [Real]>,
}

impl Rows<'_> {
    /// All rows of F filters, in blocks of up to `most` vectors that are about as wide as each other: with one vector in the end
    /// products would wait for each other.
    #[inline(never)]
    fn all<const F: usize>(&self, most: usize, y: &mut [Real]) {
        let vectors = self.geometry.out_w.div_ceil(LANES);
        let blocks = vectors.div_ceil(most);
        for i in 0..self.geometry.out_h {
            let mut first = 0;
            for block in 0..blocks {
                let count = (vectors - first).div_ceil(blocks - block);
                let place = (i, first * LANES);
                match count {
                    1 => self.block::<F, 1>(place, y),
                    2 => self.block::<F, 2>(place, y),
                    3 if F < 4 || by_halves(F) => self.block::<F, 3>(place, y),
                    4 if F < 3 => self.block::<F, 4>(place, y),
                    5 if F == 1 => self.block::<F, 5>(place, y),
                    6 if F == 1 => self.block::<F, 6>(place, y),
                    7 if F == 1 => self.block::<F, 7>(place, y),
                    _ if F == 1 => self.block::<F, 8>(place, y),
                    _ => {}
                }
                first += count;
            }
        }
    }

    /// NV vectors of neighbouring outputs. What reaches beyond a row is written over by the next one.
    #[inline(always)]
    fn block<const F: usize, const NV: usize>(&self, (i, j): (usize, usize), y: &mut [Real]) {
        let Geometry { in_h, in_c, out_w, kernel_h, kernel_w, pad_top, .. } = *self.geometry;
        // The kernel's rows that see the image.
        let begin = pad_top.saturating_sub(i);
        let end = kernel_h.min(in_h + pad_top - i);
        let line = self.geometry.padded_w();
        let starts = std::array::from_fn(|f| [Lanes::splat(self.bias.map_or(0.0, |bias| bias[f])); NV]);
        let mut sums = starts;
        let pixels = (self.planes, (i + begin - pad_top) * in_c * line + j, in_c * line, line);
        let (taps, filter) = ((end - begin, kernel_w, in_c), &self.filter[begin * kernel_w * in_c * F..]);
        if !by_halves(F) {
            wide::<F, F, NV>(&mut sums, pixels, taps, filter);
        } else {
            for first in [0, HALF] {
                let mut half: Tile<HALF, NV> = std::array::from_fn(|f| starts[first + f]);
                wide::<HALF, F, NV>(&mut half, pixels, taps, &filter[first..]);
                sums[first..first + HALF].copy_from_slice(&half);
            }
        }
        let out = &mut y[(i * out_w + j) * F..];
        if out.len() >= (NV * F + 1) * LANES {
            let out = &mut out[..(NV * F + 1) * LANES];
            for v in 0..NV {
                if F == 1 {
                    sums[0][v].store(&mut out[v * LANES..]);
                    continue;
                }
                // Four filters at a time; the lanes behind the last one are written over by the next pixel.
                let four =
                    |first: usize| Lanes::interleave::<4>(std::array::from_fn(|f| sums[(first + f).min(F - 1)][v]));
                let (low, high) = (four(0), four(LANES));
                for p in 0..LANES {
                    let place = (v * LANES + p) * F;
                    low[p].store(&mut out[place..]);
                    if F > LANES {
                        high[p].store(&mut out[place + LANES..]);
                    }
                }
            }
        } else {
            let lanes = sums.map(|vectors| vectors.map(Lanes::to_array));
            for (pixel, out) in out.chunks_exact_mut(F).enumerate().take(NV * LANES) {
                for f in 0..F {
                    out[f] = lanes[f][pixel / LANES][pixel % LANES];
                }
            }
        }
    }
}
