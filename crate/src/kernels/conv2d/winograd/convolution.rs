//! Outputs: transformed tiles times transformed filters, and back.

use super::filters::{transform_own, Given};
use super::outputs::make_outputs;
use super::own::{self, Own};
use super::points::Points;
use super::sizes::Convolution;
use super::tiles::{clear, transform_inputs, Group, Layout, MOST_TILES};
use super::{by_panels, GAP};
use crate::error::{checked_product, Error};
use crate::gemm::micro::{in_sixes, strip_with, tiled_by_halves, Band, Panel, Tiled, Walk, SIX};
use crate::gemm::pack::{panel_width, PANEL};
use crate::kernels::ahead::{touch_all, Ahead};
use crate::kernels::bias::broadcast;
use crate::threads::{each_with_scratch, of_busiest};
use crate::vector::{Real, LANES};
use std::ops::Range;

/// Elements of the transformed tiles that are worked on together: 128 KiB, a part of a second-level cache.
const TOGETHER: usize = 32 * 1024;

/// Fewest tiles that are worked on together, if there are as many: they share what they read of the filters.
const FEWEST: usize = 18;

/// Most parts of a batch, each with scratch memory of its own.
const PARTS: usize = 16;

/// How the work is cut.
#[derive(Clone, Copy)]
struct Cut {
    /// Input channels.
    depth: usize,
    /// Points.
    points: usize,
    /// Tiles of a part.
    part: usize,
    /// Tiles that are worked on together.
    tiles: usize,
}

/// Tiles of a part: those of about so many images that they have the fewest tiles, and that the busiest of two threads, and of four, have
/// least; or of so many rows of an image that is alone, where rows of tiles are rows of outputs, or of so much of a line.
fn tiles_of_part(c: &Convolution) -> usize {
    let [down, across] = c.grid();
    let is_alone = c.batch == 1 && !c.spreads && c.parts_of_image() == 1;
    let (units, unit) = match (is_alone, c.has_one_row()) {
        (true, true) => (across, 1),
        (true, false) => (down, across),
        _ => (c.batch, c.tiles()),
    };
    let most = units.div_ceil(2);
    let least = (FEWEST * 3 / 4).div_ceil(unit).max(units.div_ceil(PARTS)).min(most);
    unit * (least..=most.min(2 * least)).min_by_key(|&part| of_busiest(units, part)).unwrap_or(units)
}

impl Cut {
    fn new(c: &Convolution) -> Self {
        let part = tiles_of_part(c);
        let most = (TOGETHER / (c.matrices() * c.depth())).clamp(FEWEST, MOST_TILES);
        // Some more than the fewest are better than half as many.
        let groups = if most > FEWEST { part.div_ceil(most) } else { ((part + FEWEST / 2) / FEWEST).max(1) };
        let tiles = part.div_ceil(groups).next_multiple_of(2);
        Self { depth: c.depth(), points: c.matrices(), part, tiles }
    }

    /// Parts.
    fn parts(&self, c: &Convolution) -> usize {
        (c.batch * c.tiles()).div_ceil(self.part)
    }

    /// Transformed tiles.
    fn seen(&self) -> Layout {
        Layout { point: self.tiles * self.depth + GAP, tile: self.depth, vector: LANES }
    }

    /// Products of a panel of output channels.
    fn made(&self) -> Layout {
        Layout { point: self.tiles * PANEL + GAP, tile: PANEL, vector: LANES }
    }

    /// About how many tiles of registers the products of so many tiles are.
    fn turns(&self, c: &Convolution, tiles: usize) -> usize {
        self.points * (tiles / SIX).max(1) * c.filters().div_ceil(2 * LANES)
    }

    /// Elements of scratch memory of a part: transformed tiles, products, a tile at the border.
    fn piece(&self) -> Result<usize, Error> {
        checked_product(&[self.points, self.seen().point + self.made().point + self.depth])
    }
}

/// From one point to the next of the transformed filters of a panel of output channels.
pub(super) fn filters_of_point(c: &Convolution) -> usize {
    c.depth() * PANEL + GAP
}

/// Elements of the transformed filters of a panel of output channels.
pub(super) fn panel_size(c: &Convolution) -> usize {
    c.matrices() * filters_of_point(c)
}

