//! Few tiles and many channels, as in the last layers for one image or a few: filters are then what there is most of. They are transformed
//! a panel of output channels at a time, which goes with all tiles while it is in a cache, and threads share the panels.

use super::convolution::{clear_without_phases, panel_size, products, Filters};
use super::filters::transform_filters;
use super::outputs::make_outputs;
use super::own;
use super::points::Points;
use super::sizes::Convolution;
use super::tiles::{transform_inputs, Group, Layout};
use super::GAP;
use crate::error::{checked_product, Error};
use crate::gemm::pack::PANEL;
use crate::kernels::ahead::Ahead;
use crate::kernels::bias::broadcast;
use crate::threads::{each_part, each_with_scratch, share, OF_COPYING};
use crate::vector::{copy, Real, LANES};

/// Most tiles, those of a piece, which one thread transforms, and most pieces.
const MOST: usize = 64;
const TILES: usize = 18;
const PIECES: usize = MOST.div_ceil(TILES);

/// Fewest panels: for four threads, and where one would else do it alone, as the outputs of an image's tiles overlap in a transpose.
const FEWEST: usize = 4;
const FEWEST_ALONE: usize = 2;

/// Most parts of the panels, each with scratch memory of its own.
const PARTS: usize = 16;

/// Whether outputs are computed this way.
pub fn fits(c: &Convolution) -> bool {
    let fewest = if phases(c) == 1 {
        FEWEST
    } else if c.output[2] % PANEL > 0 || c.is_line() && c.batch > 1 {
        // A panel would have channels of several phases; lines are shared.
        return false;
    } else if c.batch == 1 {
        FEWEST_ALONE
    } else {
        FEWEST
    };
    c.batch * c.tiles() <= MOST && c.output[2] >= fewest * PANEL && !pays_by_images(c)
}

/// Whether threads had better share the images: where these are four parts of enough tiles, and a thread can make the filters for itself. Of what
/// is shared by panels each thread reads a half of all tiles and of all outputs from the cache of another one.
fn pays_by_images(c: &Convolution) -> bool {
    c.batch % 4 == 0 && c.batch * c.tiles() > MOST * 3 / 4 && c.transformed_size().is_ok_and(own::is_little)
}

/// How many panels of filters make a panel of output channels.
fn phases(c: &Convolution) -> usize {
    c.filters() / c.output[2]
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
        let (all, panels) = (c.batch * c.tiles(), c.output[2].div_ceil(PANEL));
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

    /// Elements of the products that a part makes.
    fn products(&self) -> usize {
        self.points * self.made.point
    }
}

/// float32 values of scratch memory for [`convolve`] with transformed filters.
pub fn workspace(c: &Convolution) -> Result<usize, Error> {
    let cut = Cut::new(c);
    let pieces = checked_product(&[cut.pieces, cut.piece(c)?])?;
    Ok(pieces + checked_product(&[cut.parts, cut.products()])? + checked_product(&[cut.pixels, c.output[2]])?)
}

/// What filters that are not transformed want beside: a panel for each part.
pub fn workspace_of_filters(c: &Convolution) -> usize {
    Cut::new(c).parts * panel_size(c)
}

/// See [`convolve`](super::convolve).
pub fn convolve(
    c: &Convolution,
    (x, filter, bias): (&[Real], Filters, Option<&[Real]>),
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
    let of_filters = if matches!(filter, Filters::Given(_)) { panel_size(c) } else { 0 };
    let of_part = of_filters + cut.products();
    each_with_scratch([(&mut *outputs, cut.panels * of_panel)], (scratch, of_part), |part, [outputs], scratch| {
        let (transformed, made) = scratch.split_at_mut(of_filters);
        clear_without_phases(c, (made, cut.made), cut.tiles);
        for (panel, outputs) in outputs.chunks_mut(of_panel).enumerate() {
            let first = (part * cut.panels + panel) * PANEL;
            let width = outputs.len() / cut.pixels;
            // The panel's channels are all that these outputs have.
            let own = Convolution { output: [c.output[0], c.output[1], width], ..*c };
            let of_made = cut.made.with_tiles_of(width);
            let bias = bias.map(|bias| &bias[first..][..width]);
            if c.spreads {
                broadcast(bias, width, outputs);
            }
            for phase in 0..phases(c) {
                let channel = phase * channels + first;
                let filters = match filter {
                    Filters::Transformed(filters) => &filters[channel / PANEL * panel_size(c)..][..panel_size(c)],
                    Filters::Given(filter) => {
                        transform_filters(points, c, filter, channel, transformed);
                        &*transformed
                    }
                };
                for (group, piece) in groups.iter().zip(pieces.chunks_exact(piece)) {
                    let ahead = &mut Ahead::nothing();
                    products(c, group, (piece, cut.seen), (filters, channel, width), (made, of_made), ahead);
                    make_outputs(points, &own, group, (made, of_made), (phase * width, width), bias, (outputs, 0));
                }
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
