//! Pooling: the largest value or the mean of each window, channel by channel. Images NHWC.

mod along;
mod largest;
mod lines;
mod means;
mod quarters;
mod sums;
mod walk;
mod whole;

use super::bias::are_far;
use super::slabs::Slabs;
use super::strips::{each_strip, load, store, Strip};
use crate::geometry::{operations_of, Geometry};
use crate::threads::{each_pair, each_part, each_share};
use crate::vector::{totals, Lanes, Real, Vector, LANES};
use std::ops::Range;

/// Part of a window that lies on the image, and where its output is.
struct Window {
    /// Offsets of the window's pixels begin here.
    image: usize,
    rows: Range<usize>,
    columns: Range<usize>,
    output: usize,
}

/// Operations that an image takes: two for each tap of each channel by itself.
fn operations(g: &Geometry) -> usize {
    operations_of(&[2, g.out_h, g.out_w, g.out_c, g.kernel_h, g.kernel_w])
}

/// How outputs are cut.
fn slabs(g: &Geometry) -> Slabs<'_> {
    Slabs::new(g, operations(g), usize::MAX, 1)
}

/// Gives parts of the batch to `work`: their geometry, their first image and their outputs.
fn each_images(g: &Geometry, out: &mut [Real], work: impl Fn(&Geometry, usize, &mut [Real]) + Sync) {
    let size = out.len() / g.batch;
    each_share(out, size, operations(g), |first, out| work(&g.of_images(out.len() / size), first, out));
}

/// [`each_images`] of what is computed from the images `x`, which `work` gets with the outputs; of one that is alone, rows of outputs are parts.
fn each_slab(g: &Geometry, x: &[Real], y: &mut [Real], work: impl Fn(&Geometry, &[Real], &mut [Real]) + Sync) {
    let image = x.len() / g.batch;
    if g.batch > 1 {
        return each_images(g, y, |own, first, y| work(own, &x[first * image..][..own.batch * image], y));
    }
    let (slabs, line) = (slabs(g), g.out_w * g.out_c);
    each_part(y, slabs.rows() * line, |part, y| {
        let (own, seen) = slabs.part(part);
        work(&own, &x[seen], y);
    });
}

/// The part of `count` rows or columns from `start` on that lies on the image.
fn clip(start: usize, count: usize, pad: usize, size: usize) -> Range<usize> {
    start.saturating_sub(pad).min(size)..(start + count).saturating_sub(pad).min(size)
}

/// Values of a line of pixels that are on their way at once: they stay in a first-level cache.
const ROOM: usize = 1024;

/// `count` values of a line, before and behind which `border` is written.
fn between(border: Real, line: &mut [Real], before: usize, count: usize) -> &mut [Real] {
    let (left, rest) = line.split_at_mut(before);
    let (middle, right) = rest.split_at_mut(count);
    left.fill(border);
    right.fill(border);
    middle
}

/// Visits every window. The geometry's filters are the windows; `in_c = out_c`.
#[inline(always)]
fn windows(g: &Geometry, mut visit: impl FnMut(&Window)) {
    for line in 0..g.batch * g.out_h {
        windows_of(g, line, 0..g.out_w, &mut visit);
    }
}

/// Visits windows of one of all images' rows of them.
#[inline(always)]
fn windows_of(g: &Geometry, line: usize, windows: Range<usize>, visit: &mut impl FnMut(&Window)) {
    let image = line / g.out_h * g.in_h * g.in_w;
    let rows = clip(line % g.out_h * g.stride_h, g.kernel_h, g.pad_top, g.in_h);
    for j in windows {
        let columns = clip(j * g.stride_w, g.kernel_w, g.pad_left, g.in_w);
        visit(&Window { image, rows: rows.clone(), columns, output: (line * g.out_w + j) * g.out_c });
    }
}

/// Offsets of the window's pixels, row by row.
#[inline(always)]
fn pixels<'a>(g: &'a Geometry, window: &'a Window) -> impl Iterator<Item = usize> + 'a {
    window
        .rows
        .clone()
        .flat_map(move |row| window.columns.clone().map(move |column| (window.image + row * g.in_w + column) * g.in_c))
}

