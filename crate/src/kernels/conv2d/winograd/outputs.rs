//! From products at the points back to outputs: those of a tile, or of the transpose, where tiles overlap and are added up.

use super::around::{around, around_tile, Axis, Transform};
use super::lattice::Lattice;
use super::phases::Phase;
use super::points::{At, Points};
use super::sizes::Convolution;
use super::tiles::{Group, Layout};
use super::{along, by_taps, by_taps_of_phase, side, SIX};
use crate::gemm::micro::{Rectangle, RectangleMut};
use crate::vector::{Lanes, Real, Vector, LANES};
use std::ops::Range;

/// Takes the products of a panel of output channels, `channel` the first one and so many as `width`, back to outputs, of which there
/// are those from number `origin` on. Those of a transpose, whole images, are added to what is there, and have their bias already.
pub fn make_outputs(
    points: Points,
    c: &Convolution,
    group: &Group,
    made: (&[Real], Layout),
    (channel, width): (usize, usize),
    bias: Option<&[Real]>,
    y: (&mut [Real], usize),
) {
    if c.spreads {
        return add_outputs(points, c, group, made, (channel, width), y);
    }
    let bias = bias.map(|bias| &bias[channel..]);
    by_taps!(c.taps, |DOWN, ACROSS| {
        put_tiles::<{ along(DOWN) }, { along(ACROSS) }, { side(DOWN) }, { side(ACROSS) }>(
            points,
            c,
            group,
            made,
            (channel, width),
            bias,
            y,
        )
    });
}

/// Outputs from R×P points, MR×MC a tile.
#[inline(never)]
fn put_tiles<const R: usize, const P: usize, const MR: usize, const MC: usize>(
    points: Points,
    c: &Convolution,
    group: &Group,
    (made, layout): (&[Real], Layout),
    (channel, width): (usize, usize),
    bias: Option<&[Real]>,
    (y, origin): (&mut [Real], usize),
) where
    Points: At<R> + At<P>,
{
    let [line, pixel] = c.made().strides();
    let (down, across) = (At::<R>::of_outputs::<MR>(points), At::<P>::of_outputs::<MC>(points));
    for (tile, place) in group.places().iter().enumerate() {
        let [high, wide] = place.count;
        if high == 0 || wide == 0 {
            continue;
        }
        let first = place.pixel * c.output[2] + channel - origin;
        for v in (0..width).step_by(LANES) {
            let source = Rectangle::<R, P>::new(&made[tile * layout.tile + v..], P * layout.point, layout.point);
            let target = &mut y[first + v..];
            let bias = bias.map_or(Lanes::splat(0.0), |bias| Lanes::load(&bias[v..]));
            let at = |i: usize, j: usize| source.at(i, j);
            if (high, wide) == (MR, MC) {
                let mut target = RectangleMut::<MR, MC>::new(target, line, pixel);
                let set = |i: usize, j: usize, value: Lanes| target.set(i, j, value.add(bias));
                around(&down.whole, &across.whole, at, set);
            } else {
                around_tile(&down, &across, place.half, at, |i, j, value| {
                    if i < high && j < wide {
                        value.add(bias).store(&mut target[i * line + j * pixel..]);
                    }
                });
            }
        }
    }
}

/// Takes the products of a panel of output channels back to outputs, and adds them to what is there: whole images, from output number
/// `origin` on.
#[inline(never)]
pub fn add_outputs(
    points: Points,
    c: &Convolution,
    group: &Group,
    (made, layout): (&[Real], Layout),
    (channel, width): (usize, usize),
    (y, origin): (&mut [Real], usize),
) {
    let channels = c.output[2];
    let mut done = 0;
    // The panel may have channels of several phases.
    while done < width {
        let first = (channel + done) % channels;
        let count = (channels - first).min(width - done);
        let Phase { taps, pads, .. } = c.phase((channel + done) / channels);
        let target = Target { lattice: c.made(), pads, channels: first..first + count, values: &mut *y, origin };
        let made = (&made[done..], layout);
        if !c.has_short_phases() {
            by_taps!(c.taps, |DOWN, ACROSS| {
                let transforms = (At::<{ along(DOWN) }>::of_spread(points), At::<{ along(ACROSS) }>::of_spread(points));
                add_tiles::<{ along(DOWN) }, { along(ACROSS) }>(transforms, group, made, target)
            });
        } else if c.is_line() {
            by_taps_of_phase!(taps, points, line, [of_spread, of_spread_of_two, of_spread_of_one], |transforms| {
                add_tiles::<1, SIX>(transforms, group, made, target);
            });
        } else {
            by_taps_of_phase!(taps, points, [of_spread, of_spread_of_two, of_spread_of_one], |transforms| {
                add_tiles::<SIX, SIX>(transforms, group, made, target);
            });
        }
        done += count;
    }
}

/// Where tiles are added up.
struct Target<'a> {
    lattice: Lattice,
    /// Rows above an image, and columns left of it, that the first tile has.
    pads: [isize; 2],
    channels: Range<usize>,
    values: &'a mut [Real],
    /// Number of the first of the values.
    origin: usize,
}

/// The same of tiles of R×P, for channels whose tiles begin at the same pixels.
#[inline(always)]
fn add_tiles<const R: usize, const P: usize>(
    (down, across): (Transform<R, impl Axis<R, R>, impl Axis<R, R>>, Transform<P, impl Axis<P, P>, impl Axis<P, P>>),
    group: &Group,
    (made, layout): (&[Real], Layout),
    Target { lattice, pads, channels, values, origin: before }: Target,
) {
    let [line, pixel] = lattice.strides();
    let [rows, columns] = [down.made.map(|made| count(&made)), across.made.map(|made| count(&made))];
    for (tile, place) in group.places().iter().enumerate() {
        let sizes = lattice.size_of(place.remainders);
        if sizes.contains(&0) {
            continue;
        }
        let y = &mut values[lattice.start(place) - before..];
        let [row, column] = lattice.first([place.row, place.column], pads);
        let counts = [rows[usize::from(place.half[0])], columns[usize::from(place.half[1])]];
        let [rows, columns] =
            [(row, 0), (column, 1)].map(|(first, axis)| lattice.inside(first, counts[axis], sizes[axis]));
        let origin = lattice.steps(row * line as isize + column * pixel as isize);
        let first = ((rows.len(), columns.len()) == (counts[0], counts[1]))
            .then_some(origin as usize)
            .filter(|first| first + (R - 1) * line + (P - 1) * pixel + lattice.shape[2] <= y.len());
        for (v, channel) in channels.clone().step_by(LANES).enumerate() {
            let made = &made[tile * layout.tile + v * LANES..];
            let source = Rectangle::<R, P>::new(made, P * layout.point, layout.point);
            let at = |i: usize, j: usize| source.at(i, j);
            if let Some(first) = first {
                let mut target = RectangleMut::<R, P>::new(&mut y[first + channel..], line, pixel);
                around_tile(&down, &across, place.half, at, |i, j, value| target.add(i, j, value));
                continue;
            }
            around_tile(&down, &across, place.half, at, |i, j, value| {
                if rows.contains(&i) && columns.contains(&j) {
                    let place = origin + (i * line + j * pixel) as isize;
                    let target = &mut y[place as usize + channel..];
                    Lanes::load(target).add(value).store(target);
                }
            });
        }
    }
}

/// How many rows or columns a transform makes: the first ones.
fn count(made: &[bool]) -> usize {
    made.iter().filter(|&&made| made).count()
}
