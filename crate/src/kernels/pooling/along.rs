//! The gradient of max pooling along a row of windows a pixel from each other, whose values are one array: vectors are full whatever the
//! number of channels.

use super::clip;
use crate::geometry::Geometry;
use crate::vector::{copy, spread, Real, Vector, LANES};

/// Values of a line that are on their way at once: all lines stay in a first-level cache.
const ROOM: usize = 512;

/// Whether this way is taken: for channels that do not fill vectors, where a window's row fits. There must be no NaN among the largest values,
/// and no infinity.
pub fn fits(g: &Geometry) -> bool {
    let few = g.in_c % LANES != 0 && g.stride_w == 1 && (2..=3).contains(&g.kernel_w);
    few && 4 * g.kernel_w * g.in_c + 2 * LANES <= ROOM
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
    let most = (ROOM - 2 * LANES) / c - 2 * A + 1;
    let mut lines = Lines::<A>::new();
    for line in 0..g.batch * g.out_h {
        let (image, i) = (line / g.out_h, line % g.out_h);
        let rows = clip(i * g.stride_h, g.kernel_h, g.pad_top, g.in_h);
        for first in (0..g.out_w).step_by(most) {
            let windows = most.min(g.out_w - first);
            let part = line * width + first * c..line * width + (first + windows) * c;
            lines.begin(g, &y[part.clone()], &dy[part]);
            let columns = clip(first, windows - 1 + g.kernel_w, g.pad_left, g.in_w);
            let before = (columns.start + g.pad_left - first).min(windows) * c;
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
    /// Values of windows.
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
        let (length, zeros) = (y.len(), zeros(g));
        if length != self.length {
            *self = Self::new();
            self.length = length;
        }
        copy(y, &mut self.y[..length]);
        copy(dy, &mut self.given[0][zeros..][..length]);
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
