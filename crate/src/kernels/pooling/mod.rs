//! Pooling: the largest value or the mean of each window, channel by channel. Images NHWC.

mod quarters;

use crate::geometry::Geometry;
use crate::threads::{each_pair, each_part, share};
use crate::vector::{Lanes, Real, Vector, LANES};

/// Part of a window that lies on the image, and where its output is.
struct Window {
    /// Offsets of the window's pixels begin here.
    image: usize,
    rows: (usize, usize),
    columns: (usize, usize),
    output: usize,
}

/// Images of a part: two operations for each tap of each channel by itself.
fn images_of_part(g: &Geometry) -> usize {
    share(g.batch, 2 * g.out_h * g.out_w * g.out_c * g.kernel_h * g.kernel_w)
}

/// Gives parts of the batch to `work`: their geometry, their first image and their outputs.
fn each_images(g: &Geometry, out: &mut [Real], work: impl Fn(&Geometry, usize, &mut [Real]) + Sync) {
    let size = out.len() / g.batch;
    let images = images_of_part(g);
    each_part(out, images * size, |part, out| work(&g.of_images(out.len() / size), part * images, out));
}

/// Visits every window. The geometry's filters are the windows; `in_c = out_c`.
#[inline(always)]
fn windows(g: &Geometry, mut visit: impl FnMut(&Window)) {
    let clip = |index: usize, stride: usize, pad: usize, kernel: usize, size: usize| {
        let start = index * stride;
        (start.saturating_sub(pad).min(size), (start + kernel).saturating_sub(pad).min(size))
    };
    for n in 0..g.batch {
        for i in 0..g.out_h {
            let rows = clip(i, g.stride_h, g.pad_top, g.kernel_h, g.in_h);
            for j in 0..g.out_w {
                let columns = clip(j, g.stride_w, g.pad_left, g.kernel_w, g.in_w);
                let output = ((n * g.out_h + i) * g.out_w + j) * g.out_c;
                visit(&Window { image: n * g.in_h * g.in_w, rows, columns, output });
            }
        }
    }
}

/// Offsets of the window's pixels, row by row.
#[inline(always)]
fn pixels<'a>(g: &'a Geometry, window: &'a Window) -> impl Iterator<Item = usize> + 'a {
    let (from, to) = window.columns;
    (window.rows.0..window.rows.1)
        .flat_map(move |row| (from..to).map(move |column| (window.image + row * g.in_w + column) * g.in_c))
}

/// The largest value of each window. What lies beyond the border does not count; NaN wins.
pub fn max(g: &Geometry, x: &[Real], y: &mut [Real]) {
    each_images(g, y, |g, first, y| max_of(g, &x[first * g.in_h * g.in_w * g.in_c..], y));
}

/// [`max`] on this thread.
fn max_of(g: &Geometry, x: &[Real], y: &mut [Real]) {
    if quarters::fits(g) {
        return quarters::max(g, x, y);
    }
    windows(g, |window| {
        let target = &mut y[window.output..window.output + g.in_c];
        target.fill(Real::NEG_INFINITY);
        for pixel in pixels(g, window) {
            let source = &x[pixel..pixel + g.in_c];
            let mut channel = 0;
            while channel + LANES <= g.in_c {
                let best = Lanes::load(&target[channel..]);
                // Keeps a NaN that is there, and takes one that comes: neither is less than the other.
                let value = Lanes::load(&source[channel..]);
                value.select_less(best, best, value).or_nan_of(best).store(&mut target[channel..]);
                channel += LANES;
            }
            for channel in channel..g.in_c {
                let (value, best) = (source[channel], &mut target[channel]);
                if value.is_nan() || value > *best {
                    *best = value;
                }
            }
        }
    });
}

/// Numbers that [`max_noting`] notes: one for each four outputs; 0 where windows are none that it can be had for.
pub fn notes(g: &Geometry) -> usize {
    if quarters::fits(g) {
        g.output_size() / LANES
    } else {
        0
    }
}

/// [`max`] that notes which pixel of each window has the largest value, for [`gradient_of_noted`]; where `argmax` has no
/// elements, nothing is noted.
pub fn max_noting(g: &Geometry, x: &[Real], y: &mut [Real], argmax: &mut [Real]) {
    let (input, output) = (g.input_size() / g.batch, g.output_size() / g.batch);
    let images = images_of_part(g);
    let notes = if argmax.is_empty() { 0 } else { output / LANES };
    each_pair((y, images * output), (argmax, images * notes), |part, y, argmax| {
        max_noting_of(&g.of_images(y.len() / output), &x[part * images * input..], y, argmax);
    });
}

