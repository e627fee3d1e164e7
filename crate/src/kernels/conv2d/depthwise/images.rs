//! Images, and the memory that each of them needs: for one whose channels are repeated, or for copies of lines.

use super::super::forward::each_image;
use super::super::{cut, MOST_PARTS};
use super::by_lines;
use super::multiplied::multiplier;
use crate::error::{checked_product, Error};
use crate::geometry::Geometry;
use crate::kernels::slabs::Slabs;
use crate::threads::{each_part, share};
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
    let images = if memory > 0 { cut(g, MOST_PARTS).0 } else { share(g.batch, g.operations()) };
    each_image(out, (images, size), (scratch, memory), |part, out, scratch| work(part * images, out, scratch));
}

/// Gives the outputs of every part to `work`, after the convolution that it is and the first element that it sees, and before
/// the memory that an image needs; rows of one that is alone only where it needs none.
pub fn each_slab(
    g: &Geometry,
    y: &mut [Real],
    scratch: &mut [Real],
    work: impl Fn(&Geometry, usize, &mut [Real], &mut [Real]) + Sync,
) {
    let (memory, line) = (memory_size(g), g.out_w * g.out_c);
    if memory > 0 {
        let (input, output) = (g.input_size() / g.batch, g.output_size() / g.batch);
        return each_images(g, (y, output), scratch, |first, y, memory| {
            work(&g.of_images(y.len() / output), first * input, y, memory);
        });
    }
    let slabs = Slabs::new(g, g.operations(), usize::MAX, 1);
    each_part(y, slabs.rows() * line, |part, y| {
        let (own, inputs) = slabs.part(part, y.len() / line);
        work(&own, inputs.start, y, &mut []);
    });
}

/// [`needed`] of a geometry that has got its memory.
pub fn memory_size(g: &Geometry) -> usize {
    needed(g).unwrap_or(0)
}
