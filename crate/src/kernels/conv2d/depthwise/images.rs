//! Images, and the memory that each of them needs: for one whose channels are repeated, or for copies of lines.

use super::super::{cut, MOST_PARTS};
use super::by_lines;
use super::multiplied::multiplier;
use crate::error::{checked_product, Error};
use crate::geometry::Geometry;
use crate::kernels::slabs::Slabs;

/// Elements of the memory that an image needs: for one whose channels are repeated, or for copies of lines; 0 where it is
/// taken as it is.
fn needed(g: &Geometry) -> Result<usize, Error> {
    if by_lines::fits(g) {
        return by_lines::size(g);
    }
    if multiplier(g) == 1 {
        return Ok(0);
    }
    checked_product(&[g.in_h, g.in_w, g.out_c])
}

/// float32 values of scratch memory for the images.
pub fn workspace(g: &Geometry) -> Result<usize, Error> {
    checked_product(&[cut(g, MOST_PARTS).1, needed(g)?])
}

/// [`needed`] of a geometry that has got its memory.
pub fn memory_size(g: &Geometry) -> usize {
    needed(g).unwrap_or(0)
}

/// How the batch is cut, by the rows of `results`: into whole images where each needs memory, and where zeros are spread between the rows
/// that they see, which go in pairs.
pub fn slabs<'a>(g: &Geometry, results: &'a Geometry, is_spread: bool) -> Slabs<'a> {
    let most = if memory_size(g) > 0 { MOST_PARTS } else { usize::MAX };
    let is_whole = memory_size(g) > 0 || is_spread;
    Slabs::new(results, g.operations(), most, if is_whole { results.out_h } else { 1 })
}
