//! Gradients of the filters: tiles of the images and of the outputs' gradients are transformed, their outer products are
//! summed over all tiles, and the sums are taken back once.

use super::points::{around, Points};
use super::tiles::{transform, transform_inputs, Convolution, Layout};
use super::{M, N, POINTS};
use crate::error::{checked_product, Error};
use crate::gemm::micro::{columns, store, zeros, Square, SquareMut, Walk};
use crate::threads::each_part;
use crate::vector::{Real, LANES};

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
        let count = (PIECES * TILES).min(all - start);
        let pieces = &mut pieces[..count.div_ceil(TILES) * piece.size()];
        each_part(pieces, piece.size(), |part, scratch| {
            let tiles = (start + part * TILES, TILES.min(count - part * TILES));
            let (patch, rest) = scratch.split_at_mut(piece.patch);
            let (seen, gradients) = rest.split_at_mut(POINTS * piece.seen.point);
            transform_inputs(points, c, x, tiles, (seen, piece.seen), patch);
            transform_gradients(points, c, dy, tiles, (gradients, piece.gradients), patch);
        });
        let pieces = &*pieces;
        each_part(sums, sums_size(c), |point, sums| add_products(c, &piece, pieces, point, count, start == 0, sums));
    }
    transform_sums(points, c, sums, df);
}

/// Transforms the outputs' gradients of `count` tiles from `start` on, a panel's channels side by side.
#[inline(never)]
fn transform_gradients(
    points: Points,
    c: &Convolution,
    dy: &[Real],
    tiles: (usize, usize),
    target: (&mut [Real], Layout),
    patch: &mut [Real],
) {
    transform::<M, { PANEL / LANES }>(c, (c.output, dy, [0; 2]), tiles, |v| points.gradients(v), target, patch);
}

/// Adds the outer products of `count` tiles at one point: `sums[panel, input channel, output channel]`.
#[inline(never)]
fn add_products(
    c: &Convolution,
    piece: &Piece,
    pieces: &[Real],
    point: usize,
    count: usize,
    fresh: bool,
    sums: &mut [Real],
) {
    for (panel, sums) in sums.chunks_exact_mut(c.depth() * PANEL).enumerate() {
        let width = PANEL.min(c.filters() - panel * PANEL);
        for (vector, sums) in sums.chunks_exact_mut(LANES * PANEL).enumerate() {
            let tile = Tile { piece, pieces, point, count, vector, panel };
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
    point: usize,
    count: usize,
    vector: usize,
    panel: usize,
}

impl Tile<'_> {
    #[inline(always)]
    fn add<const NV: usize>(&self, fresh: bool, sums: &mut [Real]) {
        let Piece { seen, gradients, patch } = *self.piece;
        let mut tile = zeros::<LANES, NV>();
        for (part, piece) in self.pieces.chunks_exact(self.piece.size()).enumerate() {
            let walk = Walk::straight(TILES.min(self.count - part * TILES));
            let a = patch + self.point * seen.point + self.vector * seen.vector;
            let b = patch + POINTS * seen.point + self.point * gradients.point + self.panel * gradients.vector;
            columns(&mut tile, (piece, a, seen.tile, walk), (piece, b, gradients.tile, walk));
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
