//! Max pooling line by line: the largest values of a window's rows are taken for all columns at once, then those of its columns from
//! what that gave. So vectors are full whatever the number of channels, and a window costs the sum of its sides, not their product.

use super::{clip, larger};
use crate::geometry::Geometry;
use crate::vector::{combine, copy, sweep, Lanes, Real, Vector, LANES};

/// Values of a line that are on their way at once: they stay in a first-level cache.
const ROOM: usize = 1024;

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
            let (left, rest) = line.split_at_mut(g.pad_left.saturating_sub(start).min(pixels) * c);
            let (middle, right) = rest.split_at_mut(columns.len() * c);
            left.fill(Real::NEG_INFINITY);
            right.fill(Real::NEG_INFINITY);
            let place = (image * g.in_h + rows.start) * row + columns.start * c;
            let pixels = x.get(place..).unwrap_or_default();
            largest_of(rows.len(), row, pixels, middle);
            match (g.stride_w, g.kernel_w) {
                (1, _) => largest_of(g.kernel_w, c, line, y),
                (_, 2) => largest_of_windows::<2>(g, line, y),
                (_, 3) => largest_of_windows::<3>(g, line, y),
                _ => largest_of_windows::<0>(g, line, y),
            }
        }
    }
}

/// The largest values of `count` arrays, each `step` behind the one before it.
#[inline(always)]
fn largest_of(count: usize, step: usize, x: &[Real], y: &mut [Real]) {
    let length = y.len();
    let array = |number: usize| &x[number * step..][..length];
    match count {
        0 => y.fill(Real::NEG_INFINITY),
        1 => copy(array(0), y),
        2 => combine::<2, 4>([array(0), array(1)], y, |[a, b]| larger(a, b)),
        _ => {
            combine::<3, 2>([array(0), array(1), array(2)], y, |[a, b, d]| larger(larger(a, b), d));
            for next in 3..count {
                sweep::<4>(None, array(next), y, larger);
            }
        }
    }
}

/// The largest values of windows of K columns of a line, or of any number where K is 0.
#[inline(always)]
fn largest_of_windows<const K: usize>(g: &Geometry, line: &[Real], y: &mut [Real]) {
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
    for (j, y) in y.chunks_exact_mut(c).enumerate() {
        for first in (0..c / LANES * LANES).step_by(LANES) {
            largest(j * step + first).store(&mut y[first..]);
        }
        if c % LANES > 0 {
            // Again those before the last ones.
            largest(j * step + c - LANES).store(&mut y[c - LANES..]);
        }
    }
}
