//! Max pooling of windows of 2×2 side by side, of channels that fill vectors: the pooling of most networks. Every pixel is
//! in one window, so that gradients are written once and not added.

use crate::geometry::Geometry;
use crate::vector::{combine, spread, Lanes, Real, Vector, LANES};

/// Whether this way is taken.
pub fn fits(g: &Geometry) -> bool {
    (g.kernel_h, g.kernel_w, g.stride_h, g.stride_w) == (2, 2, 2, 2) && !g.is_padded() && g.in_c % LANES == 0
}

/// Of two values the larger; NaN wins.
#[inline(always)]
fn larger(best: Lanes, value: Lanes) -> Lanes {
    best.at_least(value).or_nan_of(value)
}

/// The largest value of each window.
pub fn max(g: &Geometry, x: &[Real], y: &mut [Real]) {
    let (row, c) = (g.in_w * g.in_c, g.in_c);
    for (i, y) in y.chunks_exact_mut(g.out_w * c).enumerate() {
        let first = (i / g.out_h * g.in_h + i % g.out_h * 2) * row;
        let (top, bottom) = x[first..first + 2 * row].split_at(row);
        let pairs = top.chunks_exact(2 * c).zip(bottom.chunks_exact(2 * c));
        for ((top, bottom), y) in pairs.zip(y.chunks_exact_mut(c)) {
            let (a, b) = top.split_at(c);
            let (d, e) = bottom.split_at(c);
            combine::<4, 2>([a, b, d, e], y, |[a, b, d, e]| larger(larger(a, b), larger(d, e)));
        }
    }
}

/// The gradient goes to the first pixel of each window that holds its largest value.
pub fn max_gradient(g: &Geometry, x: &[Real], y: &[Real], dy: &[Real], dx: &mut [Real]) {
    let (row, c) = (g.in_w * g.in_c, g.in_c);
    let used = 2 * g.out_w * c;
    for (image, dx) in dx.chunks_exact_mut(g.in_h * row).enumerate() {
        let x = &x[image * g.in_h * row..];
        dx[2 * g.out_h * row..].fill(0.0);
        for (i, dx) in dx.chunks_exact_mut(2 * row).take(g.out_h).enumerate() {
            let (top, bottom) = x[i * 2 * row..][..2 * row].split_at(row);
            let (dtop, dbottom) = dx.split_at_mut(row);
            if used < row {
                dtop[used..].fill(0.0);
                dbottom[used..].fill(0.0);
            }
            let out = (image * g.out_h + i) * g.out_w * c;
            let outputs = y[out..].chunks_exact(c).zip(dy[out..].chunks_exact(c));
            let pixels = top.chunks_exact(2 * c).zip(bottom.chunks_exact(2 * c));
            let gradients = dtop.chunks_exact_mut(2 * c).zip(dbottom.chunks_exact_mut(2 * c));
            let has_nan = y[out..out + g.out_w * c].chunks_exact(LANES).any(|y| Lanes::load(y).has_nan());
            for (((y, dy), (top, bottom)), (dtop, dbottom)) in outputs.zip(pixels).zip(gradients) {
                let ((a, b), (d, e)) = (top.split_at(c), bottom.split_at(c));
                let ((da, db), (dd, de)) = (dtop.split_at_mut(c), dbottom.split_at_mut(c));
                let (inputs, outputs) = ([y, dy, a, b, d, e], [da, db, dd, de]);
                if has_nan {
                    spread::<6, 4, 1>(inputs, outputs, give_with_nan);
                } else {
                    spread::<6, 4, 1>(inputs, outputs, give);
                }
            }
        }
    }
}

/// What each of four pixels gets of `dy`: the first one that is the largest.
#[inline(always)]
fn give([largest, dy, a, b, d, e]: [Lanes; 6]) -> [Lanes; 4] {
    let mut left = dy;
    [a, b, d, e].map(|value| {
        let (own, rest) = value.split_equal(largest, left);
        left = rest;
        own
    })
}

/// [`give`] where a largest value may be NaN: it came from a NaN.
#[inline(always)]
fn give_with_nan([largest, dy, a, b, d, e]: [Lanes; 6]) -> [Lanes; 4] {
    let (mut left, zero) = (dy, Lanes::splat(0.0));
    [a, b, d, e].map(|value| {
        let own = value.select_equal_or_nan(largest, left, zero);
        left = value.select_equal_or_nan(largest, zero, left);
        own
    })
}
