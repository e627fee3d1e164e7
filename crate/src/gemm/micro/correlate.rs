//! Gradients of the filters of images of one channel.

use super::planes::{band, LEAST};
use super::Taps;
use crate::vector::{Lanes, Real, Vector, LANES};
use std::ops::Range;

/// `sums[r][t][l] += x[start + i·line + r·row + t·column + j] · dy[(i·width + j)·filters + f + l]` over `lines` rows of `width`
/// pixels: the gradients of R·T taps of four of the filters, which are the lanes. Panics when a tap lies outside a slice.
#[inline(always)]
pub fn correlate_channels<const R: usize, const T: usize>(
    sums: &mut Taps<R, T>,
    (x, start, row, column, line): (&[Real], usize, usize, usize, usize),
    (dy, f, filters): (&[Real], usize, usize),
    (lines, width): (usize, usize),
) {
    if lines == 0 || width == 0 {
        return;
    }
    assert!(start + (lines - 1) * line + (R - 1) * row + (T - 1) * column + width <= x.len());
    assert!(f + LANES <= filters && lines * width * filters <= dy.len());
    let mut totals = *sums;
    for i in 0..lines {
        // SAFETY: the assertions above bound every address.
        unsafe {
            let mut pixels: [*const Real; R] = std::array::from_fn(|r| x.as_ptr().add(start + i * line + r * row));
            let mut gradients = dy.as_ptr().add(i * width * filters + f);
            // Two gradients share the pixels that both see.
            for _ in 0..if column == 1 { width / 2 } else { 0 } {
                let first = Lanes::load_at(gradients);
                let second = Lanes::load_at(gradients.add(filters));
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
                gradients = gradients.wrapping_add(2 * filters);
            }
            for _ in 0..if column == 1 { width % 2 } else { width } {
                let gradient = Lanes::load_at(gradients);
                for r in 0..R {
                    for t in 0..T {
                        let pixel = Lanes::splat_at(pixels[r].add(t * column));
                        totals[r][t] = pixel.mul_add(gradient, totals[r][t]);
                    }
                    pixels[r] = pixels[r].add(1);
                }
                gradients = gradients.wrapping_add(filters);
            }
        }
    }
    *sums = totals;
}

/// `sums[r][t] += x[start + i·line + r·row + t·column + j] · dy[(i·width + j)·F + f]` for `lines` rows of gradients of `width`
/// pixels, four at least: the gradients of R·T taps of one of F filters at once, with lanes along the width. Panics outside a slice.
#[inline(always)]
pub fn correlate<const F: usize, const R: usize, const T: usize>(
    sums: &mut Taps<R, T>,
    (x, start, row, column, line): (&[Real], usize, usize, usize, usize),
    (dy, f, lines, width): (&[Real], usize, usize, usize),
) {
    if lines == 0 {
        return;
    }
    assert!(width >= LANES && start + (lines - 1) * line + (R - 1) * row + (T - 1) * column + width <= x.len());
    assert!(f < F && lines * width * F <= dy.len());
    // Rows of gradients that are so many apart see the same rows of pixels.
    let phases = match line {
        _ if line == row => 1,
        1.. if row % line == 0 => (row / line).min(lines),
        _ => lines,
    };
    let mut totals = *sums;
    for phase in 0..phases {
        let mut left = if phases == 1 { lines } else { (lines - phase).div_ceil(phases) };
        let mut first = phase;
        while left > 0 {
            const { assert!(R <= LEAST) };
            let lines = if left < R { 1 } else { band(left, width * F) };
            // SAFETY: the assertions above bound every address.
            unsafe {
                let block = Block::<F> {
                    pixels: x.as_ptr().add(start + first * line),
                    row,
                    column,
                    gradients: dy.as_ptr().add(first * width * F + f),
                    step: phases * width * F,
                    lines,
                };
                if lines < R {
                    block.along(&mut totals, width);
                } else {
                    block.down(&mut totals, width);
                }
            }
            first += lines * phases;
            left -= lines;
        }
    }
    *sums = totals;
}

/// Some rows of gradients, `step` apart, the first of which sees rows of pixels that are as far apart as what two rows of gradients
/// see through the same tap.
#[derive(Clone, Copy)]
struct Block<const F: usize> {
    pixels: *const Real,
    row: usize,
    column: usize,
    gradients: *const Real,
    step: usize,
    lines: usize,
}

