//! The gradient of max pooling of any windows, one after the other: they may have pixels in common, so that gradients are added.

use super::{clip, windows, windows_of, Window};
use crate::geometry::Geometry;
use crate::kernels::strips::{each_strip, load, store, Strip};
use crate::vector::{clear, give_pixels, Lanes, Real, Vector, LANES};

/// The gradient goes to the first pixel of each window that holds its largest value.
pub fn max_gradient(g: &Geometry, x: &[Real], y: &[Real], dy: &[Real], dx: &mut [Real]) {
    dx.fill(0.0);
    match g.kernel_w {
        2 => windows(g, |window| ToLargest::<2> { g, window, x, y, dy, dx }.give_all()),
        3 => windows(g, |window| ToLargest::<3> { g, window, x, y, dy, dx }.give_all()),
        _ => windows(g, |window| ToLargest::<0> { g, window, x, y, dy, dx }.give_all()),
    }
}

/// [`max_gradient`] of channels that fill vectors, where [`fits`](super::walk::fits) says so.
pub fn max_gradient_of_vectors(g: &Geometry, x: &[Real], y: &[Real], dy: &[Real], dx: &mut [Real]) {
    match (g.kernel_w, g.stride_w) {
        (2, _) => by_rows::<2, 2>(g, x, y, dy, dx),
        (_, 2) => by_rows::<3, 2>(g, x, y, dy, dx),
        _ => by_rows::<3, 3>(g, x, y, dy, dx),
    }
}

/// Windows of K×K pixels of whole vectors, S of which or more lie between two windows' first ones: those without a border a row at a time.
/// Most pixels are written by the first window that sees them; what windows add to, or none sees, is made zero just before.
fn by_rows<const K: usize, const S: usize>(g: &Geometry, x: &[Real], y: &[Real], dy: &[Real], dx: &mut [Real]) {
    let (c, row, width) = (g.in_c, g.in_w * g.in_c, g.out_w * g.in_c);
    // Windows without a border.
    let start = g.pad_left.div_ceil(g.stride_w).min(g.out_w);
    let end = (g.in_w + g.pad_left).checked_sub(K).map_or(0, |columns| columns / g.stride_w + 1).clamp(start, g.out_w);
    let mut begun = 0;
    for line in 0..g.batch * g.out_h {
        let (image, i) = (line / g.out_h, line % g.out_h);
        let rows = clip(i * g.stride_h, K, g.pad_top, g.in_h);
        let (first, below) = (image * g.in_h + rows.start, image * g.in_h + rows.end);
        let inner = if rows.len() == K { start..end } else { start..start };
        // Columns that are added to wherever nothing was before, and those from which on no row without a border writes.
        let left = (inner.start * g.stride_w + K - S).saturating_sub(g.pad_left);
        let right = ((inner.end.max(1) - 1) * g.stride_w + K).saturating_sub(g.pad_left);
        for fresh in begun..below {
            let dx = &mut dx[fresh * row..][..row];
            if inner.is_empty() || fresh < first + K - S || g.stride_w > K {
                clear(dx);
            } else {
                clear(&mut dx[..left * c]);
                clear(&mut dx[right * c..]);
            }
        }
        begun = below;
        let mut border = |window: &Window| ToLargest::<K> { g, window, x, y, dy, dx }.give_all();
        windows_of(g, line, 0..inner.start, &mut border);
        if !inner.is_empty() {
            let place = first * row + (inner.start * g.stride_w - g.pad_left) * c;
            let outputs = line * width + inner.start * c..line * width + inner.end * c;
            let mut targets = dx[place..].chunks_mut(row);
            let targets = std::array::from_fn(|_| targets.next().unwrap_or_default());
            let pixels = std::array::from_fn(|r| &x[place + r * row..]);
            give_pixels::<K, S>((c, g.stride_w), [&y[outputs.clone()], &dy[outputs]], pixels, targets);
        }
        let mut border = |window: &Window| ToLargest::<K> { g, window, x, y, dy, dx }.give_all();
        windows_of(g, line, inner.end..g.out_w, &mut border);
    }
    clear(&mut dx[begun * row..]);
}

/// The gradient of a window's largest values. Where K is not 0, most windows have K columns.
struct ToLargest<'a, const K: usize> {
    g: &'a Geometry,
    window: &'a Window,
    x: &'a [Real],
    y: &'a [Real],
    dy: &'a [Real],
    dx: &'a mut [Real],
}

impl<const K: usize> Strip for ToLargest<'_, K> {
    #[inline(always)]
    fn run<const V: usize, const PART: bool>(&mut self, first: usize, channels: usize) {
        if PART {
            return self.channels(first, channels);
        }
        let largest = load::<V, false>(self.y, self.window.output + first);
        // NaN also where there are two infinities, of which the other way gives the same.
        let doubt = largest[1..].iter().fold(largest[0], |sum, &largest| sum.add(largest));
        if doubt.has_nan() {
            return self.channels(first, V * LANES);
        }
        // What no pixel has taken yet.
        let mut left = load::<V, false>(self.dy, self.window.output + first);
        let (columns, step) = (self.window.columns.len(), self.g.in_c);
        for row in self.rows() {
            if columns == K {
                for q in 0..K {
                    self.give(row + q * step + first, largest, &mut left);
                }
            } else {
                for q in 0..columns {
                    self.give(row + q * step + first, largest, &mut left);
                }
            }
        }
    }
}

impl<const K: usize> ToLargest<'_, K> {
    #[inline(always)]
    fn give_all(&mut self) {
        each_strip::<4>(self.g.in_c, self);
    }

    /// Where the window's rows begin.
    #[inline(always)]
    fn rows(&self) -> impl DoubleEndedIterator<Item = usize> {
        let (width, step) = (self.g.in_w, self.g.in_c);
        let start = self.window.image + self.window.columns.start;
        self.window.rows.clone().map(move |row| (start + row * width) * step)
    }

    /// Gives what is left to a pixel, where it is the largest.
    #[inline(always)]
    fn give<const V: usize>(&mut self, pixel: usize, largest: [Lanes; V], left: &mut [Lanes; V]) {
        let value = load::<V, false>(self.x, pixel);
        let mut sums = load::<V, false>(self.dx, pixel);
        for v in 0..V {
            let (own, rest) = value[v].split_equal(largest[v], left[v]);
            sums[v] = sums[v].add(own);
            left[v] = rest;
        }
        store::<V, false>(sums, self.dx, pixel, V * LANES);
    }

    /// One channel after the other. Every pixel is looked at, from the last to the first, which stays: nobody could foresee where
    /// the largest is found.
    #[inline(never)]
    fn channels(&mut self, first: usize, count: usize) {
        let (columns, step) = (self.window.columns.len(), self.g.in_c);
        for channel in first..first + count {
            let output = self.window.output + channel;
            let (largest, mut place) = (self.y[output], usize::MAX);
            for row in self.rows().rev() {
                for pixel in (0..columns).rev().map(|column| row + column * step + channel) {
                    let value = self.x[pixel];
                    // A largest NaN came from a NaN.
                    let is_it = (value == largest) | value.is_nan();
                    place = if is_it { pixel } else { place };
                }
            }
            if let Some(sum) = self.dx.get_mut(place) {
                *sum += self.dy[output];
            }
        }
    }
}