impl Convolution {
    /// Elements of all transformed filters.
    pub fn transformed_size(&self) -> Result<usize, Error> {
        checked_product(&[self.filters().div_ceil(PANEL), panel_size(self)])
    }

    /// Elements that [`transform_own`] needs.
    pub(super) fn room_of_filters(&self) -> Result<usize, Error> {
        Ok(own::room(self.transformed_size()?))
    }
}

/// Filters that are given, or transformed, as [`transform_all`](super::transform_all) does it.
#[derive(Clone, Copy)]
pub enum Filters<'a> {
    /// Not transformed.
    Given(Given<'a>),
    /// Panel after panel.
    Transformed(&'a [Real]),
}

/// float32 values of scratch memory for [`convolve`].
pub fn workspace(c: &Convolution) -> Result<usize, Error> {
    let filters = if by_panels::fits(c) { by_panels::workspace_of_filters(c) } else { c.room_of_filters()? };
    Ok(filters + workspace_beside_filters(c)?)
}

/// The same with transformed filters.
pub fn workspace_beside_filters(c: &Convolution) -> Result<usize, Error> {
    if by_panels::fits(c) {
        by_panels::workspace(c)
    } else {
        workspace_of_parts(c)
    }
}

/// What all parts of the batch work with.
fn workspace_of_parts(c: &Convolution) -> Result<usize, Error> {
    let cut = Cut::new(c);
    checked_product(&[cut.parts(c), cut.piece()?])
}

/// `y = conv(x, filter) + bias`, or the transpose of that. `finish` gets the
/// outputs part by part when they are done, with the number of the first one; they are still in the cache. Channels
/// must be multiples of four.
pub fn convolve(
    c: &Convolution,
    x: &[Real],
    filter: Filters,
    bias: Option<&[Real]>,
    y: &mut [Real],
    workspace: &mut [Real],
    finish: impl Fn(usize, &mut [Real]) + Sync,
) {
    if by_panels::fits(c) {
        return by_panels::convolve(c, (x, filter, bias), y, workspace, finish);
    }
    let (prepared, scratch) = Prepared::new(c, x, filter, bias, workspace);
    let tiles = prepared.cut.part;
    each_with_scratch([(y, c.written(tiles))], (scratch, prepared.piece), |part, [y], scratch| {
        let first = part * tiles;
        prepared.compute(first..(first + tiles).min(c.batch * c.tiles()), y, scratch);
        finish(c.written(first), y);
    });
}

/// Images of a part for [`in_groups`], and those that it computes together.
fn group(c: &Convolution) -> (usize, usize) {
    let Cut { tiles, part, .. } = Cut::new(c);
    let images = part.div_ceil(c.tiles());
    (images, (tiles / c.tiles()).clamp(1, images))
}

/// float32 values of scratch memory for [`in_groups`].
pub fn workspace_in_groups(c: &Convolution) -> Result<usize, Error> {
    let (images, group) = group(c);
    let outputs = checked_product(&[c.batch.div_ceil(images), group, c.output.iter().product()])?;
    Ok(c.room_of_filters()? + workspace_of_parts(c)? + outputs)
}

/// [`convolve`] for those who do not need all outputs: `finish` gets them by groups of images, with what belongs to these of two
/// results, each with its number of elements for an image.
pub fn in_groups(
    c: &Convolution,
    (x, filter, bias): (&[Real], Given, Option<&[Real]>),
    [(first_result, first_size), (second_result, second_size)]: [(&mut [Real], usize); 2],
    workspace: &mut [Real],
    finish: impl Fn(&mut [Real], &mut [Real], &mut [Real]) + Sync,
) {
    let ((images, group), output) = (group(c), c.output.iter().product::<usize>());
    let (prepared, scratch) = Prepared::new(c, x, Filters::Given(filter), bias, workspace);
    let results = [(first_result, images * first_size), (second_result, images * second_size)];
    each_with_scratch(results, (scratch, group * output + prepared.piece), |part, [mut a, mut b], scratch| {
        let (outputs, scratch) = scratch.split_at_mut(group * output);
        let last = (images * (part + 1)).min(c.batch);
        for first in (images * part..last).step_by(group) {
            let count = group.min(last - first);
            let outputs = &mut outputs[..count * output];
            prepared.compute(first * c.tiles()..(first + count) * c.tiles(), outputs, scratch);
            let (own_a, own_b);
            (own_a, a) = a.split_at_mut(count * first_size);
            (own_b, b) = b.split_at_mut(count * second_size);
            finish(outputs, own_a, own_b);
        }
    });
}

/// A convolution whose filters are transformed.
struct Prepared<'a> {
    c: &'a Convolution,
    cut: Cut,
    /// Elements of scratch memory that [`Self::compute`] needs.
    piece: usize,
    points: Points,
    x: &'a [Real],
    filters: Own<'a>,
    bias: Option<&'a [Real]>,
}