impl<const F: usize> Block<F> {
    /// Strips of columns, one vector wide.
    ///
    /// # Safety
    /// The pixels and the gradients must lie inside their arrays, in rows of `width`; there must be R lines or more.
    #[inline(always)]
    unsafe fn down<const R: usize, const T: usize>(mut self, totals: &mut Taps<R, T>, width: usize) {
        // SAFETY: promised by the caller.
        unsafe {
            for _ in 0..width / LANES {
                self.strip(totals);
                self.pixels = self.pixels.wrapping_add(LANES);
                self.gradients = self.gradients.wrapping_add(LANES * F);
            }
            let rest = width % LANES;
            if rest > 0 {
                self.pixels = self.pixels.wrapping_sub(LANES - rest);
                self.gradients = self.gradients.wrapping_sub((LANES - rest) * F);
                let done = *totals;
                self.strip(totals);
                restore(totals, &done, LANES - rest);
            }
        }
    }

    /// Each row of pixels is loaded once, for all rows of gradients that see it, which are kept: a sum gets one product a row.
    ///
    /// # Safety
    /// As for [`Self::down`], of one vector of columns.
    #[inline(always)]
    unsafe fn strip<const R: usize, const T: usize>(&self, totals: &mut Taps<R, T>) {
        let &Self { mut pixels, row, column, mut gradients, step, lines } = self;
        let mut seen = [Lanes::splat(0.0); R];
        // SAFETY: promised by the caller.
        unsafe {
            for last in 1..R {
                let next = Self::load_at(gradients);
                seen = std::array::from_fn(|r| if r > 0 { seen[r - 1] } else { next });
                add_row(totals, (pixels, column), seen, 0..last);
                pixels = pixels.wrapping_add(row);
                gradients = gradients.wrapping_add(step);
            }
            for _ in R - 1..lines {
                let next = Self::load_at(gradients);
                seen = std::array::from_fn(|r| if r > 0 { seen[r - 1] } else { next });
                add_row(totals, (pixels, column), seen, 0..R);
                pixels = pixels.wrapping_add(row);
                gradients = gradients.wrapping_add(step);
            }
            for first in 1..R {
                seen = std::array::from_fn(|r| seen[r.max(1) - 1]);
                add_row(totals, (pixels, column), seen, first..R);
                pixels = pixels.wrapping_add(row);
            }
        }
    }

    /// One row of gradients, from its beginning to its end.
    ///
    /// # Safety
    /// The pixels and the gradients must lie inside their arrays, in rows of `width`.
    #[inline(always)]
    unsafe fn along<const R: usize, const T: usize>(&self, totals: &mut Taps<R, T>, width: usize) {
        let &Self { pixels, row, column, gradients, .. } = self;
        let add = |totals: &mut Taps<R, T>, j: usize| {
            // SAFETY: promised by the caller.
            unsafe {
                let gradient = Self::load_at(gradients.add(j * F));
                for r in 0..R {
                    add_row(totals, (pixels.add(r * row + j), column), [gradient; R], r..r + 1);
                }
            }
        };
        for j in 0..width / LANES {
            add(totals, j * LANES);
        }
        let rest = width % LANES;
        if rest > 0 {
            let done = *totals;
            add(totals, width - LANES);
            restore(totals, &done, LANES - rest);
        }
    }

    /// The gradients of four neighbouring pixels.
    ///
    /// # Safety
    /// Those of all filters must lie inside their array.
    #[inline(always)]
    unsafe fn load_at(gradients: *const Real) -> Lanes {
        // SAFETY: promised by the caller.
        unsafe {
            match F {
                1 => Lanes::load_at(gradients),
                2 => Lanes::load_at(gradients).pick_of_twos(Lanes::load_at(gradients.add(3))),
                _ => Lanes::load_at(gradients).pick_of_threes(Lanes::load_at(gradients.add(6))),
            }
        }
    }
}

/// `totals[r][t] += pixels[t·column..] · seen[r]`.
///
/// # Safety
/// The pixels must lie inside their array.
#[inline(always)]
unsafe fn add_row<const R: usize, const T: usize>(
    totals: &mut Taps<R, T>,
    (pixels, column): (*const Real, usize),
    seen: [Lanes; R],
    rows: Range<usize>,
) {
    for t in 0..T {
        // SAFETY: promised by the caller.
        let pixel = unsafe { Lanes::load_at(pixels.add(t * column)) };
        for r in 0..R {
            if rows.contains(&r) {
                totals[r][t] = pixel.mul_add(seen[r], totals[r][t]);
            }
        }
    }
}

/// Takes back what the last, overlapping vector has added to the first lanes, which were done before: a product with zero would not
/// be nothing where a pixel or a gradient is infinite.
#[inline(always)]
fn restore<const R: usize, const T: usize>(totals: &mut Taps<R, T>, done: &Taps<R, T>, lanes: usize) {
    let lane = Lanes::from_array(std::array::from_fn(|lane| lane as Real));
    let lanes = Lanes::splat(lanes as Real);
    for (totals, done) in totals.iter_mut().zip(done) {
        for (total, &done) in totals.iter_mut().zip(done) {
            *total = lane.select_less(lanes, done, *total);
        }
    }
}
