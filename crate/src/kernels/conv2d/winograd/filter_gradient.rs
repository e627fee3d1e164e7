//! Gradients of the filters: tiles of the images and of the outputs' gradients are transformed, their outer products are
//! summed over all tiles, and the sums are taken back once.

use super::coming::share;
use super::points::Points;
use super::sizes::Convolution;
use super::taps::{self, taps_of, to_taps};
use super::tiles::{transform_gradients, transform_inputs, Group, Layout, Place};
use super::{by_blocks, GAP};
use crate::error::{checked_product, Error};
use crate::gemm::micro::{columns, fours, store, zeros, Walk};
use crate::kernels::ahead::Ahead;
use crate::kernels::map::zip_in_place;
use crate::threads::{each_of, each_part, each_with_scratch};
use crate::vector::{many_registers, Real, Vector, LANES};
use std::ops::Range;

/// Output channels of a panel.
pub(super) const PANEL: usize = 2 * LANES;

/// Tiles of a piece, which one thread transforms.
pub(super) const TILES: usize = 16;

/// Pieces that are transformed before their products are summed up: an even number, for two threads, and few enough for a cache.
pub(super) const PIECES: usize = 4;

/// Sizes of a piece.
#[derive(Clone, Copy)]
pub(super) struct Piece {
    /// Transformed inputs.
    seen: Layout,
    /// Transformed gradients: panels of eight channels.
    gradients: Layout,
    points: usize,
    /// Elements of a tile at the border.
    patch: usize,
}

impl Piece {
    fn new(c: &Convolution) -> Self {
        let padded = c.filters().next_multiple_of(PANEL);
        Self {
            seen: Layout { point: c.depth() * TILES + GAP, tile: LANES, vector: LANES * TILES },
            gradients: Layout { point: padded * TILES + GAP, tile: PANEL, vector: PANEL * TILES },
            points: c.matrices(),
            patch: (c.matrices() * c.depth()).max(c.sides().iter().product::<usize>() * c.filters()),
        }
    }

    /// Elements of all.
    fn size(&self) -> usize {
        self.points * (self.seen.point + self.gradients.point) + self.patch
    }

    /// Tiles of the piece of number `part`, at one point.
    fn segment(&self, part: usize, point: usize, tiles: Range<usize>) -> Segment {
        let seen = part * self.size() + self.patch;
        let gradients = seen + self.points * self.seen.point;
        Segment {
            seen: seen + point * self.seen.point + tiles.start * self.seen.tile,
            gradients: gradients + point * self.gradients.point + tiles.start * self.gradients.tile,
            tiles: tiles.len(),
        }
    }
}

/// Tiles that lie side by side, at one point: where the first ones of their channels begin in memory.
#[derive(Clone, Copy, Default)]
pub(super) struct Segment {
    pub seen: usize,
    pub gradients: usize,
    pub tiles: usize,
}

/// Elements of the sums of one point: panels of eight output channels.
pub(super) fn sums_size(c: &Convolution) -> usize {
    c.depth() * c.filters().next_multiple_of(PANEL) + GAP
}

/// Fewest tiles of which parts have sums of their own, of two parts and of four.
const FEWEST_OF_TWO: usize = 128;
const FEWEST_OF_FOUR: usize = 512;

/// Most elements of the sums of a part, half a megabyte: larger ones do not stay in the second-level cache beside the pieces, and
/// threads share them by points.
pub(super) const MOST: usize = 1 << 17;

/// How the batch is cut: tiles of a part, and parts, 1, 2 or 4.
fn cut(c: &Convolution) -> (usize, usize) {
    let all = c.batch * c.tiles();
    let parts = match all {
        _ if c.matrices() * sums_size(c) > MOST => 1,
        ..FEWEST_OF_TWO => 1,
        FEWEST_OF_TWO..FEWEST_OF_FOUR => 2,
        _ => 4,
    };
    let tiles = all.div_ceil(parts).next_multiple_of(TILES);
    (tiles, all.div_ceil(tiles))
}

/// Elements of the pieces that a part works with.
fn pieces_size(c: &Convolution) -> usize {
    cut(c).0.div_ceil(TILES).min(PIECES) * Piece::new(c).size()
}

/// float32 values of scratch memory for [`filter_gradient`].
pub fn filter_gradient_workspace(c: &Convolution) -> Result<usize, Error> {
    if by_blocks::fits(c) {
        return Ok(pieces_size(c) + by_blocks::workspace(c)?);
    }
    let parts = cut(c).1;
    Ok(checked_product(&[parts, c.matrices(), sums_size(c)])? + checked_product(&[parts, pieces_size(c)])?)
}

