//! Blocks of few channels of pixels that have many: a convolution in groups, and sums of outer products of the input channels that
//! some taps see with a vector of output channels.

use super::{Panel, Walk};
use crate::vector::{Lanes, Real, Vector, LANES};

/// Adds to `sums[(r·outer + t·inner + i)·4 + l]` the products of `x[start + k·row + j·pixel + r·line + t·column + i]` with
/// `dy[first + k·below + j·beside + l]` for R rows of T taps, I channels `i`, four lanes `l`, and the `rows` rows `k` of
/// `count` pixels `j`. Panics when an address lies outside a slice.
#[inline(always)]
pub fn block_products<const R: usize, const T: usize, const I: usize>(
    (sums, outer, inner): (&mut [Real], usize, usize),
    (x, start, [row, pixel, line, column]): (&[Real], usize, [usize; 4]),
    (dy, first, [below, beside]): (&[Real], usize, [usize; 2]),
    (rows, count): (usize, usize),
) {
    if rows * count == 0 {
        return;
    }
    let reach = (rows - 1) * row + (count - 1) * pixel + (R - 1) * line + (T - 1) * column;
    assert!(start + reach + I <= x.len());
    assert!(first + (rows - 1) * below + (count - 1) * beside + LANES <= dy.len());
    assert!(((R - 1) * outer + (T - 1) * inner + I) * LANES <= sums.len());
    // SAFETY: the assertions above bound every address that is read or written; pointers may pass the end after the last pixel.
    unsafe {
        let place = sums.as_mut_ptr();
        let place = |r: usize, t: usize, i: usize| place.wrapping_add((r * outer + t * inner + i) * LANES);
        let mut tile: [[[Lanes; I]; T]; R] =
            std::array::from_fn(|r| std::array::from_fn(|t| std::array::from_fn(|i| Lanes::load_at(place(r, t, i)))));
        for k in 0..rows {
            let seen = x.as_ptr().wrapping_add(start + k * row);
            let mut seen: [[*const Real; T]; R] =
                std::array::from_fn(|r| std::array::from_fn(|t| seen.wrapping_add(r * line + t * column)));
            let mut gradient = dy.as_ptr().wrapping_add(first + k * below);
            let end = gradient.wrapping_add(count * beside);
            while gradient != end {
                let value = Lanes::load_at(gradient);
                for r in 0..R {
                    for t in 0..T {
                        for i in 0..I {
                            tile[r][t][i] = Lanes::splat_at(seen[r][t].add(i)).mul_add(value, tile[r][t][i]);
                        }
                        seen[r][t] = seen[r][t].wrapping_add(pixel);
                    }
                }
                gradient = gradient.wrapping_add(beside);
            }
        }
        for r in 0..R {
            for t in 0..T {
                for i in 0..I {
                    tile[r][t][i].store_at(place(r, t, i));
                }
            }
        }
    }
}

/// `out[p·stride + c] = starts[c] + Σ x[start + p·pixel + k] · panel[k, c]` for the steps `k` of `walk`, for `pixels` outputs `p`,
/// P at a time, and the 4NV channels `c` of a panel; the last P overlap those before. I steps of a segment at a time, whose
/// factors stay in registers for all P: pixels are far apart and segments are short. Panics when there are fewer than P pixels,
/// when the steps of a segment are no multiple of I, or when a step or an output lies outside a slice.
#[inline(always)]
pub fn block_strip<const P: usize, const NV: usize, const I: usize>(
    (x, start, pixel, walk): (&[Real], usize, usize, Walk),
    panel: Panel,
    starts: [Lanes; NV],
    (out, stride, pixels): (&mut [Real], usize, usize),
) {
    assert!(pixels >= P && walk.steps() > 0 && walk.len % I == 0);
    assert!(start + (pixels - 1) * pixel + walk.reach(1) < x.len());
    assert!(panel.has(&walk, NV * LANES, NV * LANES));
    assert!((pixels - 1) * stride + NV * LANES <= out.len());
    let mut first = 0;
    while first < pixels {
        let place = first.min(pixels - P);
        let mut sums = [starts; P];
        // SAFETY: the assertions above bound every address that is read or written; pointers may pass the end after the last step.
        unsafe {
            let origin = x.as_ptr().add(start).add(place * pixel);
            let b = panel.values.as_ptr();
            for outer in 0..walk.outer {
                for inner in 0..walk.inner {
                    let mut row = origin.add(outer * walk.outer_stride).add(inner * walk.inner_stride);
                    let mut b = b.add((outer * panel.outer + inner * panel.inner) * NV * LANES);
                    let end = row.wrapping_add(walk.len);
                    while row != end {
                        let factors: [[Lanes; NV]; I] = std::array::from_fn(|i| {
                            std::array::from_fn(|v| Lanes::load_at(b.add((i * NV + v) * LANES)))
                        });
                        let mut seen = row;
                        for p in 0..P {
                            for i in 0..I {
                                let value = Lanes::splat_at(seen.add(i));
                                for v in 0..NV {
                                    sums[p][v] = value.mul_add(factors[i][v], sums[p][v]);
                                }
                            }
                            seen = seen.wrapping_add(pixel);
                        }
                        row = row.wrapping_add(I);
                        b = b.wrapping_add(I * NV * LANES);
                    }
                }
            }
            let mut target = out.as_mut_ptr().add(place * stride);
            for p in 0..P {
                for v in 0..NV {
                    sums[p][v].store_at(target.add(v * LANES));
                }
                target = target.wrapping_add(stride);
            }
        }
        first += P;
    }
}
