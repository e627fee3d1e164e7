//! Images of one channel: lanes along their width.

use crate::vector::{Lanes, Real, Vector, LANES};
use std::hint::black_box;

/// Sums of R kernel rows times T taps.
pub type Taps<const R: usize, const T: usize> = [[Lanes; T]; R];

/// How many of the lines that are left, of `length` values each, are walked down together, column by column: four or more where there
/// are so many. More would want more streams of memory than a processor keeps up with, where lines are long.
pub fn band(left: usize, length: usize) -> usize {
    let most = (4096 / length.max(1)).clamp(8, 32);
    match left {
        _ if left <= most => left,
        _ if left < 2 * most => left / 2,
        _ => most,
    }
}

/// `out[i, j] = start + Σ x[first + i·line + r·row + t·column + j] · taps[r][t]`, or added to what `out` holds when
/// `start` is `None`: the whole vectors `j` of `lines` rows of `width` outputs of one filter, with lanes along the
/// width. `COLUMN` is the distance of two taps when it is known, else 0. Panics when a tap lies outside a slice.
#[inline(always)]
pub fn planes<const R: usize, const T: usize, const COLUMN: usize>(
    (x, first, row, column, line): (&[Real], usize, usize, usize, usize),
    taps: &Taps<R, T>,
    start: Option<Lanes>,
    (out, lines, width): (&mut [Real], usize, usize),
) {
    let column = if COLUMN > 0 { COLUMN } else { column };
    let vectors = width / LANES;
    if lines == 0 || vectors == 0 {
        return;
    }
    assert!(first + (lines - 1) * line + (R - 1) * row + (T - 1) * column + vectors * LANES <= x.len());
    assert!((lines - 1) * width + vectors * LANES <= out.len());
    if line == row && lines >= R {
        // Lines share rows of pixels: down each column of vectors every row is loaded once.
        let mut i = 0;
        while i < lines {
            let count = band(lines - i, width);
            for j in 0..vectors {
                // SAFETY: the assertions above bound every address.
                unsafe {
                    let pixels = x.as_ptr().add(first + i * line + j * LANES);
                    let target = out.as_mut_ptr().add(i * width + j * LANES);
                    march::<R, T>((pixels, row, column), taps, start, (target, count, width));
                }
            }
            i += count;
        }
        return;
    }
    for i in 0..lines {
        // SAFETY: the assertions above bound every address.
        unsafe {
            let pixels = x.as_ptr().add(first + i * line);
            let target = out.as_mut_ptr().add(i * width);
            // Several vectors at a time: the sum of one is a chain of additions that waits for itself.
            let mut j = 0;
            while j + 5 <= vectors {
                plane::<R, T, 5>((pixels.add(j * LANES), row, column), taps, start, target.add(j * LANES));
                j += 5;
            }
            while j + 2 <= vectors {
                plane::<R, T, 2>((pixels.add(j * LANES), row, column), taps, start, target.add(j * LANES));
                j += 2;
            }
            if j < vectors {
                plane::<R, T, 1>((pixels.add(j * LANES), row, column), taps, start, target.add(j * LANES));
            }
        }
    }
}

/// A column of vectors of [`planes`] whose lines lie as far apart as the rows of taps: a row of pixels adds to the R lines that
/// see it. There are R lines at least.
///
/// # Safety
/// The pixels and the outputs must lie inside their arrays.
#[inline(always)]
unsafe fn march<const R: usize, const T: usize>(
    (mut pixels, row, column): (*const Real, usize, usize),
    taps: &Taps<R, T>,
    start: Option<Lanes>,
    (target, lines, width): (*mut Real, usize, usize),
) {
    let (mut begun, mut ended) = (target, target);
    // The sums of the line that a row is the first of, of the one before, …
    let mut sums = [Lanes::splat(0.0); R];
    // SAFETY: promised by the caller; `lines` lines begin, and as many end.
    unsafe {
        let first = |begun: *mut Real| start.unwrap_or_else(|| Lanes::load_at(begun));
        for r in 0..R - 1 {
            sums[0] = first(begun);
            sums = add_row(sums, (pixels, column), taps, 0..r + 1);
            (pixels, begun) = (pixels.wrapping_add(row), begun.wrapping_add(width));
            sums = std::array::from_fn(|r| sums[r.saturating_sub(1)]);
        }
        for _ in R - 1..lines {
            sums[0] = first(begun);
            sums = add_row(sums, (pixels, column), taps, 0..R);
            sums[R - 1].store_at(ended);
            (pixels, begun) = (pixels.wrapping_add(row), begun.wrapping_add(width));
            ended = ended.wrapping_add(width);
            sums = std::array::from_fn(|r| sums[r.saturating_sub(1)]);
        }
        for r in 1..R {
            sums = add_row(sums, (pixels, column), taps, r..R);
            sums[R - 1].store_at(ended);
            (pixels, ended) = (pixels.wrapping_add(row), ended.wrapping_add(width));
            sums = std::array::from_fn(|r| sums[r.saturating_sub(1)]);
        }
    }
}

