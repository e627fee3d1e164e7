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
    let [out_h, out_w, channels] = c.output;
    let (down, across) = (points.of_outputs::<R, MR>(), points.of_outputs::<N, MC>());
    for (tile, place) in group.places().iter().enumerate() {
        let (high, wide) = (MR.min(out_h - place.row), MC.min(out_w - place.column));
        let first = ((place.image * out_h + place.row) * out_w + place.column) * channels + channel;
        for v in (0..width).step_by(LANES) {
            let source = Rectangle::<R, N>::new(&made[tile * layout.tile + v..], N * layout.point, layout.point);
            let target = &mut y[first + v..];
            let bias = bias.map_or(Lanes::splat(0.0), |bias| Lanes::load(&bias[v..]));
            let at = |i: usize, j: usize| source.at(i, j);
            if (high, wide) == (MR, MC) {
                let mut target = RectangleMut::<MR, MC>::new(target, out_w * channels, channels);
                let set = |i: usize, j: usize, value: Lanes| target.set(i, j, value.add(bias));
                around(&down.whole, &across.whole, at, set);
            } else {
                around_tile(&down, &across, place.half, at, |i, j, value| {
                    if i < high && j < wide {
                        value.add(bias).store(&mut target[(i * out_w + j) * channels..]);
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
    let [out_h, out_w, channels] = c.output;
    let line = out_w * channels;
    let (down, across) = (points.of_spread::<R>(), points.of_spread::<N>());
    let inside = |first: isize, axis: usize, half: bool| {
        first >= 0 && first as usize + if half { 4 } else { [R, N][axis] } <= c.output[axis]
    };
    for (tile, place) in group.places().iter().enumerate() {
        let (row, column) = (place.row as isize - c.pads[0], place.column as isize - c.pads[1]);
        let y = &mut y[place.image * out_h * line..];
        let first = (inside(row, 0, place.half[0]) && inside(column, 1, place.half[1]))
            .then(|| row as usize * line + column as usize * channels)
            .filter(|first| first + (R - 1) * line + (N - 1) * channels + channels <= y.len());
        for v in (0..width).step_by(LANES) {
            let source = Rectangle::<R, N>::new(&made[tile * layout.tile + v..], N * layout.point, layout.point);
            let at = |i: usize, j: usize| source.at(i, j);
            let channel = channel + v;
            if let Some(first) = first {
                let mut target = RectangleMut::<R, N>::new(&mut y[first + channel..], line, channels);
                around_tile(&down, &across, place.half, at, |i, j, value| target.add(i, j, value));
            } else {
                around_tile(&down, &across, place.half, at, |i, j, value| {
                    let (i, j) = (row + i as isize, column + j as isize);
                    if (0..out_h as isize).contains(&i) && (0..out_w as isize).contains(&j) {
                        let target = &mut y[i as usize * line + j as usize * channels + channel..];
                        Lanes::load(target).add(value).store(target);
                    }
                });
            }
        }
    }
}
