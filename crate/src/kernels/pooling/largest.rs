//! The gradient of max pooling of any windows, one after the other: they may have pixels in common, so that gradients are added.

use super::{windows, Window};
use crate::geometry::Geometry;
use crate::kernels::strips::{each_strip, load, store, Strip};
use crate::vector::{Lanes, Real, Vector, LANES};

/// The gradient goes to the first pixel of each window that holds its largest value.
pub fn max_gradient(g: &Geometry, x: &[Real], y: &[Real], dy: &[Real], dx: &mut [Real]) {
    dx.fill(0.0);
    match g.kernel_w {
        2 => give::<2>(g, x, y, dy, dx),
        3 => give::<3>(g, x, y, dy, dx),
        _ => give::<0>(g, x, y, dy, dx),
    }
}

fn give<const K: usize>(g: &Geometry, x: &[Real], y: &[Real], dy: &[Real], dx: &mut [Real]) {
    windows(g, |window| each_strip::<4>(g.in_c, &mut ToLargest::<K> { g, window, x, y, dy, dx }));
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
