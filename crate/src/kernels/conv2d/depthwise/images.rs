//! Images, and the memory that each of them needs: for one whose channels are repeated, or for copies of lines.

use super::super::{cut, MOST_PARTS};
use super::by_lines;
use super::multiplied::multiplier;
use crate::error::{checked_product, Error};
use crate::geometry::Geometry;
use crate::threads::{each_part, each_with_scratch, share};
use crate::vector::Real;

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

/// Gives the images of every part, of `size` elements in `out`, to `work`, after the number of the first one and before the memory
/// that one needs.
pub fn each_images(
    g: &Geometry,
    (out, size): (&mut [Real], usize),
    scratch: &mut [Real],
    work: impl Fn(usize, &mut [Real], &mut [Real]) + Sync,
) {
    let memory = memory_size(g);
    if memory == 0 {
        let images = share(g.batch, g.operations());
        return each_part(out, images * size, |part, out| work(part * images, out, &mut []));
    }
    let images = cut(g, MOST_PARTS).0;
    each_with_scratch([(out, images * size)], (scratch, memory), |part, [out], scratch| {
        work(part * images, out, scratch);
    });
}

/// [`needed`] of a geometry that has got its memory.
pub fn memory_size(g: &Geometry) -> usize {
    needed(g).unwrap_or(0)
}