/// `df = conv(x, dy)`, summed over the batch, where `c` says how `dy` came from `x`. Channels must be multiples of four.
pub fn filter_gradient(c: &Convolution, x: &[Real], dy: &[Real], df: &mut [Real], workspace: &mut [Real]) {
    let points = Points::new();
    let (tiles, parts) = cut(c);
    if by_blocks::fits(c) {
        let (pieces, scratch) = workspace.split_at_mut(pieces_size(c));
        let all = transform_pieces(points, c, (x, dy), (0, c.batch * c.tiles()), pieces);
        return by_blocks::filter_gradient(points, c, &all, df, scratch);
    }
    let size = c.matrices() * sums_size(c);
    let (sums, pieces) = workspace.split_at_mut(parts * size);
    each_with_scratch([(&mut *sums, size)], (pieces, pieces_size(c)), |part, [sums], pieces| {
        let first = part * tiles;
        add_tiles(points, c, (x, dy), (first, (first + tiles).min(c.batch * c.tiles())), sums, pieces);
    });
    add_sums(c, sums);
    transform_sums(points, c, &sums[..size], df);
}

/// Adds the sums of all parts to those of the first one.
pub(super) fn add_sums(c: &Convolution, sums: &mut [Real]) {
    let size = c.matrices() * sums_size(c);
    let (first, others) = sums.split_at_mut(size);
    each_part(first, sums_size(c), |point, sums| {
        for other in others.chunks_exact(size) {
            zip_in_place(sums, &other[point * sums_size(c)..][..sums.len()], |sum, other| sum.add(other));
        }
    });
}

/// The products of the tiles from `first` to `end`. Threads share them where there is one part only.
fn add_tiles(
    points: Points,
    c: &Convolution,
    images: (&[Real], &[Real]),
    (first, end): (usize, usize),
    sums: &mut [Real],
    pieces: &mut [Real],
) {
    // Groups of a size: every one of them goes over all sums.
    let most = (end - first).div_ceil((end - first).div_ceil(PIECES * TILES));
    for start in (first..end).step_by(most) {
        let next = (start + most).min(end)..(start + 2 * most).min(end);
        let pieces = transform_pieces(points, c, images, (start, next.start), pieces);
        let coming = [c.coming(images.0, c.input, next.clone()), c.coming(images.1, c.output, next)];
        each_part(sums, sums_size(c), |point, sums| {
            let depths = c.depths(&c.at_point(point));
            let coming = coming.map(|values| share(values, point, c.matrices()));
            let ahead = &mut Ahead::new(coming, depths.len() / LANES * c.filters().div_ceil(PANEL));
            pieces.add_products(c, point, (depths, [0; 2]), (start == first, sums), ahead);
        });
    }
}

/// Transformed tiles of the images and of the outputs' gradients.
pub(super) struct Pieces<'a> {
    piece: Piece,
    groups: [Group; PIECES],
    values: &'a [Real],
}

/// Transforms the tiles from `first` to `end`.
fn transform_pieces<'a>(
    points: Points,
    c: &Convolution,
    (x, dy): (&[Real], &[Real]),
    (first, end): (usize, usize),
    pieces: &'a mut [Real],
) -> Pieces<'a> {
    let piece = Piece::new(c);
    let groups: [_; PIECES] = std::array::from_fn(|part| {
        let first = (first + part * TILES).min(end);
        Group::new(c, first, TILES.min(end - first))
    });
    let pieces = &mut pieces[..(end - first).div_ceil(TILES) * piece.size()];
    each_part(pieces, piece.size(), |part, scratch| {
        let places = groups[part].places();
        let (patch, rest) = scratch.split_at_mut(piece.patch);
        let (seen, gradients) = rest.split_at_mut(piece.points * piece.seen.point);
        transform_inputs(points, c, x, places, (seen, piece.seen), patch);
        transform_panels(points, c, dy, places, (gradients, piece.gradients), patch);
    });
    Pieces { piece, groups, values: pieces }
}

impl Pieces<'_> {
    /// Adds the outer products at one point for some of the input channels of `own`, whose first input and output channels have the numbers `first`:
    /// multiples of a vector's and of a panel's. What lies ahead is asked for meanwhile.
    pub fn add_products(
        &self,
        own: &Convolution,
        point: usize,
        (depths, first): (Range<usize>, [usize; 2]),
        sums: (bool, &mut [Real]),
        ahead: &mut Ahead,
    ) {
        let Piece { seen, gradients, .. } = self.piece;
        let (mut segments, mut count) = ([Segment::default(); PIECES], 0);
        for (part, group) in self.groups.iter().enumerate() {
            let tiles = group.of_point(point);
            if !tiles.is_empty() {
                let all = self.piece.segment(part, point, tiles);
                segments[count] = Segment {
                    seen: all.seen + first[0] / LANES * seen.vector,
                    gradients: all.gradients + first[1] / PANEL * gradients.vector,
                    ..all
                };
                count += 1;
            }
        }
        add_products(own, depths, [seen, gradients], (self.values, &segments[..count]), sums, ahead);
    }
}

