//! A row of outputs of a convolution: tiles of neighbouring pixels, checked once for the whole row.

use super::ahead::Next;
use super::{Panel, Walk};
use crate::vector::{Lanes, Real, Vector, LANES, LINE};
use std::hint::black_box;

/// Whether products and sums are instructions of their own: with them [`shared_by_two`] takes longer than [`three`], whose
/// bits are the same.
const STRICT: bool = cfg!(all(target_feature = "simd128", not(target_feature = "relaxed-simd")));

/// `out[p·stride + c] = starts[c] + Σ x[start + p·pixel + k] · panel[k, c]` for the steps `k` of `walk`, for `pixels`
/// outputs `p` and the 4NV channels `c` of a panel: P pixels at a time. The last tile may overlap the one before it: the
/// same values are computed again. `W` are the vectors of a step of the panel, of which the first NV are taken. `THREE` says that a segment has three steps, as a 3×3 filter has over one
/// channel; they are unrolled then, because a loop would cost more than they do. Only the first `used` channels are stored, more
/// than 4(NV − 1) of them. `PIXEL` is the distance of two
/// pixels when it is known, else 0. Panics when there are fewer than P pixels, or when a step or an output lies outside a
/// slice.
#[inline(always)]
pub fn strip<const P: usize, const NV: usize, const W: usize, const THREE: bool, const PIXEL: usize>(
    (x, start, pixel, walk): (&[Real], usize, usize, Walk),
    panel: Panel,
    starts: [Lanes; NV],
    (out, stride, pixels): (&mut [Real], usize, usize),
    used: usize,
) {
    tiles::<P, NV, W, THREE, PIXEL>((x, start, pixel, walk), panel, starts, (out, stride, pixels, used), || ());
}

/// [`strip`] for a walk of one segment, of panel `index` of `panels`, which asks meanwhile for its share of the pixels and outputs
/// that come next: those of all panels are as many as the strip has. So much is new to the second-level cache that a processor's
/// own foresight, which ends with a page, is not enough.
#[inline(always)]
pub fn strip_ahead<const P: usize, const NV: usize>(
    (x, start, pixel, walk): (&[Real], usize, usize, Walk),
    panel: Panel,
    starts: [Lanes; NV],
    (out, stride, pixels): (&mut [Real], usize, usize),
    (index, panels): (usize, usize),
) {
    let touches = pixels.div_ceil(P);
    let each = (pixels * (pixel + stride)).div_ceil(panels * touches * LINE);
    let next = Next {
        arrays: [(x.as_ptr(), x.len()), (out.as_ptr(), out.len())],
        from: [start + pixels * pixel, pixels * stride],
        needed: pixels * pixel,
        touches: touches * each,
        pace: LINE,
    };
    let mut ahead = next.of_group(index);
    tiles::<P, NV, NV, false, 0>((x, start, pixel, walk), panel, starts, (out, stride, pixels, NV * LANES), || {
        for _ in 0..each {
            // SAFETY: both arrays are readable, and `tiles` has seen that they are not empty; so often was said.
            unsafe { ahead.touch() };
        }
    });
}

