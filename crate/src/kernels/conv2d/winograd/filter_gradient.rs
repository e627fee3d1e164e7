//! Gradients of the filters: tiles of the images and of the outputs' gradients are transformed, their outer products are
//! summed over all tiles, and the sums are taken back once.

use super::points::{around, Points};
use super::tiles::{transform, transform_inputs, Convolution, Group, Layout, Place};
use super::{M, N, POINTS};
use crate::error::{checked_product, Error};
use crate::gemm::micro::{columns, store, zeros, Square, SquareMut, Walk};
use crate::threads::each_part;
use crate::vector::{Real, LANES};
use std::ops::Range;

/// Output channels of a panel.
const PANEL: usize = 2 * LANES;

/// Tiles of a piece, which one thread transforms.
const TILES: usize = 16;

/// Pieces that are transformed before their products are summed up.
const PIECES: usize = 4;

/// Elements between matrices beyond their size: powers of two would put all of them into the same lines of a cache.
const GAP: usize = 4 * LANES;

/// Sizes of a piece.
#[derive(Clone, Copy)]
struct Piece {
    /// Transformed inputs.
    seen: Layout,
    /// Transformed gradients: panels of eight channels.
    gradients: Layout,
    /// Elements of a tile at the border.
    patch: usize,
}

impl Piece {
    fn new(c: &Convolution) -> Self {
        let padded = c.filters().next_multiple_of(PANEL);
        Self {
            seen: Layout { point: c.depth() * TILES + GAP, tile: LANES, vector: LANES * TILES },
            gradients: Layout { point: padded * TILES + GAP, tile: PANEL, vector: PANEL * TILES },
            patch: (N * N * c.depth()).max(M * M * c.filters()),
        }
    }

    /// Elements of all.
    fn size(&self) -> usize {
        POINTS * (self.seen.point + self.gradients.point) + self.patch
    }

    /// Tiles of the piece of number `part`, at one point.
    fn segment(&self, part: usize, point: usize, tiles: Range<usize>) -> Segment {
        let seen = part * self.size() + self.patch;
        let gradients = seen + POINTS * self.seen.point;
        Segment {
            seen: seen + point * self.seen.point + tiles.start * self.seen.tile,
            gradients: gradients + point * self.gradients.point + tiles.start * self.gradients.tile,
            tiles: tiles.len(),
        }
    }
}

/// Tiles that lie side by side, at one point: where the first ones of their channels begin in the pieces.
#[derive(Clone, Copy, Default)]
struct Segment {
    seen: usize,
    gradients: usize,
    tiles: usize,
}

/// Elements of the sums of one point: panels of eight output channels.
fn sums_size(c: &Convolution) -> usize {
    c.depth() * c.filters().next_multiple_of(PANEL) + GAP
}

/// float32 values of scratch memory for [`filter_gradient`].
pub fn filter_gradient_workspace(c: &Convolution) -> Result<usize, Error> {
    let pieces = (c.batch * c.tiles()).div_ceil(TILES).min(PIECES);
    Ok(checked_product(&[POINTS, sums_size(c)])? + checked_product(&[pieces, Piece::new(c).size()])?)
}

/// `df = conv(x, dy)`, summed over the batch, where `c` says how `dy` came from `x`. Channels must be multiples of four.
pub fn filter_gradient(c: &Convolution, x: &[Real], dy: &[Real], df: &mut [Real], workspace: &mut [Real]) {
    let (points, piece) = (Points::new(), Piece::new(c));
    let (sums, pieces) = workspace.split_at_mut(POINTS * sums_size(c));
    let all = c.batch * c.tiles();
    for start in (0..all).step_by(PIECES * TILES) {
        let groups: [_; PIECES] = std::array::from_fn(|part| {
            let first = (start + part * TILES).min(all);
            Group::new(c, first, TILES.min(all - first))
        });
        let count = (all - start).div_ceil(TILES).min(PIECES);
        let pieces = &mut pieces[..count * piece.size()];
        each_part(pieces, piece.size(), |part, scratch| {
            let places = groups[part].places();
            let (patch, rest) = scratch.split_at_mut(piece.patch);
            let (seen, gradients) = rest.split_at_mut(POINTS * piece.seen.point);
            transform_inputs(points, c, x, places, (seen, piece.seen), patch);
            transform_gradients(points, c, dy, places, (gradients, piece.gradients), patch);
        });
        let pieces = &*pieces;
        each_part(sums, sums_size(c), |point, sums| {
            add_products(c, &piece, (pieces, &groups), point, start == 0, sums)
        });
    }
    transform_sums(points, c, sums, df);
}