impl<'a> Prepared<'a> {
    /// Transforms the filters where they are not. Answers also the rest of the workspace.
    fn new(
        c: &'a Convolution,
        x: &'a [Real],
        filter: Filters<'a>,
        bias: Option<&'a [Real]>,
        workspace: &'a mut [Real],
    ) -> (Self, &'a mut [Real]) {
        let (points, cut) = (Points::new(), Cut::new(c));
        let piece = cut.piece().unwrap_or(1);
        let (filters, scratch) = match filter {
            Filters::Transformed(filters) => (Own::shared(filters), workspace),
            Filters::Given(filter) => {
                let (filters, scratch) = workspace.split_at_mut(c.room_of_filters().unwrap_or(0));
                (transform_own(c, filter, filters), scratch)
            }
        };
        (Self { c, cut, piece, points, x, filters, bias }, scratch)
    }

    /// The outputs of some tiles, which are those of images or of rows.
    fn compute(&self, tiles: Range<usize>, y: &mut [Real], scratch: &mut [Real]) {
        let Self { c, cut, points, bias, .. } = *self;
        let filters = self.filters.of_thread();
        let (seen, rest) = scratch.split_at_mut(cut.points * cut.seen().point);
        let (made, patch) = rest.split_at_mut(cut.points * cut.made().point);
        clear_without_phases(c, (made, cut.made()), cut.tiles);
        let (origin, is_far) = (c.written(tiles.start), c.is_far());
        // Outputs up to those of a tile. Those of a transpose overlap: whole images.
        let written = |tile: usize| {
            let tile = if c.spreads { tile.next_multiple_of(c.tiles()) } else { tile };
            c.written(tile.min(tiles.end)) - origin
        };
        for start in tiles.clone().step_by(cut.tiles) {
            let end = (start + cut.tiles).min(tiles.end);
            let group = Group::new(c, start, end - start);
            transform_inputs(points, c, self.x, group.places(), (seen, cut.seen()), patch);
            let [done, ready] = [start, end].map(written);
            if c.spreads {
                // Overlapping outputs are added to it.
                broadcast(bias, c.output[2], &mut y[done..ready]);
            } else if !is_far || start == tiles.start {
                touch_all(&y[done..ready]);
            }
            let (y, later) = y.split_at_mut(ready);
            // Of the images also those behind the last of `tiles`: they come in a later call.
            let next = if is_far { end..(end + cut.tiles).min(c.batch * c.tiles()) } else { end..end };
            let later = &later[..written(next.end) - ready];
            let ahead = &mut Ahead::new([c.coming(self.x, c.input, next), later], cut.turns(c, end - start));
            for (panel, filters) in filters.chunks_exact(panel_size(c)).enumerate() {
                let channel = panel * PANEL;
                let width = panel_width(c.filters(), channel);
                let of_made = cut.made().with_tiles_of(width);
                products(c, &group, (seen, cut.seen()), (filters, channel, width), (made, of_made), ahead);
                make_outputs(points, c, &group, (made, of_made), (channel, width), bias, (y, origin));
            }
        }
    }
}

/// What no filter has values of is nothing, for so many tiles.
pub(super) fn clear_without_phases(c: &Convolution, (made, layout): (&mut [Real], Layout), tiles: usize) {
    for point in (0..c.matrices()).filter(|&point| c.at_point(point).is_empty()) {
        clear(&mut made[point * layout.point..][..tiles * PANEL]);
    }
}