/// Adds a row of pixels to the sums of the lines of which it is one of the rows `seen`.
///
/// # Safety
/// The pixels must lie inside their array.
#[inline(always)]
unsafe fn add_row<const R: usize, const T: usize>(
    sums: [Lanes; R],
    (pixels, column): (*const Real, usize),
    taps: &Taps<R, T>,
    seen: std::ops::Range<usize>,
) -> [Lanes; R] {
    // SAFETY: promised by the caller.
    let values: [Lanes; T] = std::array::from_fn(|t| unsafe { Lanes::load_at(pixels.add(t * column)) });
    std::array::from_fn(|r| match seen.contains(&r) {
        true => (0..T).fold(sums[r], |sum, t| values[t].mul_add(taps[r][t], sum)),
        false => sums[r],
    })
}

/// N neighbouring vectors of [`planes`].
///
/// # Safety
/// The pixels and the outputs must lie inside their arrays.
#[inline(always)]
unsafe fn plane<const R: usize, const T: usize, const N: usize>(
    (pixels, row, column): (*const Real, usize, usize),
    taps: &Taps<R, T>,
    start: Option<Lanes>,
    target: *mut Real,
) {
    // SAFETY: promised by the caller.
    unsafe {
        let mut sums: [Lanes; N] = std::array::from_fn(|n| match start {
            Some(start) => start,
            None => Lanes::load_at(target.add(n * LANES)),
        });
        for r in 0..black_box(R) {
            let line = pixels.add(r * row);
            for t in 0..T {
                for n in 0..N {
                    let values = Lanes::load_at(line.add(n * LANES).add(t * column));
                    sums[n] = values.mul_add(taps[r][t], sums[n]);
                }
            }
        }
        for n in 0..N {
            sums[n].store_at(target.add(n * LANES));
        }
    }
}

/// `out[(i·width + j)·F + f] = start[f] + Σ x[first + i·line + r·row + t·column + j] · filter[(r·T + t)·F + f]` for the
/// whole vectors `j` of every row: F filters of `rows` times T taps share each load of `x`, their outputs are woven
/// together in registers. `COLUMN` as for [`planes`]. Panics when a tap lies outside a slice.
#[inline(always)]
pub fn weave<const F: usize, const T: usize, const COLUMN: usize>(
    (x, first, row, column, line): (&[Real], usize, usize, usize, usize),
    (filter, rows): (&[Real], usize),
    start: &[Real; F],
    (out, lines, width): (&mut [Real], usize, usize),
) {
    let column = if COLUMN > 0 { COLUMN } else { column };
    let vectors = width / LANES;
    if lines == 0 || vectors == 0 {
        return;
    }
    assert!(rows > 0 && first + (lines - 1) * line + (rows - 1) * row + (T - 1) * column + vectors * LANES <= x.len());
    assert!(rows * T * F <= filter.len() && ((lines - 1) * width + vectors * LANES) * F <= out.len());
    for i in 0..lines {
        // SAFETY: the assertions above bound every address.
        unsafe {
            let pixels = x.as_ptr().add(first + i * line);
            let target = out.as_mut_ptr().add(i * width * F);
            let mut j = 0;
            // Three vectors at a time share the weights, which do not all fit the registers.
            while j + 3 <= vectors {
                let place = (pixels.add(j * LANES), row, column);
                woven::<F, T, 3>(place, (filter.as_ptr(), rows), start, target.add(j * LANES * F));
                j += 3;
            }
            if j + 2 <= vectors {
                let place = (pixels.add(j * LANES), row, column);
                woven::<F, T, 2>(place, (filter.as_ptr(), rows), start, target.add(j * LANES * F));
                j += 2;
            }
            if j < vectors {
                let place = (pixels.add(j * LANES), row, column);
                woven::<F, T, 1>(place, (filter.as_ptr(), rows), start, target.add(j * LANES * F));
            }
        }
    }
}

/// N neighbouring vectors of [`weave`].
///
/// # Safety
/// The pixels, the filter and the outputs must lie inside their arrays.
#[inline(always)]
unsafe fn woven<const F: usize, const T: usize, const N: usize>(
    (pixels, row, column): (*const Real, usize, usize),
    (filter, rows): (*const Real, usize),
    start: &[Real; F],
    target: *mut Real,
) {
    let mut sums: [[Lanes; N]; F] = std::array::from_fn(|f| [Lanes::splat(start[f]); N]);
    // SAFETY: promised by the caller.
    unsafe {
        let mut weights = filter;
        let mut line = pixels;
        // The numbers of rows and taps are not known here: unrolled, the weights or the pixels of all would be kept, on the
        // stack.
        for _ in 0..rows {
            let mut place = line;
            for _ in 0..black_box(T) {
                let values: [Lanes; N] = std::array::from_fn(|n| Lanes::load_at(place.add(n * LANES)));
                for f in 0..F {
                    let weight = Lanes::splat_at(weights.add(f));
                    for n in 0..N {
                        sums[f][n] = values[n].mul_add(weight, sums[f][n]);
                    }
                }
                weights = weights.wrapping_add(F);
                place = place.wrapping_add(column);
            }
            line = line.wrapping_add(row);
        }
        for n in 0..N {
            let vectors: [Lanes; F] = std::array::from_fn(|f| sums[f][n]);
            for (v, vector) in Lanes::interleave(vectors).into_iter().enumerate() {
                vector.store_at(target.add((n * F + v) * LANES));
            }
        }
    }
}
