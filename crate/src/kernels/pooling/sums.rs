//! Average pooling of windows a pixel apart, line by line: the rows of windows are added up for all columns at once, then their columns of
//! what that gave. So vectors are full whatever the number of channels, and a window costs the sum of its sides, not their product.

use super::{between, clip, ROOM};
use crate::geometry::Geometry;
use crate::vector::{combine, sweep, Lanes, Real, Vector};
use std::ops::Range;

/// Whether this way is taken: where a window's row fits.
pub fn fits(g: &Geometry) -> bool {
    g.stride_h == 1 && g.stride_w == 1 && g.kernel_w * g.in_c <= ROOM
}

/// Columns whose windows, or windows whose columns, fit.
fn most(g: &Geometry) -> usize {
    ROOM / g.in_c + 1 - g.kernel_w
}

/// The mean of each window.
pub fn average(g: &Geometry, x: &[Real], y: &mut [Real]) {
    let (c, most, mut room) = (g.in_c, most(g), [0.0; ROOM]);
    for (line, y) in y.chunks_exact_mut(g.out_w * c).enumerate() {
        let (image, i) = (line / g.out_h, line % g.out_h);
        let rows = clip(i, g.kernel_h, g.pad_top, g.in_h);
        for (part, y) in y.chunks_mut(most * c).enumerate() {
            let (start, windows) = (part * most, y.len() / c);
            let pixels = windows + g.kernel_w - 1;
            let columns = clip(start, pixels, g.pad_left, g.in_w);
            let row = |row: usize| &x[((image * g.in_h + row) * g.in_w + columns.start) * c..][..columns.len() * c];
            let line = &mut room[..pixels * c];
            let middle = between(0.0, line, g.pad_left.saturating_sub(start).min(pixels) * c, columns.len() * c);
            add_up(rows.clone().map(|number| (row(number), 1.0)), middle);
            let share = |columns: usize| 1.0 / (rows.len() * columns) as Real;
            add_columns(g, line, y, share(g.kernel_w));
            for j in at_border(g, start..start + windows) {
                let (count, place) = (columns_of(g, j), (j - start) * c);
                add_columns(g, &line[place..], &mut y[place..][..c], share(count));
            }
        }
    }
}

/// Every pixel of a window gets its share of the gradient.
pub fn gradient(g: &Geometry, dy: &[Real], dx: &mut [Real]) {
    let (c, most, mut room) = (g.in_c, most(g), [0.0; ROOM]);
    for (line, dx) in dx.chunks_exact_mut(g.in_w * c).enumerate() {
        let (image, pixel) = (line / g.in_h, line % g.in_h + g.pad_top);
        // The windows that see the row.
        let rows = clip(pixel, g.kernel_h, g.kernel_h - 1, g.out_h);
        let share = |i: usize| 1.0 / (clip(i, g.kernel_h, g.pad_top, g.in_h).len() * g.kernel_w) as Real;
        for (part, dx) in dx.chunks_mut(most * c).enumerate() {
            let start = part * most + g.pad_left;
            let windows = dx.len() / c + g.kernel_w - 1;
            let columns = clip(start, windows, g.kernel_w - 1, g.out_w);
            let row = |i: usize| &dy[((image * g.out_h + i) * g.out_w + columns.start) * c..][..columns.len() * c];
            let line = &mut room[..windows * c];
            let before = (g.kernel_w - 1).saturating_sub(start).min(windows) * c;
            let middle = between(0.0, line, before, columns.len() * c);
            add_up(rows.clone().map(|i| (row(i), share(i))), middle);
            for j in at_border(g, columns.clone()) {
                let more = g.kernel_w as Real / columns_of(g, j) as Real;
                middle[(j - columns.start) * c..][..c].iter_mut().for_each(|share| *share *= more);
            }
            add_columns(g, line, dx, 1.0);
        }
    }
}

/// Columns of the image that a window sees.
fn columns_of(g: &Geometry, j: usize) -> usize {
    clip(j, g.kernel_w, g.pad_left, g.in_w).len()
}

/// Those of the windows of a row that see less than all of their columns.
fn at_border(g: &Geometry, windows: Range<usize>) -> impl Iterator<Item = usize> {
    let whole = g.pad_left..(g.in_w + g.pad_left + 1).saturating_sub(g.kernel_w);
    let left = windows.start..whole.start.clamp(windows.start, windows.end);
    left.clone().chain(whole.end.clamp(left.end, windows.end)..windows.end)
}

/// The sum of rows, each times a number.
#[inline(always)]
fn add_up<'a>(mut rows: impl Iterator<Item = (&'a [Real], Real)>, sums: &mut [Real]) {
    let times = |x: Lanes, number: Real| x.mul(Lanes::splat(number));
    let plus = |sum: Lanes, x: Lanes, number: Real| x.mul_add(Lanes::splat(number), sum);
    match [rows.next(), rows.next(), rows.next()] {
        [Some((a, of_a)), Some((b, of_b)), Some((d, of_d))] => {
            combine::<3, 4>([a, b, d], sums, |[a, b, d]| plus(plus(times(a, of_a), b, of_b), d, of_d));
        }
        [Some((a, of_a)), Some((b, of_b)), None] => {
            combine::<2, 4>([a, b], sums, |[a, b]| plus(times(a, of_a), b, of_b));
        }
        [Some((a, of_a)), ..] => combine::<1, 4>([a], sums, |[a]| times(a, of_a)),
        _ => sums.fill(0.0),
    }
    for (next, number) in rows {
        sweep::<4>(None, next, sums, |sum, x| plus(sum, x, number));
    }
}

/// The sum of a window's columns of a line for windows side by side, times a number.
#[inline(always)]
fn add_columns(g: &Geometry, line: &[Real], y: &mut [Real], number: Real) {
    let (length, number) = (y.len(), Lanes::splat(number));
    let column = |q: usize| &line[q * g.in_c..][..length];
    match g.kernel_w {
        1 => combine::<1, 4>([column(0)], y, |[a]| a.mul(number)),
        2 => combine::<2, 4>([column(0), column(1)], y, |[a, b]| a.add(b).mul(number)),
        3 => combine::<3, 4>([column(0), column(1), column(2)], y, |[a, b, d]| a.add(b).add(d).mul(number)),
        width => {
            combine::<3, 4>([column(0), column(1), column(2)], y, |[a, b, d]| a.add(b).add(d));
            for q in 3..width - 1 {
                sweep::<4>(None, column(q), y, Lanes::add);
            }
            sweep::<4>(None, column(width - 1), y, |sum, x| sum.add(x).mul(number));
        }
    }
}
