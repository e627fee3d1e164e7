//! The gradient of max pooling along a row of windows, whose values are one array: vectors are full whatever the number of channels.
//!
//! A step of one pixel from window to window is assumed. Where it is longer there are windows between those that are meant, which
//! have no gradient to give.

use super::clip;
use crate::geometry::Geometry;
use crate::vector::{copy, spread, totals, Lanes, Real, Vector, LANES};

/// Values of a line that are on their way at once: all lines stay in a first-level cache.
const ROOM: usize = 512;

/// Whether this way is taken: for channels that do not fill vectors, where a window's row fits.
pub fn fits(g: &Geometry, y: &[Real]) -> bool {
    let few = g.in_c % LANES != 0 && (2..=3).contains(&g.kernel_w) && 4 * g.kernel_w * g.in_c + 2 * LANES <= ROOM;
    few && !has_doubt(y)
}

/// Whether a value is NaN, or infinite. A largest NaN goes to any NaN, which is not looked for here.
fn has_doubt(y: &[Real]) -> bool {
    let zero = Lanes::splat(0.0);
    let sums = totals([y], |[sum], [value]| [value.mul_add(zero, sum)]);
    let rest = &y[y.len() / LANES * LANES..];
    sums.iter().any(|[sum]| sum.has_nan()) || rest.iter().any(|value| !value.is_finite())
}

/// The gradient goes to the first pixel of each window that holds its largest value.
pub fn max_gradient(g: &Geometry, x: &[Real], y: &[Real], dy: &[Real], dx: &mut [Real]) {
    dx.fill(0.0);
    if g.kernel_w == 2 {
        each_row::<3>(g, x, y, dy, dx);
    } else {
        each_row::<4>(g, x, y, dy, dx);
    }
}

/// Windows of A − 1 columns.
fn each_row<const A: usize>(g: &Geometry, x: &[Real], y: &[Real], dy: &[Real], dx: &mut [Real]) {
    let (c, width) = (g.in_c, g.out_w * g.in_c);
    // Windows whose pixels fit, with a vector behind the last one and what is missing of the first one's.
    let most = ((ROOM - 2 * LANES) / c - 2 * A) / g.stride_w + 1;
    let mut lines = Lines::<A>::new();
    for line in 0..g.batch * g.out_h {
        let (image, i) = (line / g.out_h, line % g.out_h);
        let rows = clip(i * g.stride_h, g.kernel_h, g.pad_top, g.in_h);
        for first in (0..g.out_w).step_by(most) {
            let windows = most.min(g.out_w - first);
            let part = line * width + first * c..line * width + (first + windows) * c;
            lines.begin(g, &y[part.clone()], &dy[part]);
            let start = first * g.stride_w;
            let columns = clip(start, (windows - 1) * g.stride_w + g.kernel_w, g.pad_left, g.in_w);
            let before = (columns.start + g.pad_left - start).min(windows * g.stride_w) * c;
            for row in rows.clone() {
                let place = ((image * g.in_h + row) * g.in_w + columns.start) * c;
                let pixels = place..place + columns.len() * c;
                lines.row(g, before, &x[place..], &mut dx[pixels]);
            }
        }
    }
}

/// A row of windows of A − 1 columns, and a row of their pixels.
struct Lines<const A: usize> {
    /// Values of windows, those between them as well.
    length: usize,
    /// Pixels; NaN, which is never the largest, beyond the border.
    x: [Real; ROOM],
    /// The windows' largest values.
    y: [Real; ROOM],
    /// What no pixel has taken yet, and what the windows' first, second, … pixels have taken: behind zeros for the pixels before the
    /// first window.
    given: [[Real; ROOM]; A],
}

impl<const A: usize> Lines<A> {
    fn new() -> Self {
        Self { length: 0, x: [0.0; ROOM], y: [0.0; ROOM], given: [[0.0; ROOM]; A] }
    }

    /// Takes the largest values and the gradients of windows side by side.
    #[inline(always)]
    fn begin(&mut self, g: &Geometry, y: &[Real], dy: &[Real]) {
        let (c, step, zeros) = (g.in_c, g.in_c * g.stride_w, zeros(g));
        let length = y.len() / c * step - step + c;
        if length != self.length {
            *self = Self::new();
            self.length = length;
        }
        let (largest, left) = (&mut self.y[..length], &mut self.given[0][zeros..][..length]);
        if g.stride_w == 1 {
            copy(y, largest);
            return copy(dy, left);
        }
        let windows = y.chunks_exact(c).zip(dy.chunks_exact(c));
        for ((y, dy), place) in windows.zip((0..).step_by(step)) {
            for (channel, (&y, &dy)) in y.iter().zip(dy).enumerate() {
                (largest[place + channel], left[place + channel]) = (y, dy);
            }
        }
    }

    /// Gives what is left to a row of pixels with the gradients `dx`, of which `before` values are missing.
    #[inline(always)]
    fn row(&mut self, g: &Geometry, before: usize, x: &[Real], dx: &mut [Real]) {
        let (c, zeros, length) = (g.in_c, zeros(g), self.length.next_multiple_of(LANES));
        let y = &self.y[..length];
        // Without a border they are read where they are; what follows a row meets windows that there are not.
        let pixels = if g.is_padded() || x.len() < length + zeros {
            let (border, rest) = self.x[..length + zeros].split_at_mut(before);
            let (middle, other) = rest.split_at_mut(dx.len());
            border.fill(Real::NAN);
            copy(&x[..dx.len()], middle);
            other.fill(Real::NAN);
            &self.x
        } else {
            x
        };
        let inputs = std::array::from_fn(|q| if q == 0 { y } else { &pixels[(q - 1) * c..][..length] });
        let given = self.given.each_mut().map(|given| &mut given[zeros..][..length]);
        spread::<A, A, 1>(inputs, given, |values, mut given| {
            for q in 1..A {
                (given[q], given[0]) = values[q].split_equal(values[0], given[0]);
            }
            given
        });
        // The windows in their order: a pixel is the last one of the first of its windows.
        let given = std::array::from_fn(|q| &self.given[q][zeros + before - q.saturating_sub(1) * c..][..dx.len()]);
        spread::<A, 1, 2>(given, [dx], |given, [mut sum]| {
            for q in (1..A).rev() {
                sum = sum.add(given[q]);
            }
            [sum]
        });
    }
}

/// Zeros before what pixels have taken: as many as a window's pixels may lie before its last one.
fn zeros(g: &Geometry) -> usize {
    (g.kernel_w - 1) * g.in_c
}