/// The products of a group's transformed tiles with those of a panel's filters, of which `channel` is the first, at all points. What lies
/// ahead is asked for meanwhile.
pub(super) fn products(
    c: &Convolution,
    group: &Group,
    (seen, of_seen): (&[Real], Layout),
    (filters, channel, width): (&[Real], usize, usize),
    (made, of_made): (&mut [Real], Layout),
    ahead: &mut Ahead,
) {
    for (point, filters) in filters.chunks_exact(filters_of_point(c)).enumerate() {
        let phases = c.at_point(point);
        if phases.is_empty() {
            continue;
        }
        let makes = c.makes(&phases, channel..channel + width);
        let tiles = if makes { group.of_point(point) } else { 0..0 };
        let made = &mut made[point * of_made.point..][..group.places().len() * width];
        if c.spreads {
            // What is not seen is nothing here.
            clear(&mut made[..tiles.start * width]);
            clear(&mut made[tiles.end * width..]);
        }
        if !tiles.is_empty() {
            let used = c.depths(&phases);
            let seen = &seen[point * of_seen.point..][..tiles.end * of_seen.tile];
            let seen = (&seen[tiles.start * of_seen.tile + used.start..], of_seen.tile);
            let made = &mut made[tiles.start * width..tiles.end * width];
            let panel = (&filters[used.start * width..used.end * width], width);
            multiply(used.len(), seen, panel, made, ahead);
        }
    }
}

/// `made[tile, …] = seen[tile, input channel] · panel[input channel, …]`, of `seen` with the elements from a tile to the next.
pub(super) fn multiply(
    depth: usize,
    seen: (&[Real], usize),
    (panel, width): (&[Real], usize),
    made: &mut [Real],
    ahead: &mut Ahead,
) {
    // Two functions: beside few channels even the question whether there is something to ask for takes time.
    if ahead.is_nothing() {
        tiled_by_halves(width / LANES, Multiply::<false> { depth, seen, panel, made, ahead });
    } else {
        tiled_by_halves(width / LANES, Multiply::<true> { depth, seen, panel, made, ahead });
    }
}

/// A panel of output channels at one point. What lies ahead is asked for if it `ASKS`.
struct Multiply<'a, 'b, const ASKS: bool> {
    depth: usize,
    seen: (&'a [Real], usize),
    panel: &'a [Real],
    made: &'a mut [Real],
    ahead: &'a mut Ahead<'b>,
}

impl<const ASKS: bool> Tiled for Multiply<'_, '_, ASKS> {
    #[inline(always)]
    fn run<const P: usize, const NV: usize, const W: usize>(self) {
        down::<P, NV, W, ASKS>(self.depth, self.seen, self.panel, self.made, self.ahead);
    }
}

/// All tiles.
#[inline(never)]
fn down<const P: usize, const NV: usize, const W: usize, const ASKS: bool>(
    depth: usize,
    seen: (&[Real], usize),
    panel: &[Real],
    made: &mut [Real],
    ahead: &mut Ahead,
) {
    let count = made.len() / (W * LANES);
    let [whole, fives, fours] = if P == SIX { in_sixes(count) } else { [if count < P { 0 } else { count }, 0, 0] };
    let (after_fives, after_fours) = (whole + fives, whole + fives + fours);
    tiles::<P, NV, W, ASKS>((depth, panel), seen, 0..whole, made, ahead);
    if P == SIX {
        tiles::<5, NV, W, ASKS>((depth, panel), seen, whole..after_fives, made, ahead);
        tiles::<4, NV, W, ASKS>((depth, panel), seen, after_fives..after_fours, made, ahead);
    }
    tiles::<1, NV, W, ASKS>((depth, panel), seen, after_fours..count, made, ahead);
}

/// Some tiles, P at a time.
#[inline(always)]
fn tiles<const P: usize, const NV: usize, const W: usize, const ASKS: bool>(
    (depth, panel): (usize, &[Real]),
    (seen, tile): (&[Real], usize),
    tiles: Range<usize>,
    made: &mut [Real],
    ahead: &mut Ahead,
) {
    if tiles.is_empty() {
        return;
    }
    let (walk, band) = (Walk::straight(depth), Band::row(tiles.len()));
    let seen = (seen, tiles.start * tile, tile, walk);
    let made = (&mut made[tiles.start * W * LANES..], W * LANES, W * LANES);
    strip_with::<P, NV, W>(seen, Panel::whole(panel, &walk), &[0.0; PANEL], made, band, || {
        if ASKS {
            ahead.touch();
        }
    });
}
