//! Arrays with their dimensions in another order.

use super::boxes::Region;
use crate::error::{checked_product, Error};
use crate::threads::{each_share, OF_COPYING};
use crate::vector::{Dimension, Real};

/// Most dimensions of an array.
pub const MAX_RANK: usize = 8;

/// An array's sizes and the order in which its dimensions are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Permutation {
    rank: usize,
    /// Sizes of the result.
    sizes: [usize; MAX_RANK],
    /// How far apart neighbours of the result lie in the source.
    strides: [usize; MAX_RANK],
}

impl Permutation {
    /// Dimension `i` of the result is dimension `order[i]` of the source. Sizes are at least 1.
    pub fn new(sizes: &[u32], order: &[u32]) -> Result<Self, Error> {
        let rank = sizes.len();
        if rank == 0 || rank > MAX_RANK || order.len() != rank || sizes.contains(&0) {
            return Err(Error::InvalidGeometry);
        }
        let mut result = Self { rank, sizes: [1; MAX_RANK], strides: [1; MAX_RANK] };
        let mut seen = [false; MAX_RANK];
        for (to, &from) in order.iter().enumerate() {
            let from = from as usize;
            if from >= rank || seen[from] {
                return Err(Error::InvalidGeometry);
            }
            seen[from] = true;
            let after = sizes[from + 1..].iter().map(|&size| size as usize);
            result.sizes[to] = sizes[from] as usize;
            result.strides[to] = checked_product(&after.chain([1]).collect::<Vec<_>>())?;
        }
        checked_product(&result.sizes)?;
        Ok(result)
    }

    /// Elements of the array.
    pub fn size(&self) -> usize {
        self.sizes[..self.rank].iter().product()
    }
}

/// `y` = `x` with its dimensions in the new order. Panics when they have other sizes.
pub fn permute(permutation: &Permutation, x: &[Real], y: &mut [Real]) {
    let &Permutation { rank, sizes, strides } = permutation;
    let mut dimensions = [Dimension::default(); MAX_RANK];
    let mut to = 1;
    for at in (0..rank).rev() {
        dimensions[at] = Dimension { size: sizes[at], from: strides[at] as isize, to: to as isize };
        to *= sizes[at];
    }
    assert!(x.len() == to && y.len() == to);
    let size = to / sizes[0];
    each_share(y, size, OF_COPYING * size, |first, y| {
        let mut dimensions = dimensions;
        dimensions[0].size = y.len() / size;
        let part = Region::new(&dimensions[..rank], [first * strides[0], 0], [x.len(), y.len()]);
        part.expect("a part of an array with its dimensions in another order lies inside it").copy(x, y);
    });
}
