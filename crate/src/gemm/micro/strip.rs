//! A row of outputs of a convolution: tiles of neighbouring pixels, checked once for the whole row.

use super::Walk;
use crate::vector::{Lanes, Real, Vector, LANES};

/// `out[p·stride + c] = starts[c] + Σ x[start + p·pixel + k] · panel[k·4NV + c]` for the steps `k` of `walk`, for `pixels`
/// outputs `p` and the 4NV channels `c` of a panel: P pixels at a time. The last tile may overlap the one before it: the
/// same values are computed again. `NINE` says that the walk has three segments of three steps, as a 3×3 filter has over
/// one channel; it is unrolled then, because a loop would cost more than the nine steps. `PIXEL` is the distance of two
/// pixels when it is known, else 0. Panics when there are fewer than P pixels, or when a step or an output lies outside a
/// slice.
#[inline(always)]
pub fn strip<const P: usize, const NV: usize, const NINE: bool, const PIXEL: usize>(
    (x, start, pixel, walk): (&[Real], usize, usize, Walk),
    panel: &[Real],
    starts: [Lanes; NV],
    (out, stride, pixels): (&mut [Real], usize, usize),
) {
    let pixel = if PIXEL > 0 { PIXEL } else { pixel };
    assert!(pixels >= P && walk.steps() > 0);
    assert!(!NINE || (walk.outer, walk.inner, walk.len) == (3, 1, 3));
    assert!(start + (pixels - 1) * pixel + walk.reach(1) < x.len());
    assert!(walk.steps() * NV * LANES <= panel.len());
    assert!((pixels - 1) * stride + NV * LANES <= out.len());
    let mut first = 0;
    while first < pixels {
        let place = first.min(pixels - P);
        let mut sums = [starts; P];
        // SAFETY: the assertions above bound every address that the walk can reach from any of the pixels, in the panel,
        // and in `out`.
        unsafe {
            let origin = x.as_ptr().add(start).add(place * pixel);
            let mut b = panel.as_ptr();
            if NINE {
                for segment in 0..3 {
                    let row = origin.add(segment * walk.outer_stride);
                    for k in 0..3 {
                        let vectors: [Lanes; NV] = std::array::from_fn(|v| {
                            Lanes::load_at(b.add((segment * 3 + k) * NV * LANES).add(v * LANES))
                        });
                        for r in 0..P {
                            let value = Lanes::splat_at(row.add(r * pixel).add(k));
                            for v in 0..NV {
                                sums[r][v] = value.mul_add(vectors[v], sums[r][v]);
                            }
                        }
                    }
                }
            } else {
                for outer in 0..walk.outer {
                    for inner in 0..walk.inner {
                        let mut row = origin.add(outer * walk.outer_stride).add(inner * walk.inner_stride);
                        // Not unrolled: LLVM would load the vectors of all steps first, and they would not fit the
                        // registers.
                        for _ in 0..walk.len {
                            let vectors: [Lanes; NV] = std::array::from_fn(|v| Lanes::load_at(b.add(v * LANES)));
                            for r in 0..P {
                                let value = Lanes::splat_at(row.add(r * pixel));
                                for v in 0..NV {
                                    sums[r][v] = value.mul_add(vectors[v], sums[r][v]);
                                }
                            }
                            row = row.add(1);
                            b = b.add(NV * LANES);
                        }
                    }
                }
            }
            let target = out.as_mut_ptr().add(place * stride);
            for r in 0..P {
                for v in 0..NV {
                    sums[r][v].store_at(target.add(r * stride).add(v * LANES));
                }
            }
        }
        first += P;
    }
}
