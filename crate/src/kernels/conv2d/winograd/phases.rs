//! Convolutions of stride 2 as four of stride 1, the phases, whose sum they are: every second row and every second column of the image with
//! every second one of the filter. Tiles see the channels of all four, which are more input channels of the same products at the points.
//! In the same way a line of many taps, or a large square, is the sum of pieces of it, which see pixels further on, and a line of stride 2 or 4 the
//! sum of pieces of two phases or of four.
//!
//! A phase of a filter of 3×3 to 6×6 taps has one to three taps along an axis. With two of them its value at infinity is 0, and with one it
//! does without the point 0 as well: four outputs take as many points. So 3×3 taps make 81 multiplications for 4×4 outputs instead
//! of 144, 4×4 taps 100 instead of 256, 5×5 taps 121 instead of 400, 6×6 taps 144 instead of 576. A line has two phases: for four outputs
//! three taps make 9 instead of 12, four 10 instead of 16, five 11 instead of 20, six 12 instead of 24.
//!
//! Pieces have up to five taps, at eight points, or three at six: a line of six taps has two of three and makes 12 multiplications for four outputs
//! instead of 24, one of eight has two of four, 14 instead of 32, one of forty eight of five, 64 instead of 160. Squares of 6×6 to 10×10 taps have four
//! pieces: for 4×4 outputs 6×6 taps make 144 multiplications instead of 576, 7×7 taps 196 instead of 784, 10×10 taps 256 instead of 1600.

use super::around::around;
use super::points::{At, Points};
use super::sizes::Convolution;
use super::{along, by_taps, convolution::filters_of_point, FIVE, SIX, THREE, TWICE_THREE};
use crate::gemm::micro::RectangleMut;
use crate::gemm::pack::panel_width;
use crate::vector::{Lanes, Real, Vector, LANES};
use std::ops::Range;

/// The row and the column of a filter's first tap, or those of a piece. In this order those that a point has values of lie side by side.
const FOUR: [[usize; 2]; 4] = [[1, 0], [0, 0], [0, 1], [1, 1]];

/// Most phases: those of a line of stride 4 with 64 taps.
const MOST: usize = 16;

/// Does something with the transforms down and across of a phase, by its taps. Three taps' are right for two as well. Of a line the transform
/// down leaves all as it is.
macro_rules! by_taps_of_phase {
    ($taps:expr, $points:ident, line, [$three:ident, $two:ident, $one:ident], |$transforms:ident| $body:expr) => {
        match $taps[1] {
            1 => by_taps_of_phase!($transforms, (At::<1>::$three($points), $points.$one()), $body),
            2 => by_taps_of_phase!($transforms, (At::<1>::$three($points), $points.$two()), $body),
            _ => by_taps_of_phase!($transforms, (At::<1>::$three($points), At::<SIX>::$three($points)), $body),
        }
    };
    ($taps:expr, $points:ident, [$three:ident, $two:ident, $one:ident], |$transforms:ident| $body:expr) => {
        match $taps {
            [1, 1] => by_taps_of_phase!($transforms, ($points.$one(), $points.$one()), $body),
            [1, _] => by_taps_of_phase!($transforms, ($points.$one(), $points.$two()), $body),
            [_, 1] => by_taps_of_phase!($transforms, ($points.$two(), $points.$one()), $body),
            [2, 2] => by_taps_of_phase!($transforms, ($points.$two(), $points.$two()), $body),
            _ => by_taps_of_phase!($transforms, (At::<SIX>::$three($points), At::<SIX>::$three($points)), $body),
        }
    };
    ($transforms:ident, $both:expr, $body:expr) => {{
        let $transforms = $both;
        $body
    }};
}
pub(super) use by_taps_of_phase;

/// One of the convolutions of stride 1.
#[derive(Default)]
pub(super) struct Phase {
    /// Row and column of the first of its taps in the filter.
    first: [usize; 2],
    /// Rows and columns of its filter.
    pub taps: [usize; 2],
    /// Rows above the image, and columns left of it, that its first window sees.
    pub pads: [isize; 2],
}

