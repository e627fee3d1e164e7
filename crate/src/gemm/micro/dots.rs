//! Dot products: lanes along the reduction.

use super::{Panel, Tile, Walk};
use crate::vector::{Lanes, Real, Vector, LANES};
use std::hint::black_box;

/// `sums[r][f] += Σ a[start + r·row_stride + k] · b[k, f]` with lanes along the reduction, for segments of whole vectors:
/// P rows times F columns of dot products at once; `b` has a vector of every column, then the next vector of each.
/// Panics when there is no step, or when one lies outside a slice.
#[inline(always)]
pub fn dots<const P: usize, const F: usize>(
    sums: &mut Tile<P, F>,
    (a, start, row_stride, walk): (&[Real], usize, usize, Walk),
    b: Panel,
) {
    let vectors = walk.len / LANES;
    assert!(walk.steps() > 0 && vectors > 0 && walk.len % LANES == 0 && b.has(&walk, F, F));
    assert!(start + (P - 1) * row_stride + walk.reach(1) < a.len());
    let mut totals = *sums;
    for outer in 0..walk.outer {
        for inner in 0..walk.inner {
            // SAFETY: the assertions above bound every address that the walk can reach in `a` and in `b`.
            unsafe {
                let mut row = a.as_ptr().add(start + outer * walk.outer_stride + inner * walk.inner_stride);
                let mut columns = b.values.as_ptr().add((outer * b.outer + inner * b.inner) * F);
                for _ in 0..vectors {
                    let factors: [Lanes; F] = std::array::from_fn(|f| Lanes::load_at(columns.add(f * LANES)));
                    for r in 0..P {
                        let values = Lanes::load_at(row.add(r * row_stride));
                        for f in 0..F {
                            totals[r][f] = values.mul_add(factors[f], totals[r][f]);
                        }
                    }
                    row = row.wrapping_add(LANES);
                    columns = columns.wrapping_add(F * LANES);
                }
            }
        }
    }
    *sums = totals;
}

/// `Σ a[start_a + r·row_a + k] · b[start_b + f·row_b + k]` with lanes along `k < len`: P rows times F rows of dot products at
/// once, both sides as they lie. The last steps may be no whole vector. Panics when there are fewer steps than lanes, or when one
/// lies outside a slice.
#[inline(always)]
pub fn dots_between<const P: usize, const F: usize>(
    (a, start_a, row_a): (&[Real], usize, usize),
    (b, start_b, row_b): (&[Real], usize, usize),
    len: usize,
) -> Tile<P, F> {
    assert!(len >= LANES && start_a + (P - 1) * row_a + len <= a.len() && start_b + (F - 1) * row_b + len <= b.len());
    let mut totals = super::zeros::<P, F>();
    // SAFETY: the assertion bounds every address. After the last step the pointers may pass the end: wrapping arithmetic allows
    // that, they are not read again.
    unsafe {
        let (mut pa, mut pb) = (a.as_ptr().add(start_a), b.as_ptr().add(start_b));
        for _ in 0..len / LANES {
            let factors: [Lanes; F] = std::array::from_fn(|f| Lanes::load_at(pb.add(f * row_b)));
            for r in 0..P {
                let values = Lanes::load_at(pa.add(r * row_a));
                for f in 0..F {
                    totals[r][f] = values.mul_add(factors[f], totals[r][f]);
                }
            }
            pa = pa.wrapping_add(LANES);
            pb = pb.wrapping_add(LANES);
        }
        let rest = len % LANES;
        if rest > 0 {
            // Whole vectors that end with the last step. What has been added before becomes zero on both sides, as infinity times
            // zero would be no number.
            let (pa, pb) = (pa.wrapping_sub(LANES - rest), pb.wrapping_sub(LANES - rest));
            let lane = Lanes::from_array([0.0, 1.0, 2.0, 3.0]);
            let (first, zero) = (Lanes::splat((LANES - rest) as Real), Lanes::splat(0.0));
            let left = |values: Lanes| lane.select_less(first, zero, values);
            let factors: [Lanes; F] = std::array::from_fn(|f| left(Lanes::load_at(pb.add(f * row_b))));
            for r in 0..P {
                let values = left(Lanes::load_at(pa.add(r * row_a)));
                for f in 0..F {
                    totals[r][f] = values.mul_add(factors[f], totals[r][f]);
                }
            }
        }
    }
    totals
}

