//! Max pooling of windows of 2×2 side by side, the pooling of most networks: of channels that fill vectors, the gradient of any.
//! Every pixel is in one window, so that gradients are written once and not added.

use super::larger;
use crate::geometry::Geometry;
use crate::vector::{combine, combine_marking, spread, spread_marked, Lanes, Real, Vector, LANES};

/// Whether this way is taken.
pub fn fits(g: &Geometry) -> bool {
    is_side_by_side(g) && g.in_c % LANES == 0
}

/// Whether the gradient is taken this way, of any channels.
pub fn is_side_by_side(g: &Geometry) -> bool {
    (g.kernel_h, g.kernel_w, g.stride_h, g.stride_w) == (2, 2, 2, 2) && !g.is_padded()
}

/// The largest of four values; NaN wins.
#[inline(always)]
fn largest([a, b, d, e]: [Lanes; 4]) -> Lanes {
    larger(larger(a, b), larger(d, e))
}

/// Where the two rows of pixels begin that row `i` of all images' windows sees.
fn rows(g: &Geometry, i: usize) -> usize {
    (i / g.out_h * g.in_h + i % g.out_h * 2) * g.in_w * g.in_c
}

/// The pixels of every window of some, whose two rows are `top` and `bottom`.
#[inline(always)]
fn each_window<'a>(c: usize, top: &'a [Real], bottom: &'a [Real]) -> impl Iterator<Item = [&'a [Real]; 4]> {
    top.chunks_exact(2 * c).zip(bottom.chunks_exact(2 * c)).map(move |(top, bottom)| {
        let ((a, b), (d, e)) = (top.split_at(c), bottom.split_at(c));
        [a, b, d, e]
    })
}

/// [`each_window`] of gradients, which are written.
#[inline(always)]
fn each_target<'a>(c: usize, top: &'a mut [Real], bottom: &'a mut [Real]) -> impl Iterator<Item = [&'a mut [Real]; 4]> {
    top.chunks_exact_mut(2 * c).zip(bottom.chunks_exact_mut(2 * c)).map(move |(top, bottom)| {
        let ((a, b), (d, e)) = (top.split_at_mut(c), bottom.split_at_mut(c));
        [a, b, d, e]
    })
}

/// Gives the rows of gradients that belong to a row of windows to `work`, with the number of that row; all others, which
/// belong to none, become zero.
#[inline(always)]
fn each_row(g: &Geometry, dx: &mut [Real], mut work: impl FnMut(usize, &mut [Real], &mut [Real])) {
    let (row, used) = (g.in_w * g.in_c, 2 * g.out_w * g.in_c);
    for (image, dx) in dx.chunks_exact_mut(g.in_h * row).enumerate() {
        dx[2 * g.out_h * row..].fill(0.0);
        for (i, dx) in dx.chunks_exact_mut(2 * row).take(g.out_h).enumerate() {
            let (top, bottom) = dx.split_at_mut(row);
            if used < row {
                top[used..].fill(0.0);
                bottom[used..].fill(0.0);
            }
            work(image * g.out_h + i, top, bottom);
        }
    }
}

/// The largest value of each window.
pub fn max(g: &Geometry, x: &[Real], y: &mut [Real]) {
    let (row, c) = (g.in_w * g.in_c, g.in_c);
    for (i, y) in y.chunks_exact_mut(g.out_w * c).enumerate() {
        let (top, bottom) = x[rows(g, i)..][..2 * row].split_at(row);
        for (pixels, y) in each_window(c, top, bottom).zip(y.chunks_exact_mut(c)) {
            combine::<4, 2>(pixels, y, largest);
        }
    }
}

/// [`max`] that notes where the largest values are: a number for each vector of `y`.
pub fn max_noting(g: &Geometry, x: &[Real], y: &mut [Real], argmax: &mut [Real]) {
    let (row, c) = (g.in_w * g.in_c, g.in_c);
    let outputs = y.chunks_exact_mut(g.out_w * c).zip(argmax.chunks_exact_mut(g.out_w * c / LANES));
    for (i, (y, argmax)) in outputs.enumerate() {
        let (top, bottom) = x[rows(g, i)..][..2 * row].split_at(row);
        let outputs = y.chunks_exact_mut(c).zip(argmax.chunks_exact_mut(c / LANES));
        for (pixels, (y, argmax)) in each_window(c, top, bottom).zip(outputs) {
            combine_marking(pixels, y, argmax, |values| {
                let largest = largest(values);
                (largest, Lanes::first_with(values, largest))
            });
        }
    }
}

