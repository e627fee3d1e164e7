//! Filters' gradients of few tiles and many channels, as in the last layers: the sums at the points are then what there is most of. They are made and taken
//! back block by block of input and output channels, while they are in a cache, and threads share the input channels.

use super::filter_gradient::{sums_size, Pieces, MOST, PIECES, TILES};
use super::points::Points;
use super::sizes::Convolution;
use super::taps::{self, taps_of, to_taps};
use crate::error::{checked_product, Error};
use crate::kernels::ahead::Ahead;
use crate::threads::each_with_scratch;
use crate::vector::{Real, LANES};

/// Channels of a block's tiles and its output channels, of which the sums, and what they are made of, take half a second-level cache. Fewer of the tiles'
/// would read the gradients more often, from a farther cache.
const DEPTH: usize = 32;
const FILTERS: usize = 64;

/// Most parts, each with scratch memory of its own.
const PARTS: usize = 16;

/// Whether a gradient is computed this way: where all tiles are transformed at once, and the sums would go to a farther cache and come back.
pub fn fits(c: &Convolution) -> bool {
    c.batch * c.tiles() <= TILES * PIECES && c.matrices() * sums_size(c) > MOST
}

/// Channels of the images of a block, which its tiles have of all phases. Blocks are at least two, or a multiple of four: threads come in twos and fours.
fn inputs_of_block(c: &Convolution) -> usize {
    let most = (DEPTH / c.count_of_phases() / LANES).max(1) * LANES;
    let blocks = match c.input[2].div_ceil(most) {
        ..=2 => 2,
        more => more.next_multiple_of(4),
    };
    c.input[2].div_ceil(blocks).next_multiple_of(LANES)
}

/// Channels of the images of a part.
fn inputs_of_part(c: &Convolution) -> usize {
    let inputs = inputs_of_block(c);
    inputs * c.input[2].div_ceil(inputs).div_ceil(PARTS)
}

/// A block of so many channels.
fn block(c: &Convolution, inputs: usize, filters: usize) -> Convolution {
    let ([height, width, _], [high, wide, _]) = (c.input, c.output);
    Convolution { input: [height, width, inputs], output: [high, wide, filters], ..*c }
}

/// Elements of the sums of a block.
fn size(c: &Convolution) -> usize {
    c.matrices() * sums_size(&block(c, inputs_of_block(c), FILTERS))
}

/// float32 values of scratch memory, beside the pieces.
pub fn workspace(c: &Convolution) -> Result<usize, Error> {
    checked_product(&[c.input[2].div_ceil(inputs_of_part(c)), size(c)])
}

/// The gradient of the filters from all transformed tiles.
pub fn filter_gradient(points: Points, c: &Convolution, pieces: &Pieces, df: &mut [Real], scratch: &mut [Real]) {
    if c.taps_of_filter() <= taps::FEW {
        gradient_of_taps::<{ taps::FEW }>(points, c, pieces, df, scratch);
    } else {
        gradient_of_taps::<{ taps::MOST }>(points, c, pieces, df, scratch);
    }
}

/// The same of up to N taps.
fn gradient_of_taps<const N: usize>(
    points: Points,
    c: &Convolution,
    pieces: &Pieces,
    df: &mut [Real],
    scratch: &mut [Real],
) {
    let (channels, of_block, of_part) = (c.filters(), inputs_of_block(c), inputs_of_part(c));
    each_with_scratch(taps_of::<N>(c, df, of_part), (scratch, size(c)), |part, mut taps, sums| {
        let inputs = taps[0].len() / channels;
        for (first, line) in (0..channels)
            .step_by(FILTERS)
            .flat_map(|first| (0..inputs).step_by(of_block).map(move |line| (first, line)))
        {
            let own = block(c, of_block.min(inputs - line), FILTERS.min(channels - first));
            for (point, sums) in sums.chunks_exact_mut(sums_size(&own)).take(c.matrices()).enumerate() {
                for phase in own.at_point(point) {
                    let depths = own.depths(&(phase..phase + 1));
                    let seen = phase * c.input[2] + part * of_part + line - depths.start;
                    pieces.add_products(&own, point, (depths, [seen, first]), (true, sums), &mut Ahead::nothing());
                }
            }
            to_taps(points, &own, (sums, 0..own.input[2]), &mut taps, (channels, line * channels + first));
        }
    });
}