impl Convolution {
    /// Into how many pieces a line is cut, or the part of one that a phase of a stride has. Divisions by constants take less time.
    fn pieces(&self) -> usize {
        let taps = self.taps_from(1, 0);
        match self.taps[1] {
            THREE => taps.div_ceil(THREE),
            FIVE => taps.div_ceil(FIVE),
            _ => 1,
        }
    }

    /// Whether filters are cut otherwise than in phases of a stride of 2 with up to three taps.
    pub(super) fn has_pieces(&self) -> bool {
        self.has_phases() && (self.stride != 2 || self.kernel[1] > TWICE_THREE)
    }

    /// Whether there are several phases. This is asked for every point, and must not take long.
    pub(super) fn has_phases(&self) -> bool {
        self.stride > 1 || self.kernel[1] > self.taps[1]
    }

    /// Whether filters are taken in any order, or only in the plain one.
    pub fn takes_any_order(&self) -> bool {
        !self.has_phases()
    }

    /// Whether phases have from one to three taps, and transforms by their number.
    pub(super) fn has_short_phases(&self) -> bool {
        self.stride > 1 && self.taps[1] == THREE
    }

    /// How many phases there are.
    pub(super) fn count_of_phases(&self) -> usize {
        if !self.has_phases() {
            1
        } else if self.is_line() {
            self.stride * self.pieces()
        } else {
            FOUR.len()
        }
    }

    /// The phases. Of a line the first ones have as many taps as the others or one more.
    pub(super) fn phases(&self) -> impl Iterator<Item = Phase> + '_ {
        (0..self.count_of_phases()).map(|index| self.phase(index))
    }

    /// One of them. Inlined it would burden the loops over tiles.
    #[inline(never)]
    pub(super) fn phase(&self, index: usize) -> Phase {
        let place = if self.is_line() {
            [0, index]
        } else if self.has_phases() {
            FOUR[index]
        } else {
            [0; 2]
        };
        let [(row, down), (column, across)] = [0, 1].map(|axis| self.phase_along(axis, place[axis]));
        Phase {
            first: [row, column],
            taps: [down, across],
            pads: [self.pads[0] - row as isize, self.pads[1] - column as isize],
        }
    }

    /// First tap and taps of one along an axis.
    fn phase_along(&self, axis: usize, index: usize) -> (usize, usize) {
        if self.taps[axis] == 1 {
            return (0, 1);
        }
        // A stride is a power of two.
        let (start, index) = (index & (self.stride - 1), index >> self.stride.trailing_zeros());
        let (taps, pieces) = (self.taps_from(axis, start), self.pieces());
        if pieces == 1 {
            // Without a division, as this is asked for every point.
            return (start, taps);
        }
        let (least, more) = (taps / pieces, taps % pieces);
        (start + (index * least + index.min(more)) * self.stride, least + usize::from(index < more))
    }

    /// Taps along an axis from the first one on, as far apart as windows are.
    fn taps_from(&self, axis: usize, first: usize) -> usize {
        (self.kernel[axis] - first + self.stride - 1) >> self.stride.trailing_zeros()
    }

    /// Whether a phase of so many taps along an axis has a value at a point there.
    pub(super) fn has(&self, axis: usize, taps: usize, point: usize) -> bool {
        match (taps, self.taps[axis]) {
            (_, 1) => true,
            (1, _) if self.has_short_phases() => (1..SIX - 1).contains(&point),
            // Without its last tap a filter is nothing at infinity.
            (_, of_tile) => taps == of_tile || point + 1 < along(of_tile),
        }
    }

    /// The phases that have a value at a point.
    pub(super) fn at_point(&self, point: usize) -> Range<usize> {
        if self.is_line() {
            let (count, has) = (self.count_of_phases(), |phase: &Phase| self.has(1, phase.taps[1], point));
            // What the last one has all have.
            let all = has(&self.phase(count - 1)).then_some(count);
            return 0..all.unwrap_or_else(|| self.phases().take_while(has).count());
        }
        let across = along(self.taps[1]);
        if !self.has_phases() {
            let has = [(0, point / across), (1, point % across)]
                .map(|(axis, point)| self.has(axis, self.kernel[axis], point));
            return 0..usize::from(has == [true; 2]);
        }
        let has = |index: usize| {
            [(0, point / across), (1, point % across)]
                .map(|(axis, point)| self.has(axis, self.phase_along(axis, index).1, point))
        };
        match (has(0), has(1)) {
            ([true, true], [down, across]) => usize::from(!down)..if !across { 2 } else { 3 + usize::from(down) },
            _ => 0..0,
        }
    }

    /// Input channels of a tile that some phases have, side by side.
    pub(super) fn depths(&self, phases: &Range<usize>) -> Range<usize> {
        let channels = self.input[2];
        if self.spreads {
            0..channels
        } else {
            phases.start * channels..phases.end * channels
        }
    }

    /// Whether some phases make some of the output channels of a tile.
    pub(super) fn makes(&self, phases: &Range<usize>, channels: Range<usize>) -> bool {
        let size = self.output[2];
        !self.spreads || phases.start * size < channels.end && channels.start < phases.end * size
    }
}

