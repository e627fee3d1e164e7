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
    let mut i = 0;
    // Lines that share rows of pixels are computed together, a vector of each at a time.
    while line == row && i + GROUP <= lines {
        // SAFETY: the assertions above bound every address.
        unsafe {
            let mut pixels = x.as_ptr().add(first + i * line);
            let mut target = out.as_mut_ptr().add(i * width);
            for _ in 0..vectors {
                group::<R, T, COLUMN>((pixels, row, column), taps, start, (target, width));
                pixels = pixels.wrapping_add(LANES);
                target = target.wrapping_add(LANES);
            }
        }
        i += GROUP;
    }
    for i in i..lines {
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

/// Lines that are computed together.
const GROUP: usize = 2;

/// A vector of each of [`GROUP`] lines of [`planes`], whose pixels lie `row` apart.
///
/// # Safety
/// The pixels and the outputs must lie inside their arrays.
#[inline(always)]
unsafe fn group<const R: usize, const T: usize, const COLUMN: usize>(
    (pixels, row, column): (*const Real, usize, usize),
    taps: &Taps<R, T>,
    start: Option<Lanes>,
    (target, width): (*mut Real, usize),
) {
    // SAFETY: promised by the caller.
    unsafe {
        let mut sums: [Lanes; GROUP] = std::array::from_fn(|i| match start {
            Some(start) => start,
            None => Lanes::load_at(target.add(i * width)),
        });
        let mut place = pixels;
        for r in 0..R + GROUP - 1 {
            for t in 0..T {
                let values = Lanes::load_at(place.add(t * column));
                for i in 0..GROUP {
                    if r >= i && r - i < R {
                        sums[i] = values.mul_add(taps[r - i][t], sums[i]);
                    }
                }
            }
            place = place.add(row);
        }
        let mut target = target;
        for sum in sums {
            sum.store_at(target);
            target = target.wrapping_add(width);
        }
    }
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

/// `sums[r][t][f] += x[start + i·line + r·row + t·column + j] · dy[(i·width + j)·channels + f]` over all pixels: the
/// gradients of R·T taps for up to four channels `f`, which are the lanes; lanes beyond them hold nothing of use.
/// Panics when a tap lies outside a slice.
#[inline(always)]
pub fn correlate_channels<const R: usize, const T: usize>(
    sums: &mut Taps<R, T>,
    (x, start, row, column, line): (&[Real], usize, usize, usize, usize),
    (dy, lines, width, channels): (&[Real], usize, usize, usize),
) {
    let pixels = lines * width;
    if pixels == 0 {
        return;
    }
    assert!(start + (lines - 1) * line + (R - 1) * row + (T - 1) * column + width <= x.len());
    assert!(channels > 0 && channels <= LANES && pixels * channels <= dy.len());
    let safe = (pixels * channels).saturating_sub(LANES) / channels + usize::from(pixels * channels >= LANES);
    let mut totals = *sums;
    for i in 0..lines {
        let begin = i * width;
        let whole = safe.saturating_sub(begin).min(width);
        // SAFETY: the assertions above bound every address; `safe` pixels have four floats from their place on.
        unsafe {
            let mut pixels: [*const Real; R] = std::array::from_fn(|r| x.as_ptr().add(start + i * line + r * row));
            let mut gradients = dy.as_ptr().add(begin * channels);
            // Two gradients share the pixels that both see.
            for _ in 0..if column == 1 { whole / 2 } else { 0 } {
                let first = Lanes::load_at(gradients);
                let second = Lanes::load_at(gradients.add(channels));
                for r in 0..R {
                    for t in 0..T + 1 {
                        let pixel = Lanes::splat_at(pixels[r].add(t));
                        if t < T {
                            totals[r][t] = pixel.mul_add(first, totals[r][t]);
                        }
                        if t > 0 {
                            totals[r][t - 1] = pixel.mul_add(second, totals[r][t - 1]);
                        }
                    }
                    pixels[r] = pixels[r].add(2);
                }
                gradients = gradients.add(2 * channels);
            }
            for _ in 0..if column == 1 { whole % 2 } else { whole } {
                let gradient = Lanes::load_at(gradients);
                for r in 0..R {
                    for t in 0..T {
                        let pixel = Lanes::splat_at(pixels[r].add(t * column));
                        totals[r][t] = pixel.mul_add(gradient, totals[r][t]);
                    }
                    pixels[r] = pixels[r].add(1);
                }
                gradients = gradients.add(channels);
            }
        }
        for j in whole..width {
            let mut lanes = [0.0; LANES];
            lanes[..channels].copy_from_slice(&dy[(begin + j) * channels..][..channels]);
            let gradient = Lanes::from_array(lanes);
            for r in 0..R {
                for t in 0..T {
                    let pixel = Lanes::splat(x[start + i * line + r * row + t * column + j]);
                    totals[r][t] = pixel.mul_add(gradient, totals[r][t]);
                }
            }
        }
    }
    *sums = totals;
}

/// `sums[r][t] += x[start + r·row + t·column + j] · dy[j]` for the whole vectors `j` of `lines` rows of gradients of
/// `width` values, images `line` apart: the gradients of R·T taps at once. `COLUMN` as for [`planes`]. Panics outside a slice.
#[inline(always)]
pub fn correlate<const R: usize, const T: usize, const COLUMN: usize>(
    sums: &mut Taps<R, T>,
    (x, start, row, column, line): (&[Real], usize, usize, usize, usize),
    (dy, lines, width): (&[Real], usize, usize),
) {
    let column = if COLUMN > 0 { COLUMN } else { column };
    let vectors = width / LANES;
    if lines == 0 || vectors == 0 {
        return;
    }
    assert!(start + (lines - 1) * line + (R - 1) * row + (T - 1) * column + vectors * LANES <= x.len());
    assert!((lines - 1) * width + vectors * LANES <= dy.len());
    let mut totals = *sums;
    for i in 0..lines {
        // SAFETY: the assertions above bound every address.
        unsafe {
            let rows: [*const Real; R] = std::array::from_fn(|r| x.as_ptr().add(start + i * line + r * row));
            let gradients = dy.as_ptr().add(i * width);
            for j in 0..vectors {
                let gradient = Lanes::load_at(gradients.add(j * LANES));
                for r in 0..R {
                    for t in 0..T {
                        let pixel = Lanes::load_at(rows[r].add(j * LANES).add(t * column));
                        totals[r][t] = pixel.mul_add(gradient, totals[r][t]);
                    }
                }
            }
        }
    }
    *sums = totals;
}

/// `sums[f][t] += x[start + i·line + t·column + j] · dy[f·plane + i·width + j]` for the whole vectors `j` of `lines`
/// rows of gradients of `width` values: the gradients of T taps of one kernel row for F filters, whose gradients lie
/// `plane` values apart. `COLUMN` as for [`planes`]. Panics outside a slice.
#[inline(always)]
pub fn correlate_planes<const F: usize, const T: usize, const COLUMN: usize>(
    sums: &mut Taps<F, T>,
    (x, start, column, line): (&[Real], usize, usize, usize),
    (dy, plane, lines, width): (&[Real], usize, usize, usize),
) {
    let column = if COLUMN > 0 { COLUMN } else { column };
    let vectors = width / LANES;
    if lines == 0 || vectors == 0 {
        return;
    }
    assert!(start + (lines - 1) * line + (T - 1) * column + vectors * LANES <= x.len());
    assert!((F - 1) * plane + (lines - 1) * width + vectors * LANES <= dy.len());
    let mut totals = *sums;
    for i in 0..lines {
        // SAFETY: the assertions above bound every address.
        unsafe {
            let row = x.as_ptr().add(start + i * line);
            let gradients = dy.as_ptr().add(i * width);
            for j in 0..vectors {
                let pixels: [Lanes; T] = std::array::from_fn(|t| Lanes::load_at(row.add(j * LANES).add(t * column)));
                for f in 0..F {
                    let gradient = Lanes::load_at(gradients.add(f * plane).add(j * LANES));
                    for t in 0..T {
                        totals[f][t] = pixels[t].mul_add(gradient, totals[f][t]);
                    }
                }
            }
        }
    }
    *sums = totals;
}
