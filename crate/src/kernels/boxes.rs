//! Boxes of two arrays, between which elements are copied: transposition, slices, padding, repetition and concatenation are all of
//! this.

use crate::error::Error;
use crate::vector::{copy_box, reach, Dimension, Element};

/// Most dimensions of a box: six of a tensor, each repeated.
pub const DIMENSIONS: usize = 12;

/// A box in two arrays of certain lengths.
#[derive(Debug)]
pub struct Region {
    /// From the slowest to the fastest.
    dimensions: [Dimension; DIMENSIONS],
    count: usize,
    starts: [usize; 2],
    lengths: [usize; 2],
}

impl Region {
    /// A box of these dimensions, from the slowest to the fastest, which begins at `starts` of the array that is read and of the one that is
    /// written. Sees to it that it lies inside arrays of the given lengths.
    pub fn new(dimensions: &[Dimension], starts: [usize; 2], lengths: [usize; 2]) -> Result<Self, Error> {
        if dimensions.len() > DIMENSIONS {
            return Err(Error::InvalidGeometry);
        }
        let mut region = Self { dimensions: Default::default(), count: 0, starts, lengths };
        if dimensions.iter().any(|dimension| dimension.size == 0) {
            region.push(Dimension::default());
            return Ok(region);
        }
        let reaches = [
            reach(starts[0], dimensions.iter().map(|dimension| (dimension.size, dimension.from))),
            reach(starts[1], dimensions.iter().map(|dimension| (dimension.size, dimension.to))),
        ];
        for (reach, length) in reaches.into_iter().zip(lengths) {
            let [low, high] = reach.ok_or(Error::SizeOverflow)?;
            if low < 0 || high >= length as i64 {
                return Err(Error::OutOfBounds);
            }
        }
        for &dimension in dimensions {
            region.push(dimension);
        }
        region.bring_side_by_side();
        Ok(region)
    }

    /// Adds a dimension faster than the others; those that lie together on both sides are one.
    fn push(&mut self, next: Dimension) {
        if next.size == 1 {
            return;
        }
        if let Some(last) = self.dimensions[..self.count].last_mut() {
            let size = next.size as isize;
            if last.from == next.from.wrapping_mul(size) && last.to == next.to.wrapping_mul(size) {
                *last = Dimension { size: last.size * next.size, ..next };
                return;
            }
        }
        self.dimensions[self.count] = next;
        self.count += 1;
    }

    /// Where the fastest dimension lies side by side in the array that is written alone, the one that does so in the other comes next: both
    /// are the rows and columns of a transposition.
    fn bring_side_by_side(&mut self) {
        let dimensions = &mut self.dimensions[..self.count];
        if let [slower @ .., last] = dimensions {
            if last.to == 1 && last.from != 1 {
                if let Some(at) = slower.iter().position(|dimension| dimension.from == 1) {
                    slower[at..].rotate_left(1);
                }
            }
        }
    }

    /// Copies the box. Panics when the arrays have other lengths than the box was made for.
    pub fn copy<T: Element>(&self, source: &[T], target: &mut [T]) {
        assert!(self.lengths == [source.len(), target.len()]);
        let [from, to] = self.starts;
        copy_box(&self.dimensions[..self.count], (source, from), (target, to));
    }
}
