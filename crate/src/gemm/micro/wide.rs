//! Few output channels: lanes along the width of the images, whose channels lie in planes.

use super::Tile;
use crate::vector::{Lanes, Real, Vector, LANES};

/// `sums[f][v] += Σ planes[start + p·row + q + c·plane + 4v …] · weights[(p, q, c), f]` for `rows` times `columns` taps of `channels`:
/// F of W filters, from the first one of `weights` on, and 4NV neighbouring pixels. Panics when a pixel or a
/// weight lies outside a slice, or when there is no tap.
#[inline(always)]
pub fn wide<const F: usize, const W: usize, const NV: usize>(
    sums: &mut Tile<F, NV>,
    (planes, start, row, plane): (&[Real], usize, usize, usize),
    (rows, columns, channels): (usize, usize, usize),
    weights: &[Real],
) {
    assert!(rows > 0 && columns > 0 && channels > 0 && (rows * columns * channels - 1) * W + F <= weights.len());
    assert!(start + (rows - 1) * row + columns - 1 + (channels - 1) * plane + NV * LANES <= planes.len());
    // Over one channel the taps of a row are the innermost steps.
    let (outer, inner, step) = if channels == 1 { (1, columns, 1) } else { (columns, channels, plane) };
    let mut totals = *sums;
    // SAFETY: the assertions above bound every address. After the last step the pointers may pass the end: wrapping arithmetic
    // allows that, they are not read again.
    unsafe {
        let mut weights = weights.as_ptr();
        for p in 0..rows {
            for q in 0..outer {
                let mut place = planes.as_ptr().add(start + p * row + q);
                for _ in 0..inner {
                    let pixels: [Lanes; NV] = std::array::from_fn(|v| Lanes::load_at(place.add(v * LANES)));
                    for f in 0..F {
                        let weight = Lanes::splat_at(weights.add(f));
                        for v in 0..NV {
                            totals[f][v] = pixels[v].mul_add(weight, totals[f][v]);
                        }
                    }
                    place = place.wrapping_add(step);
                    weights = weights.wrapping_add(W);
                }
            }
        }
    }
    *sums = totals;
}