/// `sums[p] += Σ a[start + r·line + (p + t − LEFT)·4V + c] · b[(r·T + t)·4V + c]` with lanes along `c < 4V`: P neighbouring
/// outputs of a filter of `rows` times T taps over pixels of V vectors, or of so many as `vectors` says where V is zero. Each pixel is loaded
/// once a row for all the taps that see it. The first LEFT pixels and the last RIGHT ones lie beyond the border: they are zeros and not there.
/// Panics when another pixel lies outside a slice.
#[inline(always)]
pub fn slide<const P: usize, const T: usize, const V: usize, const LEFT: usize, const RIGHT: usize>(
    sums: &mut [Lanes; P],
    (a, start, line, rows): (&[Real], usize, usize, usize),
    vectors: usize,
    b: &[Real],
) {
    let vectors = if V == 0 { vectors } else { V };
    let pixel = vectors * LANES;
    assert!(rows > 0 && start + (rows - 1) * line + (P + T - 1 - LEFT - RIGHT) * pixel <= a.len());
    assert!(rows * T * pixel <= b.len());
    let mut totals = *sums;
    for r in 0..rows {
        // SAFETY: the assertions above bound every address.
        unsafe {
            let mut pixels = a.as_ptr().add(start + r * line);
            let mut taps = b.as_ptr().add(r * T * pixel);
            // LLVM gathers the steps of a sum, which wait for each other, one after the other: more than T would be too many.
            for _ in 0..black_box(vectors) {
                let factors: [Lanes; T] = std::array::from_fn(|t| Lanes::load_at(taps.add(t * pixel)));
                for d in LEFT..P + T - 1 - RIGHT {
                    let values = Lanes::load_at(pixels.add((d - LEFT) * pixel));
                    for t in 0..T {
                        if d >= t && d - t < P {
                            totals[d - t] = values.mul_add(factors[t], totals[d - t]);
                        }
                    }
                }
                pixels = pixels.wrapping_add(LANES);
                taps = taps.wrapping_add(LANES);
            }
        }
    }
    *sums = totals;
}

/// `sums[p][f] += Σ a[start + r·line + (p + t − LEFT)·pixel + c] · b[r, c / 4, t, f, c mod 4]` with lanes along `c < 4·vectors`:
/// P neighbouring outputs of F filters of `rows` times three taps. Of the pixels that they see the first LEFT and the last
/// RIGHT ones lie beyond the border, as in [`slide`]. Panics when another pixel lies outside a slice.
#[inline(always)]
pub fn slide_filters<const P: usize, const F: usize, const LEFT: usize, const RIGHT: usize>(
    sums: &mut Tile<P, F>,
    (a, start, line, rows): (&[Real], usize, usize, usize),
    (pixel, vectors): (usize, usize),
    b: &[Real],
) {
    const { assert!(P <= 4) };
    assert!(rows > 0 && pixel == vectors * LANES);
    assert!(start + (rows - 1) * line + (P + 2 - LEFT - RIGHT) * pixel <= a.len());
    assert!(rows * 3 * pixel * F <= b.len());
    let mut totals = *sums;
    // Before every tap the loop could end, as far as the compiler knows: it does not gather the steps of a sum then, for which
    // it would load the factors of all taps at once.
    let ends = black_box([vectors; 3]);
    let mut taps = b.as_ptr();
    for r in 0..rows {
        // SAFETY: the assertions above bound every address of `vectors` rounds.
        unsafe {
            let mut pixels = a.as_ptr().add(start + r * line);
            let mut round = 0;
            'row: while round < vectors {
                let mut values = [Lanes::splat(0.0); 6];
                for t in 0..3 {
                    if round == ends[t] {
                        break 'row;
                    }
                    for d in if t == 0 { 0..P } else { P + t - 1..P + t } {
                        if d >= LEFT && d < P + 2 - RIGHT {
                            values[d] = Lanes::load_at(pixels.add((d - LEFT) * pixel));
                        }
                    }
                    for f in 0..F {
                        let factor = Lanes::load_at(taps.add((t * F + f) * LANES));
                        for p in 0..P {
                            if p + t >= LEFT && p + t < P + 2 - RIGHT {
                                totals[p][f] = values[p + t].mul_add(factor, totals[p][f]);
                            }
                        }
                    }
                }
                pixels = pixels.wrapping_add(LANES);
                taps = taps.wrapping_add(3 * F * LANES);
                round += 1;
            }
        }
    }
    *sums = totals;
}
