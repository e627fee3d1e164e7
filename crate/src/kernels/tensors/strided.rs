//! Boxes as they cross the boundary, and gathers.

use crate::error::Error;
use crate::kernels::boxes::{Region, DIMENSIONS};
use crate::vector::{copy, Dimension, Element};

/// Words of a plan: dimensions, both starts, then size and steps for each dimension.
pub const WORDS: usize = 3 + 3 * DIMENSIONS;

/// Reads the plan of a box in arrays of the given lengths: that which is read and that which is written.
pub fn region(words: &[u32; WORDS], lengths: [usize; 2]) -> Result<Region, Error> {
    let count = words[0] as usize;
    if count > DIMENSIONS {
        return Err(Error::InvalidGeometry);
    }
    let mut dimensions = [Dimension::default(); DIMENSIONS];
    for (dimension, words) in dimensions[..count].iter_mut().zip(words[3..].chunks_exact(3)) {
        let [from, to] = [words[1], words[2]].map(|step| step as i32 as isize);
        *dimension = Dimension { size: words[0] as usize, from, to };
    }
    Region::new(&dimensions[..count], [words[1] as usize, words[2] as usize], lengths)
}

/// `y[b, o, i] = x[b, o, indices[b, i]]`, rows of `inner` values, `axis` of them in each `x[b, o]`.
pub fn gather<T: Element>(
    [batch, outer, axis, inner]: [usize; 4],
    indices: &[u32],
    x: &[T],
    y: &mut [T],
) -> Result<(), Error> {
    let count = indices.len() / batch.max(1);
    if indices.iter().any(|&index| index as usize >= axis) {
        return Err(Error::OutOfBounds);
    }
    for (block, y) in y.chunks_exact_mut((count * inner).max(1)).enumerate() {
        let x = &x[block * axis * inner..][..axis * inner];
        let indices = &indices[block / outer.max(1) * count..][..count];
        for (&index, y) in indices.iter().zip(y.chunks_exact_mut(inner)) {
            copy(&x[index as usize * inner..][..inner], y);
        }
    }
    Ok(())
}
