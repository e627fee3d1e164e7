//! Few tiles and many channels, as in the last layers for one image or a few: filters are then what there is most of. They are transformed
//! a panel of output channels at a time, which goes with all tiles while it is in a cache, and threads share the panels.

use super::convolution::{clear_without_phases, panel_size, products, transform_filters};
use super::outputs::make_outputs;
use super::points::Points;
use super::sizes::Convolution;
use super::tiles::{transform_inputs, Group, Layout};
use super::GAP;
use crate::error::{checked_product, Error};
use crate::gemm::pack::PANEL;
use crate::kernels::bias::broadcast;
use crate::threads::{each_part, each_with_scratch, share, OF_COPYING};
use crate::vector::{copy, Real, LANES};

/// Most tiles, those of a piece, which one thread transforms, and most pieces.
const MOST: usize = 64;
const TILES: usize = 18;
const PIECES: usize = MOST.div_ceil(TILES);

/// Fewest panels: for four threads.
const FEWEST: usize = 4;

/// Most parts of the panels, each with scratch memory of its own.
const PARTS: usize = 16;

/// Whether outputs are computed this way. Not those of the transpose of a convolution of stride 2: a panel may have channels of several phases.
pub fn fits(c: &Convolution) -> bool {
    c.batch * c.tiles() <= MOST && c.filters() >= FEWEST * PANEL && !(c.spreads && c.stride > 1)
}

/// Sizes of what is in memory.
struct Cut {
    /// Tiles of a piece, and pieces.
    tiles: usize,
    pieces: usize,
    /// Panels of a part, and parts.
    panels: usize,
    parts: usize,
    /// Pixels of all outputs.
    pixels: usize,
    /// Transformed tiles of a piece, and products of a panel with them.
    seen: Layout,
    made: Layout,
    points: usize,
}

impl Cut {
    fn new(c: &Convolution) -> Self {
        let (all, panels) = (c.batch * c.tiles(), c.filters().div_ceil(PANEL));
        let tiles = all.div_ceil(all.div_ceil(TILES));
        let of_part = panels.div_ceil(PARTS);
        Self {
            tiles,
            pieces: all.div_ceil(tiles),
            panels: of_part,
            parts: panels.div_ceil(of_part),
            pixels: c.batch * c.output[0] * c.output[1],
            seen: Layout { point: tiles * c.depth() + GAP, tile: c.depth(), vector: LANES },
            made: Layout { point: tiles * PANEL + GAP, tile: PANEL, vector: LANES },
            points: c.matrices(),
        }
    }

    /// Elements of a piece: transformed tiles, and a tile at the border.
    fn piece(&self, c: &Convolution) -> Result<usize, Error> {
        checked_product(&[self.points, self.seen.point + c.depth()])
    }

    /// Elements that a part works with: a panel of filters, and products.
    fn part(&self, c: &Convolution) -> usize {
        panel_size(c) + self.points * self.made.point
    }
}

/// float32 values of scratch memory for [`convolve`].
pub fn workspace(c: &Convolution) -> Result<usize, Error> {
    let cut = Cut::new(c);
    let pieces = checked_product(&[cut.pieces, cut.piece(c)?])?;
    Ok(pieces + checked_product(&[cut.parts, cut.part(c)])? + checked_product(&[cut.pixels, c.output[2]])?)
}

/// See [`convolve`](super::convolve).
pub fn convolve(
    c: &Convolution,
    (x, filter, bias): (&[Real], &[Real], Option<&[Real]>),
    y: &mut [Real],
    workspace: &mut [Real],
    finish: impl Fn(usize, &mut [Real]) + Sync,
) {
    let (points, cut, channels) = (Points::new(), Cut::new(c), c.output[2]);
    let piece = cut.piece(c).unwrap_or(1);
    let (pieces, rest) = workspace.split_at_mut(cut.pieces * piece);
    let (outputs, scratch) = rest.split_at_mut(y.len());
    let all = c.batch * c.tiles();
    let groups: [_; PIECES] = std::array::from_fn(|number| {
        let first = (number * cut.tiles).min(all);
        Group::new(c, first, cut.tiles.min(all - first))
    });
    each_part(pieces, piece, |number, piece| {
        let (seen, patch) = piece.split_at_mut(cut.points * cut.seen.point);
        transform_inputs(points, c, x, groups[number].places(), (seen, cut.seen), patch);
    });
    let pieces = &*pieces;
    let of_panel = cut.pixels * PANEL;
    each_with_scratch([(&mut *outputs, cut.panels * of_panel)], (scratch, cut.part(c)), |part, [outputs], scratch| {
        let (filters, made) = scratch.split_at_mut(panel_size(c));
        clear_without_phases(c, (made, cut.made), cut.tiles);
        for (panel, outputs) in outputs.chunks_mut(of_panel).enumerate() {
            let channel = (part * cut.panels + panel) * PANEL;
            let width = outputs.len() / cut.pixels;
            transform_filters(points, c, filter, channel, filters);
            // The panel's channels are all that these outputs have.
            let own = Convolution { output: [c.output[0], c.output[1], width], ..*c };
            let bias = bias.map(|bias| &bias[channel..][..width]);
            if c.spreads {
                broadcast(bias, width, outputs);
            }
            for (group, piece) in groups.iter().zip(pieces.chunks_exact(piece)) {
                products(c, group, (piece, cut.seen), (filters, channel, width), (made, cut.made));
                make_outputs(points, &own, group, (made, cut.made), (0, width), bias, (outputs, 0));
            }
        }
    });
    let outputs = &*outputs;
    let pixels = share(cut.pixels, channels * OF_COPYING);
    each_part(y, pixels * channels, |part, y| {
        for (pixel, y) in y.chunks_exact_mut(channels).enumerate() {
            for (panel, y) in y.chunks_mut(PANEL).enumerate() {
                copy(&outputs[panel * of_panel + (part * pixels + pixel) * y.len()..][..y.len()], y);
            }
        }
        finish(part * pixels * channels, y);
    });
}
