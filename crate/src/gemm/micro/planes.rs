//! Images of one channel: lanes along their width.

use crate::vector::{Lanes, Real, Vector, LANES};

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
    for i in 0..lines {
        // SAFETY: the assertions above bound every address.
        unsafe {
            let rows: [*const Real; R] = std::array::from_fn(|r| x.as_ptr().add(first + i * line + r * row));
            let target = out.as_mut_ptr().add(i * width);
            // Two vectors at a time: the sum of one is a chain of additions that waits for itself.
            let mut j = 0;
            while j + 2 <= vectors {
                let place = target.add(j * LANES);
                let mut sums = match start {
                    Some(start) => [start; 2],
                    None => [Lanes::load_at(place), Lanes::load_at(place.add(LANES))],
                };
                for r in 0..R {
                    for t in 0..T {
                        for v in 0..2 {
                            let pixels = Lanes::load_at(rows[r].add(j * LANES).add(v * LANES).add(t * column));
                            sums[v] = pixels.mul_add(taps[r][t], sums[v]);
                        }
                    }
                }
                sums[0].store_at(place);
                sums[1].store_at(place.add(LANES));
                j += 2;
            }
            if j < vectors {
                let place = target.add(j * LANES);
                let mut sum = start.unwrap_or_else(|| Lanes::load_at(place));
                for r in 0..R {
                    for t in 0..T {
                        sum = Lanes::load_at(rows[r].add(j * LANES).add(t * column)).mul_add(taps[r][t], sum);
                    }
                }
                sum.store_at(place);
            }
        }
    }
}

/// `out[(i·width + j)·F + f] = start[f] + Σ x[first + i·line + r·row + t·column + j] · filter[(r·T + t)·F + f]` for the
/// whole vectors `j` of every row: F filters share each load of `x`, their outputs are woven together in registers.
/// `COLUMN` as for [`planes`]. Panics when a tap lies outside a slice.
#[inline(always)]
pub fn weave<const F: usize, const R: usize, const T: usize, const COLUMN: usize>(
    (x, first, row, column, line): (&[Real], usize, usize, usize, usize),
    filter: &[Real],
    start: &[Real; F],
    (out, lines, width): (&mut [Real], usize, usize),
) {
    let column = if COLUMN > 0 { COLUMN } else { column };
    let vectors = width / LANES;
    if lines == 0 || vectors == 0 {
        return;
    }
    assert!(first + (lines - 1) * line + (R - 1) * row + (T - 1) * column + vectors * LANES <= x.len());
    assert!(R * T * F <= filter.len() && ((lines - 1) * width + vectors * LANES) * F <= out.len());
    for i in 0..lines {
        for j in 0..vectors {
            // SAFETY: the assertions above bound every address.
            unsafe {
                let pixels = x.as_ptr().add(first + i * line + j * LANES);
                let mut sums: [Lanes; F] = std::array::from_fn(|f| Lanes::splat(start[f]));
                for r in 0..R {
                    for t in 0..T {
                        let pixel = Lanes::load_at(pixels.add(r * row).add(t * column));
                        for f in 0..F {
                            let weight = Lanes::splat_at(filter.as_ptr().add((r * T + t) * F + f));
                            sums[f] = pixel.mul_add(weight, sums[f]);
                        }
                    }
                }
                let target = out.as_mut_ptr().add((i * width + j * LANES) * F);
                for (v, woven) in Lanes::interleave(sums).into_iter().enumerate() {
                    woven.store_at(target.add(v * LANES));
                }
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
            let rows: [*const Real; R] = std::array::from_fn(|r| x.as_ptr().add(start + i * line + r * row));
            let gradients = dy.as_ptr().add(begin * channels);
            for j in 0..whole {
                let gradient = Lanes::load_at(gradients.add(j * channels));
                for r in 0..R {
                    for t in 0..T {
                        let pixel = Lanes::splat_at(rows[r].add(j).add(t * column));
                        totals[r][t] = pixel.mul_add(gradient, totals[r][t]);
                    }
                }
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