/// The larger; NaN wins.
#[inline(always)]
fn larger(best: Lanes, value: Lanes) -> Lanes {
    best.at_least(value).or_nan_of(value)
}

/// The largest value of each window. What lies beyond the border does not count; NaN wins.
pub fn max(g: &Geometry, x: &[Real], y: &mut [Real]) {
    each_slab(g, x, y, max_of);
}

/// [`max`] on this thread.
fn max_of(g: &Geometry, x: &[Real], y: &mut [Real]) {
    if quarters::fits(g) {
        return quarters::max(g, x, y);
    }
    if quarters::fits_few(g) {
        return quarters::max_of_few(g, x, y);
    }
    if lines::fits(g) {
        return lines::max(g, x, y);
    }
    windows(g, |window| each_strip::<4>(g.in_c, &mut Largest { g, window, x, y }));
}

/// The largest values of a window.
struct Largest<'a> {
    g: &'a Geometry,
    window: &'a Window,
    x: &'a [Real],
    y: &'a mut [Real],
}

impl Strip for Largest<'_> {
    #[inline(always)]
    fn run<const V: usize, const PART: bool>(&mut self, first: usize, columns: usize) {
        let mut best = [Lanes::splat(Real::NEG_INFINITY); V];
        pixels(self.g, self.window).for_each(|pixel| {
            let value = load::<V, PART>(self.x, pixel + first);
            for v in 0..V {
                // Keeps a NaN that is there, and takes one that comes: neither is less than the other.
                best[v] = value[v].select_less(best[v], best[v], value[v]).or_nan_of(best[v]);
            }
        });
        store::<V, PART>(best, self.y, self.window.output + first, columns);
    }
}

/// Numbers that [`max_noting`] notes: one for each four outputs; 0 where windows are none that it can be had for.
pub fn notes(g: &Geometry) -> usize {
    if quarters::has_notes(g) {
        g.output_size() / LANES
    } else {
        0
    }
}

