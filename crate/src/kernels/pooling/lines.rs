//! Max pooling line by line: the largest values of a window's rows are taken for all columns at once, then those of its columns from
//! what that gave. So vectors are full whatever the number of channels, and a window costs the sum of its sides, not their product.

use super::{between, clip, has_doubt, larger, ROOM};
use crate::geometry::Geometry;
use crate::vector::{combine, combine_and_add, sweep, Lanes, Real, Vector, LANES};

/// Rows whose values are added up while their largest are taken.
const SUMMED: usize = 3;

/// Channels from which on a window is worth a loop over vectors.
const MANY: usize = 16;

/// Whether this way is taken: where a window's row fits.
pub fn fits(g: &Geometry) -> bool {
    g.kernel_w * g.in_c + LANES <= ROOM
}

/// The largest value of each window.
pub fn max(g: &Geometry, x: &[Real], y: &mut [Real]) {
    let (c, row) = (g.in_c, g.in_w * g.in_c);
    let mut room = [Real::NEG_INFINITY; ROOM];
    // Windows side by side whose pixels fit, with a vector behind the last one.
    let most = ((ROOM - LANES) / c - g.kernel_w) / g.stride_w + 1;
    for (line, y) in y.chunks_exact_mut(g.out_w * c).enumerate() {
        let (image, i) = (line / g.out_h, line % g.out_h);
        let rows = clip(i * g.stride_h, g.kernel_h, g.pad_top, g.in_h);
        for (part, y) in y.chunks_mut(most * c).enumerate() {
            let start = part * most * g.stride_w;
            let pixels = (y.len() / c - 1) * g.stride_w + g.kernel_w;
            let columns = clip(start, pixels, g.pad_left, g.in_w);
            let line = &mut room[..pixels * c + LANES];
            // What lies beyond the border does not count.
            let before = g.pad_left.saturating_sub(start).min(pixels) * c;
            let middle = between(Real::NEG_INFINITY, line, before, columns.len() * c);
            let place = (image * g.in_h + rows.start) * row + columns.start * c;
            let pixels = x.get(place..).unwrap_or_default();
            // The larger of two may lose a NaN, which the sum does not; it is NaN also where there are infinities, of which the other way
            // gives the same.
            let sum = largest_of(rows.len(), row, pixels, middle, Lanes::at_least);
            let doubt = |number: usize| has_doubt(&pixels[number * row..][..middle.len()]);
            if sum.has_nan() || (SUMMED..rows.len()).any(doubt) {
                largest_of(rows.len(), row, pixels, middle, larger);
                largest_along(g, line, y, larger);
            } else {
                largest_along(g, line, y, Lanes::at_least);
            }
        }
    }
}

/// The largest values of windows of a line.
#[inline(always)]
fn largest_along(g: &Geometry, line: &[Real], y: &mut [Real], larger: impl Fn(Lanes, Lanes) -> Lanes + Copy) {
    match (g.stride_w, g.kernel_w) {
        (1, _) => {
            largest_of(g.kernel_w, g.in_c, line, y, larger);
        }
        (_, 2) => largest_of_windows::<2>(g, line, y, larger),
        (_, 3) => largest_of_windows::<3>(g, line, y, larger),
        _ => largest_of_windows::<0>(g, line, y, larger),
    }
}

/// The largest values of `count` arrays, each `step` behind the one before it, and the sum of those of the first [`SUMMED`].
#[inline(always)]
fn largest_of(
    count: usize,
    step: usize,
    x: &[Real],
    y: &mut [Real],
    larger: impl Fn(Lanes, Lanes) -> Lanes + Copy,
) -> Lanes {
    let length = y.len();
    let array = |number: usize| &x[number * step..][..length];
    match count {
        0 => {
            y.fill(Real::NEG_INFINITY);
            Lanes::splat(0.0)
        }
        1 => combine_and_add::<1, 4>([array(0)], y, |[a]| (a, a)),
        2 => combine_and_add::<2, 4>([array(0), array(1)], y, |[a, b]| (larger(a, b), a.add(b))),
        _ => {
            let arrays = [array(0), array(1), array(2)];
            let sum = combine_and_add::<SUMMED, 2>(arrays, y, |[a, b, d]| (larger(larger(a, b), d), a.add(b).add(d)));
            for next in SUMMED..count {
                sweep::<4>(None, array(next), y, larger);
            }
            sum
        }
    }
}

/// The largest values of windows of K columns of a line, or of any number where K is 0.
#[inline(always)]
fn largest_of_windows<const K: usize>(
    g: &Geometry,
    line: &[Real],
    y: &mut [Real],
    larger: impl Fn(Lanes, Lanes) -> Lanes,
) {
    let (c, step) = (g.in_c, g.stride_w * g.in_c);
    let count = if K == 0 { g.kernel_w } else { K };
    let largest = |place: usize| {
        let line = &line[place..][..(count - 1) * c + LANES];
        let mut best = Lanes::load(line);
        for q in 1..count {
            best = larger(best, Lanes::load(&line[q * c..]));
        }
        best
    };
    if c < LANES {
        // A vector has more than the window's channels; what it writes behind them is overwritten by the next ones.
        let windows = y.len() / c;
        for j in 0..windows {
            let (best, y) = (largest(j * step), &mut y[j * c..]);
            if y.len() < LANES {
                best.store_few(y);
            } else {
                best.store(y);
            }
        }
        return;
    }
    let windows = y.chunks_exact_mut(c).enumerate();
    if K == 3 && c >= MANY {
        for (j, y) in windows {
            let columns = |q: usize| &line[j * step + q * c..][..c];
            combine::<3, 4>([columns(0), columns(1), columns(2)], y, |[a, b, d]| larger(larger(a, b), d));
        }
        return;
    }
    for (j, y) in windows {
        for first in (0..c / LANES * LANES).step_by(LANES) {
            largest(j * step + first).store(&mut y[first..]);
        }
        if c % LANES > 0 {
            // Again those before the last ones.
            largest(j * step + c - LANES).store(&mut y[c - LANES..]);
        }
    }
}
