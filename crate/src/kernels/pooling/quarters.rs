//! Max pooling of windows of 2×2 side by side, the pooling of most networks.
//! Every pixel is in one window, so that gradients are written once and not added.

use super::larger;
use crate::geometry::Geometry;
use crate::vector::{
    clear, combine, combine_few, combine_marking, combine_quarters, spread_few, spread_marked, spread_quarters, Lanes,
    Real, Sizes, Vector, LANES, LINE,
};

/// Whether this way is taken: for windows that have a vector of channels.
pub fn fits(g: &Geometry) -> bool {
    is_side_by_side(g) && g.in_c >= LANES
}

/// Whether [`max_of_few`] and [`max_gradient_of_few`] are taken: where a row of windows has a vector and a window has not.
pub fn fits_few(g: &Geometry) -> bool {
    is_side_by_side(g) && g.in_c < LANES && g.out_w * g.in_c >= LANES
}

/// Whether [`max_noting`] has a number for every vector: of channels that fill them.
pub fn has_notes(g: &Geometry) -> bool {
    is_side_by_side(g) && g.in_c % LANES == 0
}

/// Whether windows are of 2×2 pixels, each of which is in one.
pub fn is_side_by_side(g: &Geometry) -> bool {
    (g.kernel_h, g.kernel_w, g.stride_h, g.stride_w) == (2, 2, 2, 2) && !g.is_padded()
}

/// Most values of a row of which two and the next two stay in a first-level cache.
const NEAR: usize = 2560;

/// The largest of four values; NaN wins.
#[inline(always)]
fn largest([a, b, d, e]: [Lanes; 4]) -> Lanes {
    larger(larger(a, b), larger(d, e))
}

/// Where the two rows of pixels begin that row `i` of all images' windows sees.
pub fn rows(g: &Geometry, i: usize) -> usize {
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

/// Gives the rows of gradients that windows see to `work`, image by image; all others, which belong to none, become zero.
#[inline(always)]
fn each_image(g: &Geometry, dx: &mut [Real], mut work: impl FnMut(usize, &mut [Real])) {
    let (row, used) = (g.in_w * g.in_c, 2 * g.out_w * g.in_c);
    for (image, dx) in dx.chunks_exact_mut(g.in_h * row).enumerate() {
        let (dx, rest) = dx.split_at_mut(2 * g.out_h * row);
        clear(rest);
        if used < row {
            dx.chunks_exact_mut(row).for_each(|dx| clear(&mut dx[used..]));
        }
        work(image, dx);
    }
}

/// [`each_image`], with the two rows that belong to a row of windows, and the number of that row.
#[inline(always)]
pub fn each_row(g: &Geometry, dx: &mut [Real], mut work: impl FnMut(usize, &mut [Real], &mut [Real])) {
    let row = g.in_w * g.in_c;
    each_image(g, dx, |image, dx| {
        for (i, dx) in dx.chunks_exact_mut(2 * row).enumerate() {
            let (top, bottom) = dx.split_at_mut(row);
            work(image * g.out_h + i, top, bottom);
        }
    });
}

/// How many values the walks' rows have.
fn sizes(g: &Geometry) -> Sizes {
    Sizes { channels: g.in_c, row: g.in_w * g.in_c, windows: g.out_w * g.in_c }
}

/// The largest value of each window.
pub fn max(g: &Geometry, x: &[Real], y: &mut [Real]) {
    let (c, row, zero) = (g.in_c, g.in_w * g.in_c, Lanes::splat(0.0));
    // Windows of many vectors are worth a loop of their own, but where the next rows, which are asked for meanwhile, stay in a first-level cache.
    if c > LINE && if c % LINE == 0 { row > NEAR } else { c % LANES == 0 } {
        return max_by_windows(g, x, y);
    }
    each_run(g, x, y, |sizes, x, ahead, y| {
        // The first of two is taken where one of them is NaN: what of the others may have been lost so is seen in this sum, which is NaN
        // also where there are infinities or a product of two is, of which the other way gives the same. A product, since processors have
        // other units for it than for the larger of two.
        let others = combine_quarters::<false>(sizes, x, ahead, y, |[a, b, d, e]| {
            (a.at_least(b).at_least(d.at_least(e)), b.mul_add(d, e))
        });
        if others.has_nan() {
            combine_quarters::<true>(sizes, x, ahead, y, |pixels| (largest(pixels), zero));
        }
    });
}

/// Gives the rows of windows of an image to `work` at once, with their pixels and what comes behind them, which is asked for meanwhile: of the
/// last image all rows but one, and then that one, behind which nothing comes.
#[inline(always)]
pub fn each_run(
    g: &Geometry,
    x: &[Real],
    mut y: &mut [Real],
    mut work: impl FnMut(Sizes, &[Real], &[Real], &mut [Real]),
) {
    let sizes = sizes(g);
    let last = g.batch * g.out_h - 1;
    let mut first = 0;
    while first <= last {
        let end = if first < last { last.min(first + g.out_h) } else { last + 1 };
        let (run, rest) = y.split_at_mut((end - first) * sizes.windows);
        let pixels = &x[rows(g, first)..];
        let ahead = if first < last { &pixels[2 * sizes.row..] } else { pixels };
        work(sizes, pixels, ahead, run);
        (first, y) = (end, rest);
    }
}

/// [`max`] of few channels. Columns come first, as in `lines`, so that zeros of either sign are the same.
pub fn max_of_few(g: &Geometry, x: &[Real], y: &mut [Real]) {
    let row = g.in_w * g.in_c;
    for (i, y) in y.chunks_exact_mut(g.out_w * g.in_c).enumerate() {
        combine_few(g.in_c, x[rows(g, i)..][..2 * row].split_at(row).into(), y, larger);
    }
}

/// [`max`], a loop for each window.
fn max_by_windows(g: &Geometry, x: &[Real], y: &mut [Real]) {
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
    let (sizes, zero) = (sizes(g), Lanes::splat(0.0));
    let (pixels, windows) = (g.in_h * sizes.row, g.out_h * sizes.windows);
    each_image(g, dx, |image, dx| {
        let x = &x[image * pixels..];
        let outputs = [y, dy].map(|values| &values[image * windows..][..windows]);
        let first = |pixel: Lanes, largest, left| pixel.split_equal(largest, left);
        let sum = if far {
            spread_quarters::<false, true>(sizes, outputs, x, dx, first)
        } else {
            spread_quarters::<false, false>(sizes, outputs, x, dx, first)
        };
        // A largest value that is NaN, which came from a NaN; or infinite, where the other way gives the same.
        if sum.mul(zero).has_nan() {
            spread_quarters::<true, false>(sizes, outputs, x, dx, |pixel, largest, left| {
                (pixel.select_equal_or_nan(largest, left, zero), pixel.select_equal_or_nan(largest, zero, left))
            });
        }
    });
}

/// [`max_gradient`] of few channels; there must be no NaN among the largest values.
pub fn max_gradient_of_few(g: &Geometry, x: &[Real], y: &[Real], dy: &[Real], dx: &mut [Real]) {
    let (row, width) = (g.in_w * g.in_c, g.out_w * g.in_c);
    each_row(g, dx, |i, top, bottom| {
        let outputs = [y, dy].map(|values| &values[i * width..][..width]);
        spread_few(g.in_c, outputs, x[rows(g, i)..][..2 * row].split_at(row).into(), [top, bottom]);
    });
}
