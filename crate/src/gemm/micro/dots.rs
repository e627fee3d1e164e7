//! Dot products: lanes along the reduction.

use super::{Panel, Walk};
use crate::vector::{Lanes, Real, Vector, LANES};
use std::hint::black_box;

/// `sums[r] += Σ a[start + r·row_stride + k] · b[k]` with lanes along the reduction, for segments of whole vectors:
/// P dot products at once; `b` is a panel of one column. Panics when a step lies outside a slice.
#[inline(always)]
pub fn dots<const P: usize>(
    sums: &mut [Lanes; P],
    (a, start, row_stride, walk): (&[Real], usize, usize, Walk),
    b: Panel,
) {
    let vectors = walk.len / LANES;
    if walk.steps() == 0 {
        return;
    }
    assert!(walk.len % LANES == 0 && b.has(&walk, 1));
    assert!(start + (P - 1) * row_stride + walk.reach(1) < a.len());
    let mut totals = *sums;
    for outer in 0..walk.outer {
        for inner in 0..walk.inner {
            // SAFETY: the assertions above bound every address that the walk can reach in `a` and in `b`.
            unsafe {
                let mut row = a.as_ptr().add(start + outer * walk.outer_stride + inner * walk.inner_stride);
                let mut factors = b.values.as_ptr().add(outer * b.outer + inner * b.inner);
                for _ in 0..vectors {
                    let factor = Lanes::load_at(factors);
                    for r in 0..P {
                        totals[r] = Lanes::load_at(row.add(r * row_stride)).mul_add(factor, totals[r]);
                    }
                    row = row.wrapping_add(LANES);
                    factors = factors.wrapping_add(LANES);
                }
            }
        }
    }
    *sums = totals;
}

/// `sums[p] += Σ a[start + r·line + (p + t − LEFT)·4V + c] · b[(r·T + t)·4V + c]` with lanes along `c < 4V`: P neighbouring
/// outputs of a filter of `rows` times T taps over pixels of V vectors. Each pixel is loaded once a row for all the taps
/// that see it. The first LEFT pixels and the last RIGHT ones lie beyond the border: they are zeros and not there.
/// Panics when another pixel lies outside a slice.
#[inline(always)]
pub fn slide<const P: usize, const T: usize, const V: usize, const LEFT: usize, const RIGHT: usize>(
    sums: &mut [Lanes; P],
    (a, start, line, rows): (&[Real], usize, usize, usize),
    b: &[Real],
) {
    let pixel = V * LANES;
    assert!(rows > 0 && start + (rows - 1) * line + (P + T - 1 - LEFT - RIGHT) * pixel <= a.len());
    assert!(rows * T * pixel <= b.len());
    let mut totals = *sums;
    for r in 0..rows {
        // SAFETY: the assertions above bound every address.
        unsafe {
            let mut pixels = a.as_ptr().add(start + r * line);
            let mut taps = b.as_ptr().add(r * T * pixel);
            // LLVM gathers the steps of a sum, which wait for each other, one after the other: more than T would be too many.
            for _ in 0..black_box(V) {
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

/// `out[p·c + l] = start[l] + Σ x[origin + r·line + (p·S + t)·c + l] · filter[(r·T + t)·c + l]` for P outputs `p` and four
/// channels `l` of `c` in all: a filter of `rows` times T taps for each channel, S pixels from output to output. Each pixel
/// is loaded once a row for all the taps that see it. Panics when an address lies outside a slice.
#[inline(always)]
pub fn slide_channels<const P: usize, const T: usize, const S: usize>(
    (x, origin, line, rows): (&[Real], usize, usize, usize),
    (filter, channel, c): (&[Real], usize, usize),
    start: Lanes,
    (out, place): (&mut [Real], usize),
) {
    assert!(rows > 0 && channel + LANES <= c);
    assert!(origin + (rows - 1) * line + ((P - 1) * S + T - 1) * c + LANES <= x.len());
    assert!(channel + (rows * T - 1) * c + LANES <= filter.len());
    assert!(place + (P - 1) * c + LANES <= out.len());
    let mut sums = [start; P];
    // SAFETY: the assertions above bound every address.
    unsafe {
        for r in 0..rows {
            let taps = filter.as_ptr().add(channel).add(r * T * c);
            let factors: [Lanes; T] = std::array::from_fn(|t| Lanes::load_at(taps.add(t * c)));
            let mut pixel = x.as_ptr().add(origin).add(r * line);
            for d in 0..(P - 1) * S + T {
                let value = Lanes::load_at(pixel);
                for t in 0..T {
                    if d >= t && (d - t) % S == 0 && (d - t) / S < P {
                        sums[(d - t) / S] = value.mul_add(factors[t], sums[(d - t) / S]);
                    }
                }
                pixel = pixel.wrapping_add(c);
            }
        }
        let mut target = out.as_mut_ptr().add(place);
        for sum in sums {
            sum.store_at(target);
            target = target.wrapping_add(c);
        }
    }
}