/// [`strip`] that calls `each` with every tile.
#[inline(always)]
fn tiles<const P: usize, const NV: usize, const W: usize, const THREE: bool, const PIXEL: usize>(
    (x, start, pixel, walk): (&[Real], usize, usize, Walk),
    panel: Panel,
    starts: [Lanes; NV],
    (out, stride, pixels, used): (&mut [Real], usize, usize, usize),
    mut each: impl FnMut(),
) {
    let pixel = if PIXEL > 0 { PIXEL } else { pixel };
    assert!(pixels >= P && walk.steps() > 0);
    assert!(!THREE || (walk.inner, walk.len) == (1, 3));
    assert!(start + (pixels - 1) * pixel + walk.reach(1) < x.len());
    assert!(panel.has(&walk, W * LANES, NV * LANES));
    assert!(used > (NV - 1) * LANES && used <= NV * LANES && (pixels - 1) * stride + used <= out.len());
    let rest = used % LANES;
    let mut first = 0;
    while first < pixels {
        let place = first.min(pixels - P);
        let mut sums = [starts; P];
        each();
        // SAFETY: the assertions above bound every address that the walk can reach from any of the pixels, in the panel,
        // and in `out`.
        unsafe {
            let origin = x.as_ptr().add(start).add(place * pixel);
            let b = panel.values.as_ptr();
            if THREE && PIXEL == 1 && NV == 2 && !STRICT {
                let segments = (b, panel.outer * W * LANES);
                shared_by_two::<P, NV, W>(&mut sums, (origin, walk.outer_stride), segments, walk.outer);
            } else if THREE {
                for outer in 0..walk.outer {
                    let b = b.add(outer * panel.outer * W * LANES);
                    three::<P, NV, W>(&mut sums, origin.add(outer * walk.outer_stride), pixel, b, PIXEL == 1);
                }
            } else {
                for outer in 0..walk.outer {
                    for inner in 0..walk.inner {
                        let mut row = origin.add(outer * walk.outer_stride).add(inner * walk.inner_stride);
                        let mut b = b.add((outer * panel.outer + inner * panel.inner) * W * LANES);
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
                            row = row.wrapping_add(1);
                            b = b.wrapping_add(W * LANES);
                        }
                    }
                }
            }
            let target = out.as_mut_ptr().add(place * stride);
            // Short bodies, which LLVM unrolls: then the tile is never in memory.
            for r in 0..P {
                for v in 0..NV {
                    if v + 1 < NV || rest == 0 {
                        sums[r][v].store_at(target.add(r * stride).add(v * LANES));
                    }
                }
            }
            let last = target.add((NV - 1) * LANES);
            if rest > 0 {
                for r in 0..P {
                    *last.add(r * stride) = sums[r][NV - 1].to_array()[0];
                }
            }
            if rest > 1 {
                for r in 0..P {
                    *last.add(r * stride + 1) = sums[r][NV - 1].to_array()[1];
                }
            }
            if rest > 2 {
                for r in 0..P {
                    *last.add(r * stride + 2) = sums[r][NV - 1].to_array()[2];
                }
            }
        }
        first += P;
    }
}

/// The three steps of every segment for neighbours one step apart, which share the values that both see, and for two vectors of
/// channels.
///
/// # Safety
/// The values of P rows and the three steps of the panel must be readable for every segment.
#[inline(always)]
unsafe fn shared_by_two<const P: usize, const NV: usize, const W: usize>(
    sums: &mut [[Lanes; NV]; P],
    (mut row, row_step): (*const Real, usize),
    (mut b, b_step): (*const Real, usize),
    segments: usize,
) {
    // Before every step the loop could end, as far as the compiler knows: it does not gather the steps of a sum then, for which
    // the factors of all steps would have to be in registers.
    let ends = black_box([segments; 3]);
    let mut segment = 0;
    'all: while segment < segments {
        let mut values = [Lanes::splat(0.0); 8];
        for k in 0..3 {
            if segment == ends[k] {
                break 'all;
            }
            // SAFETY: promised by the caller.
            unsafe {
                for d in if k == 0 { 0..P } else { P + k - 1..P + k } {
                    values[d] = Lanes::splat_at(row.add(d));
                }
                for v in 0..NV {
                    let factor = Lanes::load_at(b.add((k * W + v) * LANES));
                    for r in 0..P {
                        sums[r][v] = values[r + k].mul_add(factor, sums[r][v]);
                    }
                }
            }
        }
        row = row.wrapping_add(row_step);
        b = b.wrapping_add(b_step);
        segment += 1;
    }
}

/// The three steps of a segment. Neighbours one step apart share the values that both see.
///
/// # Safety
/// The values of P rows and the three steps of the panel must be readable.
#[inline(always)]
unsafe fn three<const P: usize, const NV: usize, const W: usize>(
    sums: &mut [[Lanes; NV]; P],
    row: *const Real,
    pixel: usize,
    b: *const Real,
    shared: bool,
) {
    // SAFETY: promised by the caller.
    unsafe {
        let vectors = |k: usize| -> [Lanes; NV] { std::array::from_fn(|v| Lanes::load_at(b.add((k * W + v) * LANES))) };
        if shared && NV <= 2 {
            let factors: [[Lanes; NV]; 3] = std::array::from_fn(vectors);
            for d in 0..P + 2 {
                let value = Lanes::splat_at(row.add(d));
                for k in 0..3 {
                    if d >= k && d - k < P {
                        for v in 0..NV {
                            sums[d - k][v] = value.mul_add(factors[k][v], sums[d - k][v]);
                        }
                    }
                }
            }
        } else {
            for k in 0..3 {
                let factors = vectors(k);
                for r in 0..P {
                    let value = Lanes::splat_at(row.add(r * pixel).add(k));
                    for v in 0..NV {
                        sums[r][v] = value.mul_add(factors[v], sums[r][v]);
                    }
                }
            }
        }
    }
}