/// Transforms the outputs' gradients of tiles, a panel's channels side by side.
#[inline(never)]
fn transform_gradients(
    points: Points,
    c: &Convolution,
    dy: &[Real],
    places: &[Place],
    target: (&mut [Real], Layout),
    patch: &mut [Real],
) {
    transform::<M, { PANEL / LANES }>((c.output, dy, [0; 2]), places, |v| points.gradients(v), target, patch);
}

/// Adds the outer products of some of the pieces' tiles at one point: `sums[panel, input channel, output channel]`.
#[inline(never)]
fn add_products(
    c: &Convolution,
    piece: &Piece,
    (pieces, groups): (&[Real], &[Group; PIECES]),
    point: usize,
    fresh: bool,
    sums: &mut [Real],
) {
    let (mut segments, mut count) = ([Segment::default(); PIECES], 0);
    for (part, group) in groups.iter().enumerate() {
        let tiles = group.of_point(point);
        if !tiles.is_empty() {
            segments[count] = piece.segment(part, point, tiles);
            count += 1;
        }
    }
    for (panel, sums) in sums.chunks_exact_mut(c.depth() * PANEL).enumerate() {
        let width = PANEL.min(c.filters() - panel * PANEL);
        for (vector, sums) in sums.chunks_exact_mut(LANES * PANEL).enumerate() {
            let tile = Tile { piece, pieces, segments: &segments[..count], vector, panel };
            if width == PANEL {
                tile.add::<2>(fresh, sums);
            } else {
                tile.add::<1>(fresh, sums);
            }
        }
    }
}

/// Four input channels and a panel of output channels.
struct Tile<'a> {
    piece: &'a Piece,
    pieces: &'a [Real],
    segments: &'a [Segment],
    vector: usize,
    panel: usize,
}

impl Tile<'_> {
    #[inline(always)]
    fn add<const NV: usize>(&self, fresh: bool, sums: &mut [Real]) {
        let Piece { seen, gradients, .. } = *self.piece;
        let mut tile = zeros::<LANES, NV>();
        for segment in self.segments {
            let a = segment.seen + self.vector * seen.vector;
            let b = segment.gradients + self.panel * gradients.vector;
            let walk = Walk::straight(segment.tiles);
            columns(&mut tile, (self.pieces, a, seen.tile, walk), (self.pieces, b, gradients.tile, walk));
        }
        store(&tile, sums, 0, PANEL, NV * LANES, fresh);
    }
}

/// Takes the sums back to filters.
fn transform_sums(points: Points, c: &Convolution, sums: &[Real], df: &mut [Real]) {
    let (depth, channels) = (c.depth(), c.filters());
    let tap = depth * channels;
    for k in 0..depth {
        for o in (0..channels).step_by(LANES) {
            let place = o / PANEL * depth * PANEL + k * PANEL + o % PANEL;
            let source = Square::<N>::new(&sums[place..], N * sums_size(c), sums_size(c));
            let mut target = SquareMut::<3>::new(&mut df[k * channels + o..], 3 * tap, tap);
            around(|v| points.tap_gradients(v), |i, j| source.at(i, j), |i, j, value| target.set(i, j, value));
        }
    }
}