/// [`max`] that notes which pixel of each window has the largest value, for [`gradient_of_noted`]; where `argmax` has no
/// elements, nothing is noted.
pub fn max_noting(g: &Geometry, x: &[Real], y: &mut [Real], argmax: &mut [Real]) {
    let (slabs, line) = (slabs(g), g.out_w * g.out_c);
    let size = slabs.rows() * line;
    let notes = if argmax.is_empty() { 0 } else { size / LANES };
    each_pair((y, size), (argmax, notes), |part, y, argmax| {
        let (own, seen) = slabs.part(part);
        max_noting_of(&own, &x[seen], y, argmax);
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

/// More values than a cache keeps of images and their gradients, 6 MiB of either.
const FAR: usize = 3 << 19;

/// The gradient goes to the first pixel of each window that holds its largest value.
pub fn max_gradient(g: &Geometry, x: &[Real], y: &[Real], dy: &[Real], dx: &mut [Real]) {
    let far = dx.len() > FAR;
    each_images(g, dx, |g, first, dx| {
        let (x, out) = (&x[first * g.in_h * g.in_w * g.in_c..], first * g.out_h * g.out_w * g.out_c);
        max_gradient_of(g, x, &y[out..], &dy[out..], dx, far);
    });
}

fn max_gradient_of(g: &Geometry, x: &[Real], y: &[Real], dy: &[Real], dx: &mut [Real], far: bool) {
    if quarters::fits(g) {
        return quarters::max_gradient(g, x, y, dy, dx, far);
    }
    let (whole, few, walk, along) = (whole::fits(g), quarters::fits_few(g), walk::fits(g), along::fits(g));
    if !(whole || few || walk || along) || has_doubt(y) {
        largest::max_gradient(g, x, y, dy, dx);
    } else if whole {
        whole::max_gradient(g, x, y, dy, dx);
    } else if few {
        quarters::max_gradient_of_few(g, x, y, dy, dx);
    } else if !walk {
        along::max_gradient(g, x, y, dy, dx);
    } else if g.in_c % LANES == 0 {
        largest::max_gradient_of_vectors(g, x, y, dy, dx);
    } else {
        walk::max_gradient(g, x, y, dy, dx);
    }
}

/// Whether a value is NaN, or infinite. A largest NaN goes to any NaN, which is not looked for here.
fn has_doubt(y: &[Real]) -> bool {
    let zero = Lanes::splat(0.0);
    let sums = totals([y], |[sum], [value]| [value.mul_add(zero, sum)]);
    let rest = &y[y.len() / LANES * LANES..];
    sums.iter().any(|[sum]| sum.has_nan()) || rest.iter().any(|value| !value.is_finite())
}

/// The mean of each window, over the pixels that lie on the image (Keras's rule).
pub fn average(g: &Geometry, x: &[Real], y: &mut [Real]) {
    let far = are_far(x.len() / g.in_c, g.in_c);
    each_slab(g, x, y, |g, x, y| average_of(g, x, y, far));
}

fn average_of(g: &Geometry, x: &[Real], y: &mut [Real], far: bool) {
    if whole::fits(g) {
        return whole::average(g, x, y, far);
    }
    if quarters::is_side_by_side(g) {
        return means::average(g, x, y);
    }
    if sums::fits(g) {
        return sums::average(g, x, y);
    }
    windows(g, |window| each_strip::<4>(g.in_c, &mut Mean { g, window, x, y, share: share_of(window) }));
}

/// What a pixel counts in the mean of its window.
fn share_of(window: &Window) -> Real {
    1.0 / (window.rows.len() * window.columns.len()) as Real
}

/// The means of a window.
struct Mean<'a> {
    g: &'a Geometry,
    window: &'a Window,
    x: &'a [Real],
    y: &'a mut [Real],
    share: Real,
}

impl Strip for Mean<'_> {
    #[inline(always)]
    fn run<const V: usize, const PART: bool>(&mut self, first: usize, columns: usize) {
        let (mut sums, share) = ([Lanes::splat(0.0); V], Lanes::splat(self.share));
        pixels(self.g, self.window).for_each(|pixel| {
            let value = load::<V, PART>(self.x, pixel + first);
            for v in 0..V {
                sums[v] = sums[v].add(value[v]);
            }
        });
        store::<V, PART>(sums.map(|sum| sum.mul(share)), self.y, self.window.output + first, columns);
    }
}

/// Every pixel of a window gets its share of the gradient.
pub fn average_gradient(g: &Geometry, dy: &[Real], dx: &mut [Real]) {
    each_images(g, dx, |g, first, dx| average_gradient_of(g, &dy[first * g.out_h * g.out_w * g.out_c..], dx));
}

fn average_gradient_of(g: &Geometry, dy: &[Real], dx: &mut [Real]) {
    if whole::fits(g) {
        return whole::average_gradient(g, dy, dx);
    }
    if quarters::is_side_by_side(g) {
        return means::gradient(g, dy, dx);
    }
    if sums::fits(g) {
        return sums::gradient(g, dy, dx);
    }
    dx.fill(0.0);
    windows(g, |window| each_strip::<4>(g.in_c, &mut Spread { g, window, dy, dx, share: share_of(window) }));
}

/// The gradient of a window's means.
struct Spread<'a> {
    g: &'a Geometry,
    window: &'a Window,
    dy: &'a [Real],
    dx: &'a mut [Real],
    share: Real,
}

impl Strip for Spread<'_> {
    #[inline(always)]
    fn run<const V: usize, const PART: bool>(&mut self, first: usize, columns: usize) {
        let gradient = load::<V, PART>(self.dy, self.window.output + first);
        let share = Lanes::splat(self.share);
        pixels(self.g, self.window).for_each(|pixel| {
            let sums = load::<V, PART>(self.dx, pixel + first);
            let sums = std::array::from_fn(|v| gradient[v].mul_add(share, sums[v]));
            store::<V, PART>(sums, self.dx, pixel + first, columns);
        });
    }
}
