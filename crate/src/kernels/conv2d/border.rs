//! Images with their border of zeros.

use crate::error::{checked_product, Error};
use crate::geometry::Geometry;
use crate::vector;
use crate::vector::Real;

/// Elements of the bordered images; 0 where there is no border.
pub fn size(geometry: &Geometry) -> Result<usize, Error> {
    if !geometry.is_padded() {
        return Ok(0);
    }
    checked_product(&[geometry.batch, geometry.padded_h(), geometry.padded_w(), geometry.in_c])
}

/// Copies images into the middle of bordered ones.
pub fn copy(geometry: &Geometry, x: &[Real], bordered: &mut [Real]) {
    let row = geometry.in_w * geometry.in_c;
    let bordered_row = geometry.padded_w() * geometry.in_c;
    let left = geometry.pad_left * geometry.in_c;
    let images = x.chunks_exact(geometry.in_h * row);
    for (image, target) in images.zip(bordered.chunks_exact_mut(geometry.padded_h() * bordered_row)) {
        let (top, rest) = target.split_at_mut(geometry.pad_top * bordered_row);
        let (middle, bottom) = rest.split_at_mut(geometry.in_h * bordered_row);
        top.fill(0.0);
        bottom.fill(0.0);
        for (source, line) in image.chunks_exact(row).zip(middle.chunks_exact_mut(bordered_row)) {
            line[..left].fill(0.0);
            vector::copy(source, &mut line[left..left + row]);
            line[left + row..].fill(0.0);
        }
    }
}
