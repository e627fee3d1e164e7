//! Arrays with their dimensions in another order.

use crate::error::{checked_product, Error};
use crate::vector::{copy, Real};

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

/// `y` = `x` with its dimensions in the new order.
pub fn permute(permutation: &Permutation, x: &[Real], y: &mut [Real]) {
    let &Permutation { rank, sizes, strides } = permutation;
    let (width, step) = (sizes[rank - 1], strides[rank - 1]);
    let mut place = [0; MAX_RANK];
    let mut from = 0;
    for row in y.chunks_exact_mut(width) {
        if step == 1 {
            copy(&x[from..from + width], row);
        } else {
            for (value, x) in row.iter_mut().zip(x[from..].iter().step_by(step)) {
                *value = *x;
            }
        }
        // Counts the dimensions before the last one up, the source's place with them.
        for dimension in (0..rank - 1).rev() {
            place[dimension] += 1;
            from += strides[dimension];
            if place[dimension] < sizes[dimension] {
                break;
            }
            from -= sizes[dimension] * strides[dimension];
            place[dimension] = 0;
        }
    }
}