/// [`max_noting`] on this thread.
pub fn max_noting_of(g: &Geometry, x: &[Real], y: &mut [Real], argmax: &mut [Real]) {
    if argmax.is_empty() {
        return max_of(g, x, y);
    }
    quarters::max_noting(g, x, y, argmax);
}

/// [`gradient_of_noted`] on this thread.
pub use quarters::gradient_of_noted as gradient_of_noted_of;

/// [`max_gradient`] from what was noted: neither inputs nor outputs are read.
pub fn gradient_of_noted(g: &Geometry, argmax: &[Real], dy: &[Real], dx: &mut [Real]) {
    each_images(g, dx, |g, first, dx| {
        let out = first * g.out_h * g.out_w * g.out_c;
        quarters::gradient_of_noted(g, &argmax[out / LANES..], &dy[out..], dx);
    });
}

/// The gradient goes to the first pixel of each window that holds its largest value.
pub fn max_gradient(g: &Geometry, x: &[Real], y: &[Real], dy: &[Real], dx: &mut [Real]) {
    each_images(g, dx, |g, first, dx| {
        let (x, out) = (&x[first * g.in_h * g.in_w * g.in_c..], first * g.out_h * g.out_w * g.out_c);
        max_gradient_of(g, x, &y[out..], &dy[out..], dx);
    });
}

fn max_gradient_of(g: &Geometry, x: &[Real], y: &[Real], dy: &[Real], dx: &mut [Real]) {
    if quarters::fits(g) {
        return quarters::max_gradient(g, x, y, dy, dx);
    }
    dx.fill(0.0);
    windows(g, |window| {
        let zero = Lanes::splat(0.0);
        let mut channel = 0;
        while channel + LANES <= g.in_c {
            let largest = Lanes::load(&y[window.output + channel..]);
            // What no pixel has taken yet. A largest NaN came from a NaN.
            let mut left = Lanes::load(&dy[window.output + channel..]);
            for pixel in pixels(g, window) {
                let value = Lanes::load(&x[pixel + channel..]);
                let target = &mut dx[pixel + channel..pixel + channel + LANES];
                Lanes::load(target).add(value.select_equal_or_nan(largest, left, zero)).store(target);
                left = value.select_equal_or_nan(largest, zero, left);
            }
            channel += LANES;
        }
        for channel in channel..g.in_c {
            let largest = y[window.output + channel];
            let found = pixels(g, window).find(|pixel| x[pixel + channel] == largest || x[pixel + channel].is_nan());
            if let Some(pixel) = found {
                dx[pixel + channel] += dy[window.output + channel];
            }
        }
    });
}

/// The mean of each window, over the pixels that lie on the image (Keras's rule).
pub fn average(g: &Geometry, x: &[Real], y: &mut [Real]) {
    each_images(g, y, |g, first, y| average_of(g, &x[first * g.in_h * g.in_w * g.in_c..], y));
}

fn average_of(g: &Geometry, x: &[Real], y: &mut [Real]) {
    windows(g, |window| {
        let target = &mut y[window.output..window.output + g.in_c];
        target.fill(0.0);
        let mut count = 0;
        for pixel in pixels(g, window) {
            crate::kernels::map::zip_in_place(target, &x[pixel..pixel + g.in_c], |sum, value| sum.add(value));
            count += 1;
        }
        let share = Lanes::splat(1.0 / count as Real);
        crate::kernels::map::map_in_place(target, |sum| sum.mul(share));
    });
}

/// Every pixel of a window gets its share of the gradient.
pub fn average_gradient(g: &Geometry, dy: &[Real], dx: &mut [Real]) {
    each_images(g, dx, |g, first, dx| average_gradient_of(g, &dy[first * g.out_h * g.out_w * g.out_c..], dx));
}

fn average_gradient_of(g: &Geometry, dy: &[Real], dx: &mut [Real]) {
    dx.fill(0.0);
    windows(g, |window| {
        let gradient = &dy[window.output..window.output + g.in_c];
        let share = Lanes::splat(1.0 / pixels(g, window).count() as Real);
        for pixel in pixels(g, window) {
            let target = &mut dx[pixel..pixel + g.in_c];
            crate::kernels::map::zip_in_place(target, gradient, |sum, value| value.mul_add(share, sum));
        }
    });
}
