//! Filters, taken to the points.

use super::around::around;
use super::convolution::{filters_of_point, panel_size};
use super::own::Own;
use super::phases::transform_phases;
use super::points::{At, Points};
use super::sizes::Convolution;
use super::{along, by_taps};
use crate::gemm::micro::{Rectangle, RectangleMut};
use crate::gemm::pack::{panel_width, PANEL};
use crate::threads::each_part;
use crate::vector::{touch_first, Lanes, Real, Vector, LANES};

/// Filters that are not transformed.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    /// Their elements.
    pub values: &'a [Real],
    /// How these lie.
    pub order: Order,
}

/// How the elements of filters lie.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// `[tap, tap, input channel, output channel]`.
    Plain,
    /// `[tap, tap, output channel, input channel]`, as those of a convolution whose transpose is computed: see [`Convolution::takes_any_order`].
    Exchanged,
    /// The same with the last tap first.
    Rotated,
}

impl<'a> Given<'a> {
    /// Filters with their input channels before the output channels.
    pub fn plain(values: &'a [Real]) -> Self {
        Self { values, order: Order::Plain }
    }
}

/// Transforms all filters, panel after panel: [`Convolution::transformed_size`] elements.
pub fn transform_all(c: &Convolution, given: Given, filters: &mut [Real]) {
    let points = Points::new();
    each_part(filters, panel_size(c), |panel, filters| {
        transform_filters(points, c, given, panel * PANEL, filters);
    });
}

/// [`transform_all`] for each of two threads by itself, if they are few.
pub(super) fn transform_own<'a>(c: &Convolution, given: Given, filters: &'a mut [Real]) -> Own<'a> {
    let size = c.transformed_size().unwrap_or(filters.len());
    Own::make(size, filters, |own| transform_all(c, given, own))
}

/// Transforms the filters of a panel of output channels: `filters[point, input channel, output channel]`.
pub(super) fn transform_filters(points: Points, c: &Convolution, given: Given, channel: usize, filters: &mut [Real]) {
    if c.has_phases() {
        assert!(given.order == Order::Plain);
        return transform_phases(points, c, given.values, channel, filters);
    }
    by_taps!(kernel c.kernel, |DOWN, ACROSS| {
        transform_taps::<{ along(DOWN) }, { along(ACROSS) }, DOWN, ACROSS>(points, c, given, channel, filters)
    });
}

/// Input channels of a filter that are asked for together, before they are needed.
const ASKED: usize = 4;

/// Input channels whose taps are turned together, where these lie side by side, and their elements of a tap.
const TURNED: usize = LANES;
const OF_TAP: usize = TURNED * PANEL;

/// Those of KR×KC taps, to R×P points.
fn transform_taps<const R: usize, const P: usize, const KR: usize, const KC: usize>(
    points: Points,
    c: &Convolution,
    given: Given,
    channel: usize,
    filters: &mut [Real],
) where
    Points: At<R> + At<P>,
{
    let (depth, channels) = (c.depth(), c.filters());
    let width = panel_width(channels, channel);
    let point = filters_of_point(c);
    let mut room = [[[0.0; OF_TAP]; KC]; KR];
    for k in 0..depth {
        let (values, tap, first) = if given.order == Order::Plain {
            if k % ASKED == 0 {
                ask(given.values, KR * KC, (depth, channels), k + ASKED, channel);
            }
            (given.values, depth * channels, k * channels + channel)
        } else {
            let room = room.as_flattened_mut().as_flattened_mut();
            if k % TURNED == 0 {
                turn(given, (depth, channels), (k, channel), width, room);
            }
            (&*room, OF_TAP, k % TURNED * PANEL)
        };
        for v in (0..width).step_by(LANES) {
            let source = Rectangle::<KR, KC>::new(&values[first + v..], KC * tap, tap);
            let mut target = RectangleMut::<R, P>::new(&mut filters[k * width + v..], P * point, point);
            let set = |i: usize, j: usize, value: Lanes| target.set(i, j, value);
            around(|v| At::<R>::taps::<KR>(points, v), |v| At::<P>::taps::<KC>(points, v), |i, j| source.at(i, j), set);
        }
    }
}

/// Asks for the taps of some input channels from `first` on. These lines are far from each other: a processor waits for the first one that is
/// not there.
#[inline(always)]
fn ask(values: &[Real], taps: usize, (depth, channels): (usize, usize), first: usize, channel: usize) {
    for next in first..(first + ASKED).min(depth) {
        for t in 0..taps {
            touch_first(&values[t * depth * channels + next * channels + channel..]);
        }
    }
}

/// `room[tap, k, channel]`: those of [`TURNED`] input channels from `k` on and of `width` output channels from `channel` on, of which either is a
/// multiple of four.
#[inline(never)]
fn turn(
    given: Given,
    (depth, channels): (usize, usize),
    (k, channel): (usize, usize),
    width: usize,
    room: &mut [Real],
) {
    let taps = room.len() / OF_TAP;
    for (tap, room) in room.chunks_exact_mut(OF_TAP).enumerate() {
        let tap = if given.order == Order::Rotated { taps - 1 - tap } else { tap };
        let values = &given.values[tap * depth * channels + channel * depth + k..];
        for v in (0..width).step_by(LANES) {
            let rows = std::array::from_fn(|r| Lanes::load(&values[(v + r) * depth..]));
            for (r, vector) in Lanes::interleave::<4>(rows).into_iter().enumerate() {
                vector.store(&mut room[r * PANEL + v..]);
            }
        }
    }
}