/// The gradient goes to the pixels that [`max_noting`] has noted.
pub fn gradient_of_noted(g: &Geometry, argmax: &[Real], dy: &[Real], dx: &mut [Real]) {
    let (c, width) = (g.in_c, g.out_w * g.in_c);
    each_row(g, dx, |i, dtop, dbottom| {
        let dy = dy[i * width..][..width].chunks_exact(c);
        let argmax = argmax[i * width / LANES..].chunks_exact(c / LANES);
        for ((dy, argmax), targets) in dy.zip(argmax).zip(each_target(c, dtop, dbottom)) {
            spread_marked(dy, argmax, targets, Lanes::part_by);
        }
    });
}

/// The gradient goes to the first pixel of each window that holds its largest value. Whether arrays are `far` is a matter of speed alone.
pub fn max_gradient(g: &Geometry, x: &[Real], y: &[Real], dy: &[Real], dx: &mut [Real], far: bool) {
    let (row, width, zero) = (g.in_w * g.in_c, g.out_w * g.in_c, Lanes::splat(0.0));
    each_row(g, dx, |i, dtop, dbottom| {
        let pixels = x[rows(g, i)..][..2 * row].split_at(row);
        let outputs = (&y[i * width..][..width], &dy[i * width..][..width]);
        // Becomes NaN with the first largest value that is NaN, or infinite, where the other way gives the same.
        let mut doubt = zero;
        let see = |largest: Lanes| doubt = largest.mul_add(zero, doubt);
        let targets = (&mut *dtop, &mut *dbottom);
        if far {
            give_far_row(g.in_c, outputs, pixels, targets, see, give);
        } else {
            give_row(g.in_c, outputs, pixels, targets, see, give);
        }
        if doubt.has_nan() {
            give_row(g.in_c, outputs, pixels, (dtop, dbottom), |_| (), give_with_nan);
        }
    });
}

/// Gives the gradients of a row of windows of c channels to the pixels of two rows: `give` gets largest values, which `see` gets as
/// well, gradients and four pixels.
#[inline(always)]
fn give_row(
    c: usize,
    (y, dy): (&[Real], &[Real]),
    (top, bottom): (&[Real], &[Real]),
    (dtop, dbottom): (&mut [Real], &mut [Real]),
    mut see: impl FnMut(Lanes),
    give: impl Fn([Lanes; 6]) -> [Lanes; 4],
) {
    let outputs = y.chunks_exact(c).zip(dy.chunks_exact(c));
    let windows = each_window(c, top, bottom).zip(each_target(c, dtop, dbottom));
    for ((y, dy), ([a, b, d, e], targets)) in outputs.zip(windows) {
        spread::<6, 4, 1>([y, dy, a, b, d, e], targets, |values, _| {
            see(values[0]);
            give(values)
        });
    }
}

/// [`give_row`], one row after the other, although what the first one takes is asked for twice then: a processor foresees what of far
/// arrays is read and written next where it is one row.
#[inline(always)]
fn give_far_row(
    c: usize,
    (y, dy): (&[Real], &[Real]),
    (top, bottom): (&[Real], &[Real]),
    (dtop, dbottom): (&mut [Real], &mut [Real]),
    mut see: impl FnMut(Lanes),
    give: impl Fn([Lanes; 6]) -> [Lanes; 4],
) {
    let outputs = || y.chunks_exact(c).zip(dy.chunks_exact(c));
    for (((y, dy), top), target) in outputs().zip(top.chunks_exact(2 * c)).zip(dtop.chunks_exact_mut(2 * c)) {
        let ((a, b), target) = (top.split_at(c), target.split_at_mut(c));
        spread::<4, 2, 1>([y, dy, a, b], target.into(), |[largest, dy, a, b], _| {
            see(largest);
            let [a, b, ..] = give([largest, dy, a, b, a, b]);
            [a, b]
        });
    }
    let windows = each_window(c, top, bottom).zip(dbottom.chunks_exact_mut(2 * c));
    for ((y, dy), ([a, b, d, e], target)) in outputs().zip(windows) {
        spread::<6, 2, 1>([y, dy, a, b, d, e], target.split_at_mut(c).into(), |values, _| {
            let [_, _, d, e] = give(values);
            [d, e]
        });
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