impl Phase {
    /// Which tap of the filter is in a row and a column of the phase's, if there is one.
    #[inline(always)]
    fn tap(&self, c: &Convolution, row: usize, column: usize) -> Option<usize> {
        let is_there = row < self.taps[0] && column < self.taps[1];
        is_there.then(|| (row * c.stride + self.first[0]) * c.kernel[1] + column * c.stride + self.first[1])
    }
}

/// [`transform_filters`](super::filters::transform_filters) for all phases.
pub(super) fn transform_phases(points: Points, c: &Convolution, filter: &[Real], channel: usize, filters: &mut [Real]) {
    by_taps!(phases c.taps, |DOWN, ACROSS| {
        phases_to_points::<DOWN, ACROSS, { along(DOWN) }, { along(ACROSS) }>(points, c, filter, channel, filters)
    });
}

/// Filters of KR×KC taps, to R×P points.
fn phases_to_points<const KR: usize, const KC: usize, const R: usize, const P: usize>(
    points: Points,
    c: &Convolution,
    filter: &[Real],
    channel: usize,
    filters: &mut [Real],
) where
    Points: At<R> + At<P>,
{
    let [inputs, outputs] = [c.input[2], c.output[2]];
    let (width, point) = (panel_width(c.filters(), channel), filters_of_point(c));
    let mut all = c.phases();
    let phases: [_; MOST] = std::array::from_fn(|_| all.next().unwrap_or_default());
    for k in 0..c.depth() {
        for v in (0..width).step_by(LANES) {
            let phase = &phases[if c.spreads { (channel + v) / outputs } else { k / inputs }];
            let first = k % inputs * outputs + (channel + v) % outputs;
            let tap = |i: usize, j: usize| {
                let tap = phase.tap(c, i, j);
                tap.map_or(Lanes::splat(0.0), |tap| Lanes::load(&filter[tap * inputs * outputs + first..]))
            };
            let mut target = RectangleMut::<R, P>::new(&mut filters[k * width + v..], P * point, point);
            let set = |i: usize, j: usize, value: Lanes| target.set(i, j, value);
            around(|v| At::<R>::taps::<KR>(points, v), |v| At::<P>::taps::<KC>(points, v), tap, set);
        }
    }
}

/// Takes sums at R×P points back to the KR×KC taps of a phase: `set(tap, value)`.
pub(super) fn taps_of_phase<const R: usize, const P: usize, const KR: usize, const KC: usize>(
    points: Points,
    c: &Convolution,
    phase: &Phase,
    sums: impl Fn(usize, usize) -> Lanes,
    mut set: impl FnMut(usize, Lanes),
) where
    Points: At<R> + At<P>,
{
    let sum = |i: usize, j: usize| {
        let has = c.has(0, phase.taps[0], i) && c.has(1, phase.taps[1], j);
        if has {
            sums(i, j)
        } else {
            Lanes::splat(0.0)
        }
    };
    let (down, across) = (|v| At::<R>::tap_gradients::<KR>(points, v), |v| At::<P>::tap_gradients::<KC>(points, v));
    around(down, across, sum, |i, j, value| {
        if let Some(tap) = phase.tap(c, i, j) {
            set(tap, value);
        }
    });
}