/// Transforms the outputs' gradients of tiles, a panel's channels side by side.
#[inline(never)]
fn transform_panels(
    points: Points,
    c: &Convolution,
    dy: &[Real],
    places: &[Place],
    target: (&mut [Real], Layout),
    patch: &mut [Real],
) {
    transform_gradients::<{ PANEL / LANES }>(points, c.taps, (c.made(), dy), places, target, patch);
}

/// Adds the outer products of some tiles at one point, for some input channels: `sums[panel, input channel, output channel]`, which are
/// overwritten where they are fresh.
#[inline(never)]
pub(super) fn add_products(
    c: &Convolution,
    depths: Range<usize>,
    layouts: [Layout; 2],
    (array, segments): (&[Real], &[Segment]),
    (fresh, sums): (bool, &mut [Real]),
    ahead: &mut Ahead,
) {
    for (panel, sums) in sums.chunks_exact_mut(c.depth() * PANEL).enumerate() {
        let width = PANEL.min(c.filters() - panel * PANEL);
        let sums = &mut sums[depths.start * PANEL..depths.end * PANEL];
        let first = depths.start / LANES;
        let mut vector = first;
        if many_registers() && width == PANEL {
            for sums in sums.chunks_exact_mut(2 * LANES * PANEL) {
                ahead.touch();
                ahead.touch();
                Tile { layouts, array, segments, vector, panel }.add_eight(fresh, sums);
                vector += 2;
            }
        }
        for sums in sums[(vector - first) * LANES * PANEL..].chunks_exact_mut(LANES * PANEL) {
            let tile = Tile { layouts, array, segments, vector, panel };
            ahead.touch();
            if width == PANEL {
                tile.add::<2>(fresh, sums);
            } else {
                tile.add::<1>(fresh, sums);
            }
            vector += 1;
        }
    }
}

/// Four input channels, or eight, and a panel of output channels.
struct Tile<'a> {
    layouts: [Layout; 2],
    array: &'a [Real],
    segments: &'a [Segment],
    vector: usize,
    panel: usize,
}

impl Tile<'_> {
    #[inline(always)]
    fn add<const NV: usize>(&self, fresh: bool, sums: &mut [Real]) {
        let [seen, gradients] = self.layouts;
        let mut tile = zeros::<LANES, NV>();
        for segment in self.segments {
            let a = segment.seen + self.vector * seen.vector;
            let b = segment.gradients + self.panel * gradients.vector;
            let walk = Walk::straight(segment.tiles);
            columns(&mut tile, (self.array, a, seen.tile, walk), (self.array, b, gradients.tile, walk));
        }
        store(&tile, sums, 0, PANEL, NV * LANES, fresh);
    }

    /// The same for the channels of two vectors, where there are registers for so many sums.
    #[inline(never)]
    fn add_eight(&self, fresh: bool, sums: &mut [Real]) {
        let [seen, gradients] = self.layouts;
        let mut tile = zeros::<{ 2 * LANES }, 2>();
        for segment in self.segments {
            let a = segment.seen + self.vector * seen.vector;
            let b = segment.gradients + self.panel * gradients.vector;
            fours(&mut tile, (self.array, a, seen.vector, seen.tile), (self.array, b, gradients.tile), segment.tiles);
        }
        store(&tile, sums, 0, PANEL, PANEL, fresh);
    }
}

/// Channels of the images whose sums a thread takes back at a time.
const INPUTS: usize = 16;

/// Takes the sums back to filters.
pub(super) fn transform_sums(points: Points, c: &Convolution, sums: &[Real], df: &mut [Real]) {
    if c.taps_of_filter() <= taps::FEW {
        sums_to_taps::<{ taps::FEW }>(points, c, sums, df);
    } else {
        sums_to_taps::<{ taps::MOST }>(points, c, sums, df);
    }
}

/// The same of up to N taps.
fn sums_to_taps<const N: usize>(points: Points, c: &Convolution, sums: &[Real], df: &mut [Real]) {
    let channels = c.filters();
    each_of(taps_of::<N>(c, df, INPUTS), |part, mut taps| {
        let first = part * INPUTS;
        let inputs = first..first + taps[0].len() / channels;
        to_taps(points, c, (sums, inputs), &mut taps, (channels, 0));
    });
}
