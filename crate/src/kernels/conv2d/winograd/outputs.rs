//! From products at the points back to outputs: those of a tile, or of the transpose, where tiles overlap and are added up.

use super::points::{around, around_tile, Points};
use super::tiles::{Convolution, Group, Layout};
use super::{along, by_taps, side, N};
use crate::gemm::micro::{Rectangle, RectangleMut};
use crate::vector::{Lanes, Real, Vector, LANES};

/// Takes the products of a panel of output channels, `channel` the first one and so many as `width`, back to outputs.
pub fn transform_outputs(
    points: Points,
    c: &Convolution,
    group: &Group,
    made: (&[Real], Layout),
    panel: (usize, usize),
    bias: Option<&[Real]>,
    y: &mut [Real],
) {
    by_taps!(c.taps, |DOWN, ACROSS| {
        put_tiles::<{ along(DOWN) }, { side(DOWN) }, { side(ACROSS) }>(points, c, group, made, panel, bias, y)
    });
}

/// The same from R×N points to MR×MC outputs a tile.
#[inline(never)]
fn put_tiles<const R: usize, const MR: usize, const MC: usize>(
    points: Points,
    c: &Convolution,
    group: &Group,
    (made, layout): (&[Real], Layout),
    (channel, width): (usize, usize),
    bias: Option<&[Real]>,
    y: &mut [Real],
) {
    let (lattice, [height, _]) = (c.made(), c.made().size());
    let [line, pixel] = lattice.strides::<R>();
    let (down, across) = (points.of_outputs::<R, MR>(), points.of_outputs::<N, MC>());
    for (tile, place) in group.places().iter().enumerate() {
        let (high, wide) = (height - place.row, lattice.columns::<R>(place.row).saturating_sub(place.column));
        let (high, wide) = (MR.min(high), MC.min(wide));
        if wide == 0 {
            continue;
        }
        let first = place.image * lattice.elements() + place.row * line + place.column * pixel + channel;
        for v in (0..width).step_by(LANES) {
            let source = Rectangle::<R, N>::new(&made[tile * layout.tile + v..], N * layout.point, layout.point);
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

/// Takes the products of a panel of output channels back to outputs, and adds them to what is there.
pub fn add_outputs(
    points: Points,
    c: &Convolution,
    group: &Group,
    made: (&[Real], Layout),
    panel: (usize, usize),
    y: &mut [Real],
) {
    if c.taps[0] == 1 {
        add_tiles::<1>(points, c, group, made, panel, y);
    } else {
        add_tiles::<N>(points, c, group, made, panel, y);
    }
}

/// The same of tiles of R×N.
#[inline(never)]
fn add_tiles<const R: usize>(
    points: Points,
    c: &Convolution,
    group: &Group,
    (made, layout): (&[Real], Layout),
    (channel, width): (usize, usize),
    y: &mut [Real],
) {
    let (lattice, [height, _]) = (c.made(), c.made().size());
    let ([line, pixel], channels) = (lattice.strides::<R>(), lattice.shape[2]);
    let (down, across) = (points.of_spread::<R>(), points.of_spread::<N>());
    let inside = |first: isize, count: usize, size: usize, half: bool| {
        first >= 0 && first as usize + if half { 4 } else { count } <= size
    };
    for (tile, place) in group.places().iter().enumerate() {
        let (row, column) = (place.row as isize - c.pads[0], place.column as isize - c.pads[1]);
        let y = &mut y[place.image * lattice.elements()..];
        let columns = lattice.columns::<R>(place.row);
        let first = (inside(row, R, height, place.half[0]) && inside(column, N, columns, place.half[1]))
            .then(|| row as usize * line + column as usize * pixel)
            .filter(|first| first + (R - 1) * line + (N - 1) * pixel + channels <= y.len());
        for v in (0..width).step_by(LANES) {
            let source = Rectangle::<R, N>::new(&made[tile * layout.tile + v..], N * layout.point, layout.point);
            let at = |i: usize, j: usize| source.at(i, j);
            let channel = channel + v;
            if let Some(first) = first {
                let mut target = RectangleMut::<R, N>::new(&mut y[first + channel..], line, pixel);
                around_tile(&down, &across, place.half, at, |i, j, value| target.add(i, j, value));
            } else {
                around_tile(&down, &across, place.half, at, |i, j, value| {
                    let (i, j) = (row + i as isize, column + j as isize);
                    if (0..height as isize).contains(&i) && (0..columns as isize).contains(&j) {
                        let target = &mut y[i as usize * line + j as usize * pixel + channel..];
                        Lanes::load(target).add(value).store(target);
                    }
                });
            }
        }
    }
}
