//! From sums at the points back to gradients of filters, tap by tap.

use super::around::around;
use super::filter_gradient::{sums_size, PANEL};
use super::phases::taps_of_phase;
use super::points::{At, Points};
use super::sizes::Convolution;
use super::{along, by_taps, LARGEST};
use crate::gemm::micro::Rectangle;
use crate::vector::{Lanes, Real, Vector, LANES};
use std::ops::Range;

/// Most taps of a filter, and of those that most have.
pub const MOST: usize = LARGEST * LARGEST;
pub const FEW: usize = 36;

/// Gradients of each tap, or some rows of them, which belong to channels of the images; behind the last tap there is nothing.
type Taps<'a> = [&'a mut [Real]];

/// The gradients of each of up to N taps, with the elements of so many channels of the images.
pub fn taps_of<'a, const N: usize>(c: &Convolution, df: &'a mut [Real], inputs: usize) -> [(&'a mut [Real], usize); N] {
    let channels = c.filters();
    let mut taps = df.chunks_exact_mut(c.input[2] * channels);
    std::array::from_fn(|_| (taps.next().unwrap_or_default(), inputs * channels))
}

/// Takes the sums of some channels of the images back to rows of taps, which have so many elements, from a certain one on.
pub fn to_taps(points: Points, c: &Convolution, sums: (&[Real], Range<usize>), taps: &mut Taps, place: (usize, usize)) {
    if c.has_phases() {
        return by_taps!(phases c.taps, |DOWN, ACROSS| {
            from_phases::<{ along(DOWN) }, { along(ACROSS) }, DOWN, ACROSS>(points, c, sums, taps, place)
        });
    }
    by_taps!(kernel c.kernel, |DOWN, ACROSS| {
        from_points::<{ along(DOWN) }, { along(ACROSS) }, DOWN, ACROSS>(points, c, sums, taps, place)
    });
}

/// The same of KR×KC taps, from R×P points.
fn from_points<const R: usize, const P: usize, const KR: usize, const KC: usize>(
    points: Points,
    c: &Convolution,
    sums: (&[Real], Range<usize>),
    taps: &mut Taps,
    place: (usize, usize),
) where
    Points: At<R> + At<P>,
{
    each_sums::<R, P>(c, sums, place, |source, at| {
        let set = |i: usize, j: usize, value: Lanes| value.store(&mut taps[i * KC + j][at..]);
        let down = |v| At::<R>::tap_gradients::<KR>(points, v);
        let across = |v| At::<P>::tap_gradients::<KC>(points, v);
        around(down, across, |i, j| source.at(i, j), set);
    });
}

/// The same of all phases, of up to KR×KC taps.
fn from_phases<const R: usize, const P: usize, const KR: usize, const KC: usize>(
    points: Points,
    c: &Convolution,
    (sums, inputs): (&[Real], Range<usize>),
    taps: &mut Taps,
    place: (usize, usize),
) where
    Points: At<R> + At<P>,
{
    for (index, phase) in c.phases().enumerate() {
        let first = index * c.input[2];
        each_sums::<R, P>(c, (sums, first + inputs.start..first + inputs.end), place, |source, at| {
            let set = |tap: usize, value: Lanes| value.store(&mut taps[tap][at..]);
            taps_of_phase::<R, P, KR, KC>(points, c, &phase, |i, j| source.at(i, j), set);
        });
    }
}

/// Gives the sums of four output channels at all points, for each of some input channels of tiles, with their place in rows of taps.
#[inline(always)]
fn each_sums<const R: usize, const P: usize>(
    c: &Convolution,
    (sums, inputs): (&[Real], Range<usize>),
    (line, first): (usize, usize),
    mut work: impl FnMut(Rectangle<R, P>, usize),
) {
    for (row, k) in inputs.enumerate() {
        for o in (0..c.filters()).step_by(LANES) {
            let place = (o / PANEL * c.depth() + k) * PANEL + o % PANEL;
            work(Rectangle::new(&sums[place..], P * sums_size(c), sums_size(c)), row * line + first + o);
        }
    }
}
