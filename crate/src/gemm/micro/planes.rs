//! Images of one channel: lanes along their width.

use crate::vector::{Lanes, Real, Vector, LANES};
use std::hint::black_box;

/// Sums of R kernel rows times T taps.
pub type Taps<const R: usize, const T: usize> = [[Lanes; T]; R];

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
        for j in 0..vectors {
            // SAFETY: the assertions above bound every address.
            unsafe {
                let pixels = x.as_ptr().add(first + j * LANES);
                march::<R, T>((pixels, row, column), taps, start, (out.as_mut_ptr().add(j * LANES), lines, width));
            }
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

/// Outputs of a filter that [`weave`] computes at a time.
const APART: usize = 1024;

/// Room for the outputs of F filters, apart, before [`weave`] puts them together.
pub type Apart<const F: usize> = [[Real; APART]; F];

/// Room for [`weave`].
pub fn apart<const F: usize>() -> Apart<F> {
    [[0.0; APART]; F]
}

/// `out[(i·width + j)·F + f] = start[f] + Σ x[first + i·line + r·row + t·column + j] · filter[(r·T + t)·F + f]` for the
/// whole vectors `j` of every row: [`planes`] of one filter after the other, which are then woven together. `COLUMN` as there.
/// Panics when a tap lies outside a slice.
#[inline(always)]
pub fn weave<const F: usize, const R: usize, const T: usize, const COLUMN: usize>(
    (x, first, row, column, line): (&[Real], usize, usize, usize, usize),
    (filter, start): (&[Real], &[Real; F]),
    (out, lines, width): (&mut [Real], usize, usize),
    apart: &mut Apart<F>,
) {
    let whole = width / LANES * LANES;
    let widest = whole.min(APART / 4);
    let mut j = 0;
    while j < whole {
        let columns = widest.min(whole - j);
        let mut i = 0;
        while i < lines {
            let count = (APART / columns).min(lines - i);
            for (f, plane) in apart.iter_mut().enumerate() {
                let tap = |r, t| Lanes::splat(filter[(r * T + t) * F + f]);
                let taps: Taps<R, T> = std::array::from_fn(|r| std::array::from_fn(|t| tap(r, t)));
                let pixels = (x, first + i * line + j, row, column, line);
                planes::<R, T, COLUMN>(pixels, &taps, Some(Lanes::splat(start[f])), (plane, count, columns));
            }
            for k in 0..count {
                let planes: [&[Real]; F] = std::array::from_fn(|f| &apart[f][k * columns..(k + 1) * columns]);
                interleave(planes, &mut out[((i + k) * width + j) * F..][..columns * F]);
            }
            i += count;
        }
        j += columns;
    }
}

/// `out[j·F + f] = planes[f][j]` for whole vectors `j`. Panics when the lengths differ.
#[inline(always)]
fn interleave<const F: usize>(planes: [&[Real]; F], out: &mut [Real]) {
    let length = out.len() / F;
    assert!(length % LANES == 0 && planes.iter().all(|plane| plane.len() == length));
    let mut sources = planes.map(<[Real]>::as_ptr);
    let mut target = out.as_mut_ptr();
    for _ in 0..length / LANES {
        // SAFETY: all planes have `length` values, `out` has F times as many, and the steps add up to no more.
        unsafe {
            let vectors: [Lanes; F] = sources.map(|source| Lanes::load_at(source));
            for (v, vector) in Lanes::interleave(vectors).into_iter().enumerate() {
                vector.store_at(target.add(v * LANES));
            }
        }
        sources = sources.map(|source| source.wrapping_add(LANES));
        target = target.wrapping_add(F * LANES);
    }
}
