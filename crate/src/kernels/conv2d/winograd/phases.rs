//! Convolutions of stride 2 as four of stride 1, the phases, whose sum they are: every second row and every second column of the image with
//! every second one of the filter. Tiles see the channels of all four, which are more input channels of the same products at the points.
//!
//! A phase of a filter of 3×3 to 6×6 taps has one to three taps along an axis. With two of them its value at infinity is 0, and with one it
//! does without the point 0 as well: four outputs take as many points. So 3×3 taps make 81 multiplications for 4×4 outputs instead
//! of 144, 4×4 taps 100 instead of 256, 5×5 taps 121 instead of 400, 6×6 taps 144 instead of 576.

use super::points::{around, Points};
use super::sizes::Convolution;
use super::{convolution::filters_of_point, N, THREE};
use crate::gemm::micro::RectangleMut;
use crate::gemm::pack::panel_width;
use crate::vector::{Lanes, Real, Vector, LANES};
use std::ops::Range;

/// The row and the column of a filter's first tap. In this order those that a point has values of lie side by side.
const FOUR: [[usize; 2]; 4] = [[1, 0], [0, 0], [0, 1], [1, 1]];
const ALONE: [[usize; 2]; 1] = [[0, 0]];

/// Does something with the transforms down and across of a phase, by its taps. Three taps' are right for two as well.
macro_rules! by_taps_of_phase {
    ($taps:expr, $points:ident, [$three:ident, $two:ident, $one:ident], |$transforms:ident| $body:expr) => {
        match $taps {
            [1, 1] => by_taps_of_phase!($transforms, ($points.$one(), $points.$one()), $body),
            [1, _] => by_taps_of_phase!($transforms, ($points.$one(), $points.$two()), $body),
            [_, 1] => by_taps_of_phase!($transforms, ($points.$two(), $points.$one()), $body),
            [2, 2] => by_taps_of_phase!($transforms, ($points.$two(), $points.$two()), $body),
            _ => by_taps_of_phase!($transforms, ($points.$three(), $points.$three()), $body),
        }
    };
    ($transforms:ident, $both:expr, $body:expr) => {{
        let $transforms = $both;
        $body
    }};
}
pub(super) use by_taps_of_phase;

impl Convolution {
    /// The phases, by their first rows and columns.
    pub(super) fn phases(&self) -> &'static [[usize; 2]] {
        if self.stride > 1 {
            &FOUR
        } else {
            &ALONE
        }
    }

    /// Taps of a phase along an axis.
    pub(super) fn taps_of(&self, axis: usize, part: usize) -> usize {
        (self.kernel[axis] - part).div_ceil(self.stride)
    }

    /// Whether a phase has a value at a point of an axis.
    pub(super) fn has(&self, axis: usize, part: usize, point: usize) -> bool {
        match self.taps_of(axis, part) {
            1 if self.stride > 1 => (1..N - 1).contains(&point),
            2 => point < N - 1,
            _ => true,
        }
    }

    /// The phases that have a value at a point.
    fn at_point(&self, point: usize) -> Range<usize> {
        if self.stride == 1 {
            return 0..1;
        }
        let has = |part: usize| [self.has(0, part, point / N), self.has(1, part, point % N)];
        match (has(0), has(1)) {
            ([true, true], [down, across]) => usize::from(!down)..if !across { 2 } else { 3 + usize::from(down) },
            _ => 0..0,
        }
    }

    /// Where the rows and columns of an image end that windows see: with a stride there may be more.
    pub(super) fn ends(&self) -> [usize; 2] {
        if self.stride == 1 {
            return [usize::MAX; 2];
        }
        let end = |axis: usize| (self.tiled()[axis] - 1) * self.stride + self.kernel[axis];
        [0, 1].map(|axis| (end(axis) as isize - self.pads[axis]).max(0) as usize)
    }

    /// Input channels of a tile that have values at a point.
    pub(super) fn depths(&self, point: usize) -> Range<usize> {
        let (channels, phases) = (self.input[2], self.at_point(point));
        if self.spreads && !phases.is_empty() {
            return 0..channels;
        }
        phases.start * channels..phases.end * channels
    }

    /// Whether some output channels of a tile have values at a point.
    pub(super) fn makes(&self, point: usize, channels: Range<usize>) -> bool {
        let (size, phases) = (self.output[2], self.at_point(point));
        if !self.spreads {
            return !phases.is_empty();
        }
        phases.start * size < channels.end && channels.start < phases.end * size
    }
}

/// [`transform_filters`](super::convolution::transform_filters) for all phases.
pub(super) fn transform_phases(points: Points, c: &Convolution, filter: &[Real], channel: usize, filters: &mut [Real]) {
    let ([inputs, outputs], [_, columns]) = ([c.input[2], c.output[2]], c.kernel);
    let (width, point) = (panel_width(c.filters(), channel), filters_of_point(c));
    for k in 0..c.depth() {
        for v in (0..width).step_by(LANES) {
            let phase = if c.spreads { (channel + v) / outputs } else { k / inputs };
            let [down, across] = c.phases()[phase];
            let first = k % inputs * outputs + (channel + v) % outputs;
            let taps = [c.taps_of(0, down), c.taps_of(1, across)];
            let tap = |i: usize, j: usize| {
                if i >= taps[0] || j >= taps[1] {
                    return Lanes::splat(0.0);
                }
                let (row, column) = (i * c.stride + down, j * c.stride + across);
                Lanes::load(&filter[(row * columns + column) * inputs * outputs + first..])
            };
            let mut target = RectangleMut::<N, N>::new(&mut filters[k * width + v..], N * point, point);
            let set = |i: usize, j: usize, value: Lanes| target.set(i, j, value);
            around(|v| points.taps::<THREE, N>(v), |v| points.taps::<THREE, N>(v), tap, set);
        }
    }
}

/// Takes sums at the points back to the taps of a phase: `set(row, column, value)`.
pub(super) fn taps_of_phase(
    points: Points,
    c: &Convolution,
    phase: usize,
    sums: impl Fn(usize, usize) -> Lanes,
    mut set: impl FnMut(usize, usize, Lanes),
) {
    let [down, across] = c.phases()[phase];
    let sum = |i: usize, j: usize| {
        let has = c.has(0, down, i) && c.has(1, across, j);
        if has {
            sums(i, j)
        } else {
            Lanes::splat(0.0)
        }
    };
    let taps = [c.taps_of(0, down), c.taps_of(1, across)];
    around(
        |v| points.tap_gradients::<N, THREE>(v),
        |v| points.tap_gradients::<N, THREE>(v),
        sum,
        |i, j, value| {
            if i < taps[0] && j < taps[1] {
                set(i * c.stride + down, j * c.stride + across, value);
            }
        },
    );
}
