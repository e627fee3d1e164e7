//! Filters' gradients of few tiles and many channels, as in the last layers: the sums at the points are then what there is most of. They are made and taken
//! back block by block of input and output channels, while they are in a cache, and threads share the input channels.

use super::filter_gradient::{sums_size, to_taps, Pieces, MOST, PIECES, TILES};
use super::points::{At, Points};
use super::sizes::Convolution;
use super::{along, by_taps};
use crate::error::{checked_product, Error};
use crate::threads::each_with_scratch;
use crate::vector::Real;

/// Input and output channels of a block, of which the sums, and what they are made of, take half a second-level cache. Fewer input channels would read the
/// gradients more often, from a farther cache.
const DEPTH: usize = 32;
const FILTERS: usize = 64;

/// Most parts, each with scratch memory of its own.
const PARTS: usize = 16;

/// Whether a gradient is computed this way: where all tiles are transformed at once, and the sums would go to a farther cache and come back.
pub fn fits(c: &Convolution) -> bool {
    c.stride == 1 && c.batch * c.tiles() <= TILES * PIECES && c.matrices() * sums_size(c) > MOST
}

/// Input channels of a part.
fn depth_of_part(c: &Convolution) -> usize {
    DEPTH * c.depth().div_ceil(DEPTH).div_ceil(PARTS)
}

/// A block of so many channels.
fn block(c: &Convolution, depth: usize, filters: usize) -> Convolution {
    let ([height, width, _], [high, wide, _]) = (c.input, c.output);
    Convolution { input: [height, width, depth], output: [high, wide, filters], ..*c }
}

/// Elements of the sums of a block.
fn size(c: &Convolution) -> usize {
    c.matrices() * sums_size(&block(c, DEPTH, FILTERS))
}

/// float32 values of scratch memory, beside the pieces.
pub fn workspace(c: &Convolution) -> Result<usize, Error> {
    checked_product(&[c.depth().div_ceil(depth_of_part(c)), size(c)])
}

/// The gradient of the filters from all transformed tiles.
pub fn filter_gradient(points: Points, c: &Convolution, pieces: &Pieces, df: &mut [Real], scratch: &mut [Real]) {
    by_taps!(kernel c.kernel, |DOWN, ACROSS| {
        blocks::<{ along(DOWN) }, { along(ACROSS) }, DOWN, ACROSS, { DOWN * ACROSS }>(points, c, pieces, df, scratch)
    });
}

/// That of filters of KR×KC taps, ALL together, from R×P points.
fn blocks<const R: usize, const P: usize, const KR: usize, const KC: usize, const ALL: usize>(
    points: Points,
    c: &Convolution,
    pieces: &Pieces,
    df: &mut [Real],
    scratch: &mut [Real],
) where
    Points: At<R> + At<P>,
{
    let (channels, of_part) = (c.filters(), depth_of_part(c));
    let mut taps = df.chunks_exact_mut(c.depth() * channels);
    let taps: [_; ALL] = std::array::from_fn(|_| (taps.next().unwrap_or_default(), of_part * channels));
    each_with_scratch(taps, (scratch, size(c)), |part, mut taps, sums| {
        let depth = taps[0].len() / channels;
        for (first, line) in
            (0..channels).step_by(FILTERS).flat_map(|first| (0..depth).step_by(DEPTH).map(move |line| (first, line)))
        {
            let own = block(c, DEPTH.min(depth - line), FILTERS.min(channels - first));
            for (point, sums) in sums.chunks_exact_mut(sums_size(&own)).take(c.matrices()).enumerate() {
                let depths = own.depths(&own.at_point(point));
                pieces.add_products(&own, point, (depths, [part * of_part + line, first]), true, sums);
            }
            let place = (channels, line * channels + first);
            to_taps::<R, P, KR, KC, ALL>(points, &own, (sums, 0..own.depth()), &mut taps, place);
        }
    });
}
