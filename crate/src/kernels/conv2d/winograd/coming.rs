//! What tiles that come next see and make: it is asked for while products are summed up, which need little from memory. Images that no
//! cache keeps take up to a fifth less time so.

use super::sizes::Convolution;
use crate::vector::Real;
use std::ops::Range;

/// Fewest elements of all images and outputs for which outputs ask: 8 MiB. Fewer are where the layer before has left them.
const FAR: usize = 1 << 21;

impl Convolution {
    /// Whether the images, or the outputs, are farther away than the asking for them costs.
    pub(super) fn is_far(&self) -> bool {
        let of_image = [self.input, self.output].map(|shape| shape.iter().product::<usize>());
        self.batch * (of_image[0] + of_image[1]) > FAR
    }

    /// What some tiles see first of images of a shape, about: tiles see their rows at once, so that these are the elements a row of tiles
    /// further on.
    pub(super) fn coming<'a>(&self, values: &'a [Real], shape: [usize; 3], tiles: Range<usize>) -> &'a [Real] {
        let of_tile = shape.iter().product::<usize>().div_ceil(self.tiles());
        let lead = if tiles.is_empty() { 0 } else { self.grid()[1] };
        let [first, end] = [tiles.start, tiles.end].map(|tile| ((tile + lead) * of_tile).min(values.len()));
        &values[first..end]
    }
}

/// The share of number `index` when so many share what comes.
pub(super) fn share(values: &[Real], index: usize, count: usize) -> &[Real] {
    let of_one = values.len().div_ceil(count);
    let [first, end] = [index, index + 1].map(|index| (index * of_one).min(values.len()));
    &values[first..end]
}
